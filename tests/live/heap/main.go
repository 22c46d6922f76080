// heap MIB [GROW MS]: keeps MIB of memory and makes garbage when it is told to. Prints "ready", then answers
// lines of standard input: limit (what the runtime has), set BYTES (SetMemoryLimit), gogc PERCENT
// (SetGCPercent), gc, beside MIB, churn MIB, pace MIB, nodes MIB, spin MIB, fraction (of CPU that the collector
// took), live MIB, exec PATH. Ends with its input. DECOY=LIMIT: globals look like the runtime's own settings. With GROW it
// keeps that many MiB more after MS milliseconds. CHURN=MIB: garbage, before it reads.
package main

import (
	"bufio"
	"fmt"
	_ "net" // with C, if that is wanted
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Without pointers and zero at first, as runtime.gcController.
var decoys [3][64]uint64

var keep [][]byte
var sink []byte

func live(mib int) {
	if mib < len(keep) {
		keep = keep[:mib:mib]
	}
	for len(keep) < mib {
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		keep = append(keep, b)
	}
}

// What the collector has to follow, unlike the rest.
type node struct {
	next *node
	room [7]uint64
}

var nodes []*node

func grow(mib int) {
	for i := 0; i < mib; i++ {
		var n *node
		for j := 0; j < 1<<14; j++ {
			n = &node{next: n}
		}
		nodes = append(nodes, n)
	}
}

func churn(mib int) {
	for i := 0; i < 16*mib; i++ {
		sink = make([]byte, 65536)
		for j := 0; j < len(sink); j += 4096 {
			sink[j] = 1
		}
	}
}

func arg(i int) int {
	if i >= len(os.Args) {
		return 0
	}
	n, _ := strconv.Atoi(os.Args[i])
	return n
}

func number(s []string) int {
	if len(s) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(s[1])
	return n
}

func answer(w []string) {
	var m runtime.MemStats

	switch w[0] {
	case "limit":
	case "set":
		debug.SetMemoryLimit(int64(number(w)))
	case "gogc":
		debug.SetGCPercent(number(w))
	case "gc":
		runtime.GC()
	case "churn":
		churn(number(w))
	case "pace": // a MiB each 10 ms
		for i := 0; i < number(w); i++ {
			churn(1)
			time.Sleep(10 * time.Millisecond)
		}
	case "live":
		live(number(w))
	case "beside": // memory that is not the Go heap's
		b, err := syscall.Mmap(-1, 0, number(w)<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		for i := 0; err == nil && i < len(b); i += 4096 {
			b[i] = 1
		}
	case "nodes": // of live memory with pointers
		grow(number(w))
	case "spin": // makes garbage from now on, at MIB a second; 0: as fast as it can
		go func(pace int) {
			for {
				churn(1)
				if pace > 0 {
					time.Sleep(time.Second / time.Duration(pace))
				}
			}
		}(number(w))
	case "fraction": // of the CPUs that it may have, since it began
		runtime.ReadMemStats(&m)
		fmt.Println(m.GCCPUFraction)
		return
	case "exec":
		syscall.Exec(w[1], []string{w[1], "1"}, os.Environ())
	}
	runtime.ReadMemStats(&m)
	fmt.Println(debug.SetMemoryLimit(-1), m.NextGC, m.HeapReleased, m.NumGC)
}

func main() {
	if v, err := strconv.Atoi(os.Getenv("DECOY")); err == nil {
		for i := range decoys {
			decoys[i][0] = 100
			decoys[i][1] = uint64(v)
			decoys[i][2] = 4 << 20
		}
	}
	live(arg(1))
	fmt.Println("ready")
	for i, n := 0, arg(2); i < n; i++ {
		time.Sleep(time.Duration(arg(3)) * time.Millisecond / time.Duration(n))
		live(arg(1) + i + 1)
	}
	churn(number([]string{"", os.Getenv("CHURN")}))
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		if w := strings.Fields(in.Text()); len(w) > 0 {
			answer(w)
		}
	}
	runtime.KeepAlive(&decoys)
}
