// load PARKED SECONDS: how many goroutines a second one processor makes and ends while PARKED others
// wait: a line for each of SECONDS seconds.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

func main() {
	parked, _ := strconv.Atoi(os.Args[1])
	seconds, _ := strconv.Atoi(os.Args[2])
	c, done := make(chan int), make(chan int)
	for i := 0; i < parked; i++ {
		go func() { <-c }()
	}
	for s := 0; s < seconds; s++ {
		n := 0
		for begin := time.Now(); time.Since(begin) < time.Second; {
			for i := 0; i < 100; i++ {
				go func() { done <- 1 }()
				<-done
				n++
			}
		}
		fmt.Println(n)
	}
}
