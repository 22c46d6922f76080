// A service for make bench-effect, under real load in a real container: docs/performance.md.
//
//	service -kind http|paced|queue|cpu|bursty -socket PATH [-live MIB]
//
// It answers HTTP on a Unix socket: /work does one request's worth of the kind's work, /stats says
// what the runtime chose and did. -live is what it keeps in memory, besides garbage. Standard library
// alone, Go 1.19 or later.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// Item is one message, about 400 bytes of memory with what it points to.
type Item struct {
	ID      int      `json:"id"`
	Name    string   `json:"name"`
	Tags    []string `json:"tags"`
	Payload string   `json:"payload"`
}

const itemBytes = 400

// Cache is the live heap: a ring whose oldest item goes when one comes.
type Cache struct {
	sync.Mutex
	ring []*Item
	next int
}

func (c *Cache) put(it *Item) {
	c.Lock()
	c.ring[c.next] = it
	c.next = (c.next + 1) % len(c.ring)
	c.Unlock()
}

func (c *Cache) get(n int) []*Item {
	c.Lock()
	defer c.Unlock()
	out := make([]*Item, n)
	for i := range out {
		out[i] = c.ring[(c.next+i*7919)%len(c.ring)]
	}
	return out
}

func item(id int) *Item {
	return &Item{
		ID: id, Name: fmt.Sprintf("item-%d", id), Tags: []string{"a", "b", "c"},
		Payload: strings.Repeat(fmt.Sprintf("%08d", id), 20),
	}
}

func newCache(mib int) *Cache {
	c := &Cache{ring: make([]*Item, mib<<20/itemBytes+64)}
	for i := range c.ring {
		c.ring[i] = item(i)
	}
	return c
}

// serveHTTP: a request reads a document, changes it, keeps it and renders a part: JSON and allocation.
func serveHTTP(c *Cache, w http.ResponseWriter, r *http.Request) {
	var items []*Item
	b, err := json.Marshal(c.get(40))
	if err == nil {
		err = json.Unmarshal(b, &items)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	for _, it := range items {
		it.ID++
		c.put(it)
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(items[:4])
}

// consume: a batch of messages is decoded, and kept until newer ones push it out.
func consume(c *Cache, w http.ResponseWriter, r *http.Request) {
	var batch []*Item
	if err := json.NewDecoder(r.Body).Decode(&batch); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, it := range batch {
		c.put(it)
	}
	fmt.Fprintln(w, len(batch))
}

// burn hashes so many kilobytes: CPU time alone, no allocation.
func burn(kib int) byte {
	block := make([]byte, 1024)
	sum := sha256.Sum256(block)
	for i := 1; i < kib; i++ {
		copy(block, sum[:])
		sum = sha256.Sum256(block)
	}
	return sum[0]
}

// compute: one piece of work, split among as many goroutines as there are Ps, as libraries do.
func compute(c *Cache, w http.ResponseWriter, r *http.Request) {
	const kib = 2048
	var wg sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	wg.Add(n)
	for i := 0; i < n; i++ {
		go func() { burn(kib / n); wg.Done() }()
	}
	wg.Wait()
	fmt.Fprintln(w, n)
}

// wakeUp: a wait for another service, then a little work; requests come in bursts.
func wakeUp(c *Cache, w http.ResponseWriter, r *http.Request) {
	time.Sleep(5 * time.Millisecond)
	fmt.Fprintln(w, burn(256))
}

// Stats is what the runtime chose, and did since the start; the driver reads it by these names.
type Stats struct {
	Go         string  `json:"go"`
	GOMAXPROCS int     `json:"gomaxprocs"`
	MemLimit   int64   `json:"memlimit"`
	GCPercent  int     `json:"gcpercent"`
	NumGC      uint32  `json:"numgc"`
	GCSeconds  float64 `json:"gc_seconds"` // of Ps that collected, by the wall clock; throttled time counts
	PauseNs    uint64  `json:"pause_ns"`
	AllocBytes uint64  `json:"alloc_bytes"`
	NextGC     uint64  `json:"next_gc"` // bytes of heap at which the collector wants to be done
}

func stats(started time.Time) Stats {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	percent := debug.SetGCPercent(100)
	debug.SetGCPercent(percent)
	procs := runtime.GOMAXPROCS(0)
	return Stats{runtime.Version(), procs, debug.SetMemoryLimit(-1), percent, m.NumGC,
		m.GCCPUFraction * time.Since(started).Seconds() * float64(procs), m.PauseTotalNs, m.TotalAlloc, m.NextGC}
}

var kinds = map[string]func(*Cache, http.ResponseWriter, *http.Request){
	"http": serveHTTP, "paced": serveHTTP, "queue": consume, "cpu": compute, "bursty": wakeUp,
}

func main() {
	started := time.Now()
	kind := flag.String("kind", "http", "what a request does")
	socket := flag.String("socket", "", "where to listen")
	live := flag.Int("live", 1, "MiB to keep in memory")
	flag.Parse()
	work := kinds[*kind]
	if work == nil {
		fmt.Fprintln(os.Stderr, "service: no such kind:", *kind)
		os.Exit(2)
	}
	c := newCache(*live)
	http.HandleFunc("/work", func(w http.ResponseWriter, r *http.Request) {
		work(c, w, r)
		io.Copy(io.Discard, r.Body)
	})
	http.HandleFunc("/stats", func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(stats(started))
	})
	l, err := net.Listen("unix", *socket)
	if err == nil {
		err = http.Serve(l, nil)
	}
	fmt.Fprintln(os.Stderr, "service:", err)
	os.Exit(1)
}
