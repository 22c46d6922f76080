package main

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// Case is one injection. Kinds: call (an error), signal, alloc, clock, run (what is wrong with /run).
type Case struct {
	kind string
	proc int
	call string
	nth  int
	what string
}

func (c Case) String() string {
	switch c.kind {
	case "alloc":
		return fmt.Sprintf("alloc:%d:%d", c.proc, c.nth)
	case "clock":
		return fmt.Sprintf("clock:%d:%d:%s", c.proc, c.nth, c.what)
	case "run":
		return "run:" + c.what
	}
	return fmt.Sprintf("%d:%s:%d:%s", c.proc, c.call, c.nth, c.what)
}

func (c Case) spec() string {
	switch c.kind {
	case "alloc":
		return fmt.Sprintf("watch\nalloc %d %d\n", c.proc, c.nth)
	case "clock":
		return fmt.Sprintf("watch\nclock %d %d %s\n", c.proc, c.nth, jumps[c.what])
	case "call", "signal":
		return fmt.Sprintf("%d %s %d %s\n", c.proc, c.call, c.nth, c.what)
	}
	return "watch\n"
}

func (c Case) killsMain() bool { return c.what == "KILL" && c.proc == 0 }

var errorNames = []string{"EPERM", "ENOMEM", "EIO", "EINTR", "ENOSYS", "ENOSPC", "EAGAIN"}

// What a clock does: seconds, and whether the monotonic one does it, too.
var jumps = map[string]string{"forward": "3600 0", "back": "-3600 0", "frozen": "3600 1"}

// Calls that cannot fail: the process ends there.
var noError = map[string]bool{"exit_group": true, "exit": true, "rt_sigreturn": true, "restart_syscall": true}

// weight is how much rarer a case is in a sample that takes long.
func (c Case) weight() uint32 {
	switch c.what {
	case "HANG":
		return 8
	case "STOP":
		return 2
	}
	return 1
}

func hash(text string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(text))
	v := h.Sum32() // its low bits alone are no good: the last byte decides
	v ^= v >> 15
	v *= 0x2c1b3c6d
	v ^= v >> 12
	v *= 0x297a2d39
	return v ^ v>>15
}

// always are cases that were not survived once, and have no unit test. They are in every sample.
var always = []string{
	"createRuntime/1:ptrace:*:EINTR",        // the program started with the registers of a borrowed call
	"createRuntime/1:recvfrom:1[0-9]:EPERM", // the record said that a sysctl was not applied
	"createRuntime/clock:1:1:back",          // deciding took 2^64 us
	"precreate/0:read:2:ENOSYS",             // Podman got nothing back
	"precreate/alloc:0:1",
	"run/0:newfstatat:[1-9]:ENOSYS",  // no runtime was found
	"run/0:read:1[0-9]:EAGAIN",       // RLIMIT_NOFILE was lowered
	"createRuntime/1:wait4:*:ENOMEM", // a stop that was not taken held the program
	"createRuntime/1:kill:1:EIO",
	"createRuntime/1:rt_sigtimedwait:1:KILL",
}

// chosen: is the case in the sample, and this shard's?
func (s *Shard) chosen(st *Stage, c Case) bool {
	name := s.Runtime + "/" + st.name + "/" + c.String()
	if s.Only != "" {
		return s.Only == name
	}
	if int(hash("shard "+name))%s.Jobs != s.Shard || (s.Kinds != "" && !strings.Contains(s.Kinds, c.kind)) {
		return false
	}
	for _, pattern := range always {
		if ok, _ := path.Match(pattern, st.name+"/"+c.String()); ok {
			return true
		}
	}
	return s.Permille >= 1000 || c.kind == "run" ||
		hash(fmt.Sprintf("%d %s", s.Seed, name))%1000 < uint32(s.Permille)/c.weight()
}

// through is our program with inject in front.
func (s *Shard) through(st *Stage, faults bool) []string {
	name := s.path(st.program)
	if faults {
		name += "-faults"
	}
	return []string{filepath.Join(s.Build, "faults/inject"), s.faults, name}
}

