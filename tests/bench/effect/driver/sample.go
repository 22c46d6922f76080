package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// Stats is what the service says of itself (tests/bench/effect/service).
type Stats struct {
	Go         string  `json:"go"`
	GOMAXPROCS int     `json:"gomaxprocs"`
	MemLimit   int64   `json:"memlimit"`
	GCPercent  int     `json:"gcpercent"`
	NumGC      uint32  `json:"numgc"`
	GCSeconds  float64 `json:"gc_seconds"`
	PauseNs    uint64  `json:"pause_ns"`
	AllocBytes uint64  `json:"alloc_bytes"`
	NextGC     float64 `json:"next_gc"`
}

// Sample is what one run gave.
type Sample struct {
	before, after      Stats
	load               Load
	periods, throttled float64
	cpu, peak, oom     float64
}

var header = []string{"part", "kind", "quota", "memory_mib", "arm", "round", "go", "gomaxprocs", "gomemlimit_mib", "gogc",
	"seconds", "per_s", "p50_ms", "p99_ms", "p999_ms", "periods", "throttled", "cpu_s", "gc_cpu_percent", "gcs", "gc_pause_ms",
	"alloc_mib_s", "live_mib", "peak_mib", "oom_kills", "failed"}

// stats asks the service; a killed one has none.
func (c *Client) stats() (s Stats) {
	if b, err := c.get("stats", nil); err == nil {
		_ = json.Unmarshal(b, &s)
	}
	return s
}

// run is one container's life: a second of load that does not count, then that which does.
func (r Run) run(c Config) (s Sample, err error) {
	ct, err := start(c, r)
	if err != nil {
		return s, err
	}
	defer ct.end()
	client := newClient(ct.socket, r.Kind)
	defer client.http.CloseIdleConnections()
	client.load(r.Kind, time.Second)
	s.before = client.stats()
	s.periods, s.throttled, s.cpu = -ct.cgroup.periods(), -ct.cgroup.throttled(), -ct.cgroup.cpuSeconds()
	s.load = client.load(r.Kind, c.Seconds)
	s.after = client.stats()
	s.periods += ct.cgroup.periods()
	s.throttled += ct.cgroup.throttled()
	s.cpu += ct.cgroup.cpuSeconds()
	s.peak, s.oom = ct.cgroup.peakMiB(), ct.cgroup.oomKills()
	if s.oom == 0 && (s.load.failed > 0 || s.after.Go == "") {
		return s, fmt.Errorf("%d requests failed, and no one was out of memory", s.load.failed)
	}
	if s.after.Go == "" { // it was killed
		s.after = s.before
	}
	return s, nil
}

func (s Sample) gcPercent() float64 {
	if s.cpu <= 0 {
		return 0
	}
	return 100 * (s.after.GCSeconds - s.before.GCSeconds) / s.cpu
}

func (s Sample) fields() []string {
	limit := "none"
	if s.after.MemLimit < math.MaxInt64 {
		limit = fmt.Sprint(s.after.MemLimit >> 20)
	}
	numbers := []float64{s.load.length.Seconds(), s.load.rate(), s.load.at(0.5), s.load.at(0.99), s.load.at(0.999), s.periods, s.throttled, s.cpu, s.gcPercent(),
		float64(s.after.NumGC) - float64(s.before.NumGC), (float64(s.after.PauseNs) - float64(s.before.PauseNs)) / 1e6,
		(float64(s.after.AllocBytes) - float64(s.before.AllocBytes)) / (1 << 20) / s.load.length.Seconds(), s.after.NextGC / (1 << 20) / (1 + float64(s.after.GCPercent)/100), s.peak, s.oom, float64(s.load.failed)}
	out := []string{strings.TrimPrefix(s.before.Go, "go"), fmt.Sprint(s.before.GOMAXPROCS), limit, fmt.Sprint(s.before.GCPercent)}
	for _, n := range numbers {
		out = append(out, fmt.Sprintf("%.3f", n))
	}
	return out
}
