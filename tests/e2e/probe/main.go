// The program that the end-to-end tests and the demo run in containers: it says what it sees of
// its own settings, as JSON. Go 1.19 or later, standard library alone.
//
//	probe [-child] [-sleep SECONDS] [-serve ADDR]
//
// -child also runs itself once and reports what the child sees. -serve answers the report on
// http://ADDR/ until it is killed. -sleep waits after the report.
package main

import (
	"gotune.test/probe/given" // first: see there

	"encoding/json"
	"flag"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// Report is one process's view. Strings that could not be read are empty.
type Report struct {
	Go         string            `json:"go"`
	Pid        int               `json:"pid"`
	GOMAXPROCS int               `json:"gomaxprocs"`
	NumCPU     int               `json:"numcpu"`
	MemLimit   int64             `json:"memlimit"` // -1: none
	GCPercent  int               `json:"gcpercent"`
	Env        map[string]string `json:"env"`         // GO* of os.Environ
	Environ    map[string]string `json:"environ"`     // GO* of /proc/self/environ
	Entries    int               `json:"entries"`     // entries of os.Environ
	Doubled    []string          `json:"doubled"`     // names that stand twice in os.Environ
	NofileSoft uint64            `json:"nofile_soft"` // as given, before Go raised it
	NofileHard uint64            `json:"nofile_hard"`
	Somaxconn  string            `json:"somaxconn"`
	Swappiness string            `json:"swappiness"` // of its cgroup, v1
	Uid        int               `json:"uid"`
	Euid       int               `json:"euid"`
	NoNewPrivs string            `json:"no_new_privs"`
	TracerPid  string            `json:"tracer_pid"`
	Args       []string          `json:"args"`
	Child      *Report           `json:"child,omitempty"`
}

func read(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// interesting says which variables are the subject of the tests.
func interesting(name string) bool {
	return strings.HasPrefix(name, "GO") || strings.HasPrefix(name, "PROBE")
}

// environ sorts entries into a map in which the first of a doubled name counts, as in the Go
// runtime; os.Getenv would take the first as well.
func environ(entries []string) (m map[string]string, doubled []string) {
	m = map[string]string{}
	doubled = []string{}
	for _, e := range entries {
		name, value, _ := strings.Cut(e, "=")
		if !interesting(name) {
			continue
		}
		if _, seen := m[name]; seen {
			doubled = append(doubled, name)
			continue
		}
		m[name] = value
	}
	return m, doubled
}

func status(key string) string {
	for _, line := range strings.Split(read("/proc/self/status"), "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && name == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func report() *Report {
	r := &Report{
		Go:         runtime.Version(),
		Pid:        os.Getpid(),
		GOMAXPROCS: runtime.GOMAXPROCS(0),
		NumCPU:     runtime.NumCPU(),
		MemLimit:   debug.SetMemoryLimit(-1),
		Somaxconn:  read("/proc/sys/net/core/somaxconn"),
		Swappiness: read("/sys/fs/cgroup/memory/memory.swappiness"),
		Uid:        os.Getuid(),
		Euid:       os.Geteuid(),
		NoNewPrivs: status("NoNewPrivs"),
		TracerPid:  status("TracerPid"),
		Args:       os.Args,
		NofileSoft: given.Soft,
		NofileHard: given.Hard,
		Entries:    len(os.Environ()),
	}
	if r.MemLimit == math.MaxInt64 {
		r.MemLimit = -1
	}
	// There is no way to ask for the percentage alone.
	r.GCPercent = debug.SetGCPercent(100)
	debug.SetGCPercent(r.GCPercent)
	r.Env, r.Doubled = environ(os.Environ())
	r.Environ, _ = environ(strings.Split(strings.TrimRight(read("/proc/self/environ"), "\x00"), "\x00"))
	return r
}

// child runs this program again; its environment is inherited as from any parent.
func child() (*Report, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	r := &Report{}
	return r, json.Unmarshal(out, r)
}

func serve(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	started := time.Now()
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Uptime", strconv.Itoa(int(time.Since(started).Seconds())))
		_ = json.NewEncoder(w).Encode(report())
	})
	return http.Serve(l, nil)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "probe:", err)
	os.Exit(1)
}

func main() {
	withChild := flag.Bool("child", false, "report a child's view as well")
	sleep := flag.Float64("sleep", 0, "seconds to wait after the report")
	addr := flag.String("serve", "", "answer the report over HTTP")
	flag.Parse()

	r := report()
	if *withChild {
		c, err := child()
		if err != nil {
			fail(err)
		}
		r.Child = c
	}
	if *addr != "" {
		fail(serve(*addr))
	}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		fail(err)
	}
	time.Sleep(time.Duration(*sleep * float64(time.Second)))
}
