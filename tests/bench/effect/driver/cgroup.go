package main

import (
	"os"
	"strconv"
	"strings"
)

// Cgroup reads a container's cgroup, v2 or v1.
type Cgroup struct{ path string }

var v2 = func() bool {
	_, err := os.Stat("/sys/fs/cgroup/cgroup.controllers")
	return err == nil
}()

func (g Cgroup) read(controller, file string) string {
	if v2 {
		controller = ""
	}
	b, err := os.ReadFile("/sys/fs/cgroup/" + controller + g.path + "/" + file)
	if err != nil {
		return ""
	}
	return string(b)
}

// value is the number behind a word of a file of such lines, or a file's only number; 0 without.
func (g Cgroup) value(controller, file, word string) float64 {
	for _, line := range strings.Split(g.read(controller, file), "\n") {
		f := strings.Fields(line)
		if len(f) > 0 && (word == "" || len(f) == 2 && f[0] == word) {
			n, _ := strconv.ParseFloat(f[len(f)-1], 64)
			return n
		}
	}
	return 0
}

func (g Cgroup) cpuSeconds() float64 {
	if v2 {
		return g.value("", "cpu.stat", "usage_usec") / 1e6
	}
	return g.value("cpuacct", "cpuacct.usage", "") / 1e9
}

func (g Cgroup) periods() float64   { return g.value("cpu", "cpu.stat", "nr_periods") }
func (g Cgroup) throttled() float64 { return g.value("cpu", "cpu.stat", "nr_throttled") }

func (g Cgroup) peakMiB() float64 {
	if v2 {
		return g.value("", "memory.peak", "") / (1 << 20)
	}
	return g.value("memory", "memory.max_usage_in_bytes", "") / (1 << 20)
}

func (g Cgroup) oomKills() float64 {
	if v2 {
		return g.value("", "memory.events", "oom_kill")
	}
	return g.value("memory", "memory.oom_control", "oom_kill")
}
