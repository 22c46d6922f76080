package main

import (
	"runtime"
	"sync"
	"syscall"
	"time"
)

var sink uint64

// spin computes for D, and may be preempted.
func spin(d time.Duration) {
	for start := time.Now(); time.Since(start) < d; {
		sink++
	}
}

// unstoppable computes for about D without a call: nothing in it can be preempted but by a signal.
//
//go:noinline
func unstoppable(rounds uint64) uint64 {
	x := uint64(1)
	for i := uint64(0); i < rounds; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}

// rounds is how many take D; the fastest of some tries, for others may have the CPU meanwhile.
func rounds(d time.Duration) uint64 {
	const probe = 4_000_000
	best := time.Hour
	for i := 0; i < 5; i++ {
		start := time.Now()
		sink += unstoppable(probe)
		if took := time.Since(start); took < best {
			best = took
		}
	}
	return uint64(float64(probe) * d.Seconds() / best.Seconds())
}

func idle(n, _ int, end time.Time) {
	for i := 0; i < n; i++ {
		go func() { time.Sleep(time.Until(end)) }()
	}
	time.Sleep(time.Until(end))
}

// work: N goroutines that each compute M % of the time.
func work(n, percent int, end time.Time) {
	for i := 0; i < n; i++ {
		go func() {
			for time.Now().Before(end) {
				spin(time.Millisecond)
				time.Sleep(time.Duration(100-percent) * time.Millisecond / time.Duration(percent))
			}
		}()
	}
	time.Sleep(time.Until(end))
}

// busy: N workers that yield each millisecond.
func busy(n, _ int, end time.Time) {
	for i := 0; i < n; i++ {
		go func() {
			for time.Now().Before(end) {
				spin(time.Millisecond)
				runtime.Gosched()
			}
		}()
	}
	time.Sleep(time.Until(end))
}

// loop: N goroutines that cannot be preempted with asyncpreemptoff=1, for half of the time.
func loop(n, _ int, end time.Time) {
	for i := 0; i < 50; i++ {
		go func() {
			for time.Now().Before(end) {
				time.Sleep(5 * time.Millisecond)
			}
		}()
	}
	half := time.Until(end) / 2
	r := rounds(half)
	time.Sleep(500 * time.Millisecond)
	var wg sync.WaitGroup
	for i := 0; i < n; i++ {
		wg.Add(1)
		go func() { defer wg.Done(); sink += unstoppable(r) }()
	}
	wg.Wait()
	time.Sleep(time.Until(end))
}

// stop: one such loop, and a collection that must wait for it.
func stop(_, _ int, end time.Time) {
	r := rounds(time.Until(end) / 2)
	time.Sleep(500 * time.Millisecond)
	go func() { sink += unstoppable(r) }()
	time.Sleep(100 * time.Millisecond)
	runtime.GC()
	time.Sleep(time.Until(end))
}

// flood: M % of what N Ps can do arrives.
func flood(n, percent int, end time.Time) {
	every := time.Duration(float64(2*time.Millisecond) * 100 / float64(percent) / float64(n))
	next := time.Now()
	for time.Now().Before(end) {
		for ; next.Before(time.Now()); next = next.Add(every) {
			go spin(2 * time.Millisecond)
		}
		time.Sleep(time.Millisecond)
	}
}

func convoy(n, _ int, end time.Time) {
	var mu sync.Mutex
	for i := 0; i < n; i++ {
		go func() {
			for time.Now().Before(end) {
				mu.Lock()
				time.Sleep(2 * time.Millisecond)
				mu.Unlock()
			}
		}()
	}
	time.Sleep(time.Until(end))
}

// calls: N goroutines in reads that the poller does not know.
func calls(n, _ int, end time.Time) {
	for i := 0; i < n; i++ {
		var p [2]int
		if syscall.Pipe(p[:]) != nil {
			panic("pipe")
		}
		go func() { _, _ = syscall.Read(p[0], make([]byte, 1)) }()
	}
	time.Sleep(time.Until(end))
}
