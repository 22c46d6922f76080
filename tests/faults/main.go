// The driver of make check-faults and make check-load: runs real containers by a real runtime, and
// makes one thing go wrong in each. tests/faults/run prepares its surroundings; docs/faults.md tells
// what is injected and what is checked.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
)

// Config is what the command line says.
type Config struct {
	Build, Template       string
	Runtime, RuntimePath  string
	RuntimeFlags          []string
	OwnCgroup2, KeepGoing bool
	Jobs, Shard           int
	Permille, Seed        int
	Stages, Kinds, Only   string
	Load, List, Hostile   bool
	flags                 string
}

func parse() Config {
	var c Config
	flag.StringVar(&c.Build, "build", "build", "directory of what was built")
	flag.StringVar(&c.Template, "template", "", "directory that has bundle/ and etc/")
	flag.StringVar(&c.Runtime, "runtime", "runc", "the runtime's name")
	flag.StringVar(&c.RuntimePath, "runtime-path", "", "and its file")
	flag.StringVar(&c.flags, "runtime-flags", "", "flags for it")
	flag.BoolVar(&c.OwnCgroup2, "own-cgroup2", false, "the runtime needs a cgroup2 mount of its own")
	flag.BoolVar(&c.KeepGoing, "keep-going", false, "do not stop at the first failure")
	flag.IntVar(&c.Jobs, "jobs", 4*runtime.NumCPU(), "containers at a time: most of them wait")
	flag.IntVar(&c.Shard, "shard", -1, "(internal)")
	flag.IntVar(&c.Permille, "permille", 1000, "how many of the cases")
	flag.IntVar(&c.Seed, "seed", 1, "which of them")
	flag.StringVar(&c.Stages, "stages", "", "these alone: names with commas")
	flag.StringVar(&c.Kinds, "kinds", "", "these alone: call, signal, alloc, clock, run")
	flag.StringVar(&c.Only, "only", "", "this case alone: RUNTIME/STAGE/CASE")
	flag.BoolVar(&c.Load, "load", false, "the load tests")
	flag.BoolVar(&c.Hostile, "hostile", false, "workers that lie")
	flag.BoolVar(&c.List, "list", false, "say how many cases there are")
	flag.Parse()
	c.RuntimeFlags = strings.Fields(c.flags)
	return c
}

func (c Config) wants(st *Stage) bool {
	if c.Only != "" {
		return strings.HasPrefix(c.Only, c.Runtime+"/"+st.name+"/")
	}
	return c.Stages == "" || strings.Contains(","+c.Stages+",", ","+st.name+",")
}

func kindsOf(cases []Case) string {
	n := map[string]int{}
	for _, c := range cases {
		n[c.kind]++
	}
	return fmt.Sprintf("calls %d, signals %d, allocations %d, clock %d, /run %d", n["call"], n["signal"], n["alloc"], n["clock"], n["run"])
}

// shard runs its part of the cases, stage by stage, a result a line.
func shard(c Config) {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	s := newShard(c)
	out := json.NewEncoder(os.Stdout)
	for _, st := range stages {
		if !c.wants(st) {
			continue
		}
		if st.prepare != nil {
			st.prepare(s, st)
		}
		s.learn(st)
		cases := s.count(st)
		if c.List {
			fmt.Printf("%s %s: %d cases (%s)\n", st.name, c.Runtime, len(cases), kindsOf(cases))
			cases = nil
		}
		for _, cs := range cases {
			if len(stop) > 0 {
				break
			}
			if s.chosen(st, cs) {
				must(out.Encode(s.one(st, cs)), "standard output")
			}
		}
		if st.finish != nil {
			st.finish(s, st)
		}
		if len(stop) > 0 {
			return
		}
		if !c.List {
			must(out.Encode(Result{Stage: st.name}), "standard output")
		}
	}
}

// Tally is what the shards said of one stage.
type Tally struct {
	shards, injected, failed, missed int
	kinds                            map[string]int
	seconds                          float64
}

func (t *Tally) line(name string, hostile bool) string {
	if hostile {
		return fmt.Sprintf("%-22s %5d hostile answers, %5d survived; %.0f s of work", name, t.injected, t.injected-t.failed, t.seconds)
	}
	kinds := fmt.Sprintf("calls %d, signals %d, allocations %d, clock %d, /run %d; not reached %d; %.0f s of work",
		t.kinds["call"], t.kinds["signal"], t.kinds["alloc"], t.kinds["clock"], t.kinds["run"], t.missed, t.seconds)
	return fmt.Sprintf("%-22s %5d injected, %5d survived (%s)", name, t.injected, t.injected-t.failed, kinds)
}

