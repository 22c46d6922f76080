// births OLD N KEEP: OLD goroutines that wait; prints "ready". A line "go" on standard input ends OLD-1
// of them, and then bears N goroutines, of which KEEP wait for ever and the others end; prints "done".
// "sleep" bears 100 that live for 20 ms, and "exit" ends the program; so does the end of the input.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

//go:noinline
func keep(c chan int) { <-c }

//go:noinline
//go:noinline
func sleeper(wg *sync.WaitGroup) {
	time.Sleep(20 * time.Millisecond)
	wg.Done()
}

//go:noinline
func worker(i, keeping int, wg *sync.WaitGroup, c chan int) {
	if i < keeping {
		<-c
		return
	}
	wg.Done()
}

//go:noinline
func spawn(n, keeping int, c chan int) {
	var wg sync.WaitGroup
	wg.Add(n - keeping)
	for i := 0; i < n; i++ {
		go worker(i, keeping, &wg, c)
		if i%1000 == 999 {
			time.Sleep(time.Millisecond)
		}
	}
	wg.Wait()
}

//go:noinline
func nap() {
	var wg sync.WaitGroup
	wg.Add(100)
	for i := 0; i < 100; i++ {
		go sleeper(&wg)
	}
	wg.Wait()
}

func arg(i int) int {
	if len(os.Args) <= i {
		return 0
	}
	n, _ := strconv.Atoi(os.Args[i])
	return n
}

func main() {
	old, never := make(chan int), make(chan int)
	for i := 0; i < arg(1); i++ {
		go keep(old)
	}
	time.Sleep(50 * time.Millisecond)
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		switch in.Text() {
		case "go":
			for i := 1; i < arg(1); i++ {
				old <- 1
			}
			spawn(arg(2), arg(3), never)
		case "sleep":
			nap()
		case "exit":
			os.Exit(0)
		}
		time.Sleep(50 * time.Millisecond) // those that are about to end do
		fmt.Println("done")
	}
}
