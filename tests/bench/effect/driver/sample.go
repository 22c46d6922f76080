package main

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// Stats is what the service says of itself (Stats in tests/bench/effect/service); empty when it does not.
type Stats map[string]any

// n is a number of it, 0 without.
func (s Stats) n(name string) float64 {
	f, _ := s[name].(float64)
	return f
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
	if s.oom == 0 && (s.load.failed > 0 || len(s.after) == 0) {
		return s, fmt.Errorf("%d requests failed, and no one was out of memory", s.load.failed)
	}
	if len(s.after) == 0 { // it was killed
		s.after = s.before
	}
	return s, nil
}

// since is by how much a number of the service's grew.
func (s Sample) since(name string) float64 { return s.after.n(name) - s.before.n(name) }

func (s Sample) gcPercent() float64 {
	if s.cpu <= 0 {
		return 0
	}
	return 100 * s.since("gc_seconds") / s.cpu
}

func (s Sample) fields() []string {
	const mib = 1 << 20
	limit := "none"
	if n := s.after.n("memlimit"); n < 1<<62 {
		limit = fmt.Sprintf("%.0f", math.Floor(n/mib))
	}
	seconds := s.load.length.Seconds()
	numbers := []float64{seconds, s.load.rate(), s.load.at(0.5), s.load.at(0.99), s.load.at(0.999), s.periods, s.throttled, s.cpu, s.gcPercent(),
		s.since("numgc"), s.since("pause_ns") / 1e6, s.since("alloc_bytes") / mib / seconds,
		s.after.n("next_gc") / mib / (1 + s.after.n("gcpercent")/100), s.peak, s.oom, float64(s.load.failed)}
	version, _ := s.before["go"].(string)
	out := []string{strings.TrimPrefix(version, "go"), fmt.Sprint(s.before.n("gomaxprocs")), limit, fmt.Sprint(s.before.n("gcpercent"))}
	for _, n := range numbers {
		out = append(out, fmt.Sprintf("%.3f", n))
	}
	return out
}