// message is a result, or (nil) that a shard has ended.
type message struct {
	result *Result
	err    error
}

// unshared is this program again, as a shard: with a network and an IPC namespace that stand for the
// host's, so that what goes wrong does not reach this machine's.
func unshared(i int) *exec.Cmd {
	args := append([]string{}, os.Args[1:]...)
	cmd := exec.Command("/proc/self/exe", append(args, "-shard", fmt.Sprint(i))...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC, Setpgid: true}
	for _, arg := range args {
		if arg == "-hostile" { // a lie may name process 1
			cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWPID
		}
	}
	return cmd
}

func startShard(i int, to chan<- message) *exec.Cmd {
	cmd := unshared(i)
	pipe, err := cmd.StdoutPipe()
	must(err, "pipe")
	must(cmd.Start(), "shard")
	go func() {
		lines := bufio.NewScanner(pipe)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			r := &Result{}
			must(json.Unmarshal(lines.Bytes(), r), "a shard's line")
			to <- message{result: r}
		}
		to <- message{err: cmd.Wait()}
	}()
	return cmd
}

// Run is what the parent knows: the stages in turn, each when all shards have done it.
type Run struct {
	Config
	tally  map[string]*Tally
	failed bool
}

// take notes one result.
func (r *Run) take(m *Result) {
	t := r.tally[m.Stage]
	if t == nil {
		t = &Tally{kinds: map[string]int{}}
		r.tally[m.Stage] = t
	}
	if m.Case == "" {
		t.shards++
		if t.shards == r.Jobs {
			fmt.Println(t.line(m.Stage+" "+r.Runtime+":", r.Hostile))
		}
		return
	}
	name := r.Runtime + "/" + m.Stage + "/" + m.Case
	if os.Getenv("VERBOSE") != "" {
		fmt.Printf("%s hit=%v %.2f s %s\n", name, m.Hit, m.Seconds, m.Wrong)
	}
	t.seconds += m.Seconds
	if !m.Hit && m.Wrong == "" {
		t.missed++
		return
	}
	t.injected++
	t.kinds[m.Kind]++
	if m.Wrong == "" {
		return
	}
	t.failed++
	r.failed = true
	check := map[bool]string{true: "check-hostile", false: "check-faults"}[r.Hostile]
	fmt.Printf("%s %s did not survive %s: %s\n  again: sudo make %s ONLY='%s'\n", m.Stage, r.Runtime, m.Case, m.Wrong, check, name)
}

func parent(c Config) int {
	r := Run{Config: c, tally: map[string]*Tally{}}
	to := make(chan message)
	var shards []*exec.Cmd
	for i := 0; i < c.Jobs; i++ {
		shards = append(shards, startShard(i, to))
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	for left := len(shards); left > 0; {
		select {
		case m := <-to:
			if m.result != nil {
				r.take(m.result)
			} else {
				left--
				if m.err != nil {
					fmt.Printf("%s: a shard broke off: %v\n", r.Runtime, m.err)
					r.failed = true
				}
			}
		case <-stop:
			r.failed, r.KeepGoing = true, false
		}
		for _, cmd := range shards {
			if r.failed && !r.KeepGoing {
				_ = cmd.Process.Signal(syscall.SIGTERM) // it ends after its case
			}
		}
	}
	passed, failed, missed := 0, 0, 0
	for _, t := range r.tally {
		passed, failed, missed = passed+t.injected-t.failed, failed+t.failed, missed+t.missed
	}
	if r.failed && failed == 0 {
		failed = 1 // a shard broke off
	}
	fmt.Printf("total %d %d %d\n", passed, failed, missed)
	if failed > 0 || passed == 0 {
		return 1
	}
	return 0
}

func main() {
	c := parse()
	switch {
	case c.Shard >= 0 && c.Hostile:
		hostile(c)
	case c.Shard >= 0 && c.Load:
		os.Exit(load(c))
	case c.Load, c.List && c.Shard < 0:
		cmd := unshared(0)
		cmd.Stdout = os.Stdout
		if err := cmd.Run(); err != nil {
			fmt.Printf("%s: %v\n", c.Runtime, err)
			os.Exit(1)
		}
	case c.Shard >= 0:
		shard(c)
	default:
		os.Exit(parent(c))
	}
}
