package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

type node struct {
	next, other *node
	pad         [112]byte
}

var (
	alive   []*node
	kept    [][]byte
	garbage [8][]byte
)

// grow makes MIB of small objects that point to each other.
func grow(mib int) []*node {
	all := make([]*node, 0, mib<<20/128)
	for i := 0; i < mib<<20/128; i++ {
		x := &node{}
		if i > 0 {
			x.next, x.other = all[i-1], all[i*7%i]
		}
		all = append(all, x)
	}
	return all
}

// allocate makes garbage, RATE MiB a second.
func allocate(id, rate int, end time.Time) {
	start, done := time.Now(), 0.0
	for time.Now().Before(end) {
		for i := 0; i < 32; i++ {
			garbage[id%len(garbage)] = make([]byte, 8192+i)
		}
		done += 32 * 8192
		if ahead := done/float64(rate<<20) - time.Since(start).Seconds(); ahead > 0.002 {
			time.Sleep(time.Duration(ahead * 1e9))
		}
	}
}

func steady(rate, live int, end time.Time) {
	alive = grow(live)
	go allocate(1, rate/2+1, end)
	allocate(0, rate/2+1, end)
}

func logging(rate, live int, end time.Time) {
	for i := 0; i < 2; i++ {
		go func() {
			for n := 0; time.Now().Before(end); n++ {
				os.Stderr.WriteString(fmt.Sprintf("{\"level\":\"info\",\"n\":%d,\"msg\":\"done\"}\n", n))
				time.Sleep(150 * time.Microsecond)
			}
		}()
	}
	steady(rate, live, end)
}

func leak(rate, waste int, end time.Time) {
	alive = grow(4)
	go allocate(0, waste, end)
	for time.Now().Before(end) {
		kept = append(kept, make([]byte, 256<<10))
		time.Sleep(time.Duration(250e6 / rate))
	}
}

// cache grows, is full, and stays: no leak.
func cache(rate, full int, end time.Time) {
	go allocate(0, 150, end)
	for len(kept) < full*4 {
		kept = append(kept, make([]byte, 256<<10))
		time.Sleep(time.Duration(250e6 / (rate * 4)))
	}
	time.Sleep(time.Until(end))
}

func assist(workers, live int, end time.Time) {
	alive = grow(live)
	for i := 0; i < workers; i++ {
		i := i
		go func() {
			for time.Now().Before(end) {
				var head *node
				for k := 0; k < 300; k++ {
					head = &node{next: head}
				}
				alive[i].next = head
			}
		}()
	}
	time.Sleep(time.Until(end))
}

func burst(mib, live int, end time.Time) {
	alive = grow(live)
	for time.Now().Before(end) {
		for i := 0; i < mib; i++ {
			kept = append(kept, make([]byte, 1<<20))
		}
		time.Sleep(100 * time.Millisecond)
		kept = nil
		time.Sleep(200 * time.Millisecond)
	}
}

func forced(ms, live int, end time.Time) {
	alive = grow(live)
	for time.Now().Before(end) {
		runtime.GC()
		time.Sleep(time.Duration(ms) * time.Millisecond)
	}
}

//go:noinline
func deep(n int, wait chan bool) int {
	var pad [160]byte
	if n == 0 {
		<-wait
		return int(pad[n])
	}
	return deep(n-1, wait) + int(pad[n%160])
}

func stacks(n, live int, end time.Time) {
	wait := make(chan bool)
	for i := 0; i < n; i++ {
		go deep(100, wait)
	}
	alive = grow(live)
	allocate(0, 80, end)
}
