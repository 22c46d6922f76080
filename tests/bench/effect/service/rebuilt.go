//go:build rebuilt

package main

// The program as its authors would rebuild it: Uber's automaxprocs, and automemlimit's rule (0.9 of
// the cgroup's limit) in our own words where Debian has no package of it.

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	_ "go.uber.org/automaxprocs"
)

func init() {
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		limit, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
		if err == nil && limit < 1<<50 {
			debug.SetMemoryLimit(limit / 10 * 9)
		}
		return
	}
}
