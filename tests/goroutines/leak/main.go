// leak N EVERY_MS GROW: N goroutines that wait for a channel, one that sleeps, three that wait for a
// lock; and GROW more of the first each EVERY_MS (0: none). Prints "ready", lives until standard
// input ends.
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"
	"time"
)

//go:noinline
func worker(c chan int) { <-c }

//go:noinline
func spawn(n int, c chan int) {
	for i := 0; i < n; i++ {
		go worker(c)
	}
}

func sleeper() { time.Sleep(time.Hour) }

func arg(i int) int {
	if len(os.Args) <= i {
		return 0
	}
	n, _ := strconv.Atoi(os.Args[i])
	return n
}

func main() {
	var mu sync.Mutex
	c := make(chan int)
	mu.Lock()
	spawn(arg(1), c)
	go sleeper()
	for i := 0; i < 3; i++ {
		go mu.Lock()
	}
	time.Sleep(50 * time.Millisecond)
	fmt.Println("ready")
	for every := arg(2); every > 0; {
		go func() {
			io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
		for {
			time.Sleep(time.Duration(every) * time.Millisecond)
			spawn(arg(3), c)
		}
	}
	io.Copy(io.Discard, os.Stdin)
}