// count runs the stage twice and finds out what there is to be failed.
func (s *Shard) count(st *Stage) []Case {
	var all []Case
	calls := map[string]int{}
	var names []string
	tracer := map[string]bool{}
	for i := 0; i < 2; i++ {
		s.baseline(st, "count\n", s.through(st, false))
		text, _ := os.ReadFile(s.path("faults/log"))
		for _, line := range strings.Split(string(text), "\n") {
			w := strings.Fields(line)
			if len(w) != 4 || w[0] != "call" {
				continue
			}
			n, _ := strconv.Atoi(w[3])
			key := w[1] + " " + w[2]
			if calls[key] == 0 {
				names = append(names, key)
			}
			if n > calls[key] {
				calls[key] = n
			}
			tracer[w[1]] = tracer[w[1]] || w[2] == "ptrace"
		}
	}
	for _, key := range names {
		w := strings.Fields(key)
		proc, _ := strconv.Atoi(w[0])
		for n := 1; n <= calls[key]; n++ {
			for _, e := range errorNames {
				if !noError[w[1]] {
					all = append(all, Case{"call", proc, w[1], n, e})
				}
			}
			all = append(all, Case{"signal", proc, w[1], n, "KILL"}, Case{"signal", proc, w[1], n, "STOP"})
			// A follower that is stopped for good stops what it traces; the hook itself is as helpless.
			if proc > 0 && !tracer[w[0]] {
				all = append(all, Case{"signal", proc, w[1], n, "HANG"})
			}
		}
	}
	s.baseline(st, "watch\ncount\n", s.through(st, true))
	all = append(all, s.countFaults()...)
	for _, what := range []string{"full", "read-only", "no-inode"} {
		all = append(all, Case{kind: "run", what: what})
	}
	return all
}

func (s *Shard) counts() []uint32 {
	text, _ := os.ReadFile(s.path("faults/counts"))
	n := make([]uint32, 33)
	for i := 0; i < len(n) && 4*i+4 <= len(text); i++ {
		n[i] = binary.LittleEndian.Uint32(text[4*i:])
	}
	return n
}

func (s *Shard) countFaults() []Case {
	var all []Case
	n := s.counts()
	for proc := 0; proc < 16; proc++ {
		for i := 1; i <= int(n[1+proc]); i++ {
			all = append(all, Case{"alloc", proc, "", i, ""})
		}
		for i := 1; i <= int(n[17+proc]); i++ {
			for jump := range jumps {
				all = append(all, Case{"clock", proc, "", i, jump})
			}
		}
	}
	return all
}

func errorOf(wrong errs) error {
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("%s", strings.Join(wrong, "; "))
}

// baseline runs the stage with nothing injected; all must be well.
func (s *Shard) baseline(st *Stage, spec string, program []string) Ran {
	var wrong errs
	s.reset(spec)
	ran := st.run(s, st, Case{}, program, &wrong)
	s.after(st, Case{}, ran, &wrong)
	must(errorOf(wrong), fmt.Sprintf("stage %s with nothing injected", st.name))
	return ran
}

// learn finds out what the program is like without us, and with the whole plan.
func (s *Shard) learn(st *Stage) {
	var wrong errs
	if st.untouched == nil {
		return
	}
	s.reset("watch\n")
	ran := st.untouched(s, st, &wrong)
	must(errorOf(wrong), "the untouched container")
	st.truth = Truth{base: ran.report, untouched: ran.report.settings()}
	st.truth.full = st.truth.untouched
	s.reset("watch\n")
	ran = st.run(s, st, Case{}, s.through(st, false), &wrong)
	must(errorOf(wrong), "the tuned container")
	st.truth.full = ran.report.settings()
	for _, name := range []string{"GOMAXPROCS", "GOMEMLIMIT", "GOGC", "GODEBUG"} {
		if st.truth.full[name] == st.truth.untouched[name] {
			must(fmt.Errorf("%s is %s with and without us", name, st.truth.full[name]), "stage "+st.name)
		}
	}
}
