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
	"syscall"
	"time"
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

// What a tracer does before it tells the hook that it waits: until then the hook waits for it, and
// not for ever. Afterwards a tracer that is stopped for good stops the program that it traces.
var beforeReport = map[string]bool{"setsid": true, "close_range": true, "capset": true, "chdir": true}

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
	"createRuntime/3:ptrace:*:EINTR",        // the program started with the registers of a borrowed call
	"createRuntime/0:recvfrom:1[0-9]:EPERM", // the record said that a sysctl was not applied
	"createRuntime/clock:0:1:back",          // deciding took 2^64 us
	"precreate/0:read:2:ENOSYS",             // Podman got nothing back
	"precreate/alloc:0:1",
	"run/0:newfstatat:[1-9]:ENOSYS",  // no runtime was found
	"run/0:read:1[0-9]:EAGAIN",       // RLIMIT_NOFILE was lowered
	"createRuntime/0:wait4:1:ENOMEM", // a child that is left to crun, dead or dying, keeps it waiting for the hook
	"createRuntime/0:kill:1:EIO",
	"createRuntime/3:rt_sigtimedwait:1:KILL",
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
			if proc > 0 && (!tracer[w[0]] || beforeReport[w[1]]) {
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
	n := make([]uint32, 34)
	for i := 0; i < len(n) && 4*i+4 <= len(text); i++ {
		n[i] = binary.LittleEndian.Uint32(text[4*i:])
	}
	return n
}

func (s *Shard) countFaults() []Case {
	var all []Case
	n := s.counts()
	for proc := 0; proc < 16; proc++ {
		for i := 1; i <= int(n[2+proc]); i++ {
			all = append(all, Case{"alloc", proc, "", i, ""})
		}
		for i := 1; i <= int(n[18+proc]); i++ {
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

// forgive takes away what a process may leave that was killed between two calls, or could not remove a
// file: a second name that the next writer takes over. That of a record must go with the record.
func (s *Shard) forgive(c Case, left []string) []string {
	var rest []string
	record := s.records + "/containers/." + s.id + ".json.gotune-new"
	for _, name := range left {
		switch {
		case s.runtimeLeft(name):
		case c.what != "KILL" && c.call != "unlinkat":
			rest = append(rest, name)
		case name == s.records+"/.fresh-sysctls.gotune-new", name == s.path("bundle/.config.json.gotune-new"):
		case name == record:
			writeFile(s.path("state.json"), fmt.Sprintf(`{"ociVersion": "1.0.2", "id": "%s", "status": "stopped", "bundle": "/"}`, s.id))
			s.do(Command{args: []string{s.path("oci-gotune-hook"), "--record-dir", s.records, "poststop"}, stdin: s.path("state.json")})
			if _, err := os.Stat(record); err == nil {
				rest = append(rest, name+" (after poststop)")
			}
		default:
			rest = append(rest, name)
		}
	}
	return rest
}

// runtimeLeft says whether NAME is a cgroup that the runtime gave up to remove, as it said, and removes
// it: runc 1.1.5 tries for a quarter of a second, and on a busy machine a killed init lives longer.
func (s *Shard) runtimeLeft(name string) bool {
	said, _ := os.ReadFile(s.path("err"))
	if !strings.HasPrefix(name, "/sys/fs/cgroup/") || !strings.Contains(string(said), "Failed to remove paths") {
		return false
	}
	err := os.Remove(name)
	return err == nil || os.IsNotExist(err) // cpu and cpuacct are one
}

// after checks what every case must leave as it is, and clears away what it did not.
func (s *Shard) after(st *Stage, c Case, ran Ran, wrong *errs) {
	if ran.report != nil && st.truth.base != nil {
		st.truth.program(ran.report, wrong)
		if ran.record {
			st.truth.record(s.recordPath(), s.id, ran.report, c.what == "frozen", wrong)
		}
	}
	files(s.records, wrong)
	if now := hostSettings(); now != s.host {
		wrong.add("the host's own settings were %s, and are %s", s.host, now)
		s.host = now
	}
	if left := s.forgive(c, s.leftFiles()); len(left) > 0 {
		wrong.add("left behind: %s", strings.Join(left, " "))
	}
	if _, err := os.Stat(s.path("state/" + s.id)); err == nil && !s.resident {
		s.do(Command{args: s.runtime("delete", "--force", s.id)})
		s.killStrangers()
	}
}

// hit says whether it was injected.
func (s *Shard) hit(c Case) bool {
	switch c.kind {
	case "alloc", "clock":
		return s.counts()[0] > 0
	case "run":
		return true
	}
	text, _ := os.ReadFile(s.path("faults/log"))
	return strings.Contains(string(text), "hit\n")
}

// crashes says whether a process of ours died of what it should not.
func (s *Shard) crashes(wrong *errs) {
	text, _ := os.ReadFile(s.path("faults/log"))
	for _, line := range strings.Split(string(text), "\n") {
		var proc, status int
		if n, _ := fmt.Sscanf(line, "exit %d %d", &proc, &status); n != 2 {
			continue
		}
		w := syscall.WaitStatus(status)
		ours := s.counts()[1] == 0 // libseccomp 2.5.4 dies of some allocations that fail, and our worker with it
		if w.Signaled() && w.Signal() != syscall.SIGKILL && ours {
			wrong.add("process %d died of %s", proc, w.Signal())
		}
	}
}

// breakRun makes the directory of records, with the record that the stage works on, one that cannot be
// written; it returns how to undo that.
func (s *Shard) breakRun(st *Stage, what string) func() {
	must(os.MkdirAll(s.records, 0o755), s.records)
	switch what {
	case "full":
		mount("tmpfs", s.records, "tmpfs", 0, "size=64k,mode=755")
	case "no-inode":
		mount("tmpfs", s.records, "tmpfs", 0, "nr_inodes=4,mode=755")
	default:
		mount(s.records, s.records, "", syscall.MS_BIND, "")
	}
	must(os.MkdirAll(s.records+"/containers", 0o700), s.records)
	if st.saved != nil {
		writeFile(s.recordPath(), string(st.saved))
	}
	switch what {
	case "full":
		_ = os.WriteFile(s.records+"/counters", make([]byte, 64<<10), 0o600) // as much as there is room for
	case "no-inode":
		for i := 0; os.WriteFile(fmt.Sprintf("%s/fill-%d", s.records, i), nil, 0o600) == nil; i++ {
		}
	default:
		mount("", s.records, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, "")
	}
	return func() { must(syscall.Unmount(s.records, syscall.MNT_DETACH), "umount "+s.records) }
}

// mend takes away what breakRun filled the directory with.
func (s *Shard) mend(what string) {
	fills, _ := filepath.Glob(s.records + "/fill-*")
	if what == "full" {
		fills = append(fills, s.records+"/counters")
	}
	for _, f := range fills {
		_ = os.Remove(f)
	}
}

// Result is a case's outcome, a line of JSON from shard to parent.
type Result struct {
	Stage   string  `json:"stage"`
	Case    string  `json:"case"`
	Kind    string  `json:"kind"`
	Hit     bool    `json:"hit"`
	Wrong   string  `json:"wrong,omitempty"`
	Seconds float64 `json:"seconds"`
}

// lostByCrun says whether crun may have missed the hook's end: it takes the end of two children at the
// same moment for that of the first (include/gotune/reap.h). A tracer that is killed just when the hook
// ends is such a child, and nothing that the hook can do before its end would help.
func (s *Shard) lostByCrun(c Case) bool {
	said, _ := os.ReadFile(s.path("err"))
	return s.Runtime == "crun" && c.what == "KILL" && c.proc > 0 && strings.Contains(string(said), "timeout expired for")
}

// one tries a case; once more when crun may have lost a child, which it does not do twice in a row.
func (s *Shard) one(st *Stage, c Case) Result {
	r := s.attempt(st, c)
	if r.Wrong != "" && s.lostByCrun(c) {
		r = s.attempt(st, c)
	}
	return r
}

func (s *Shard) attempt(st *Stage, c Case) Result {
	var wrong errs
	begin := time.Now()
	s.reset(c.spec())
	undo := func() {}
	if c.kind == "run" {
		undo = s.breakRun(st, c.what)
	}
	ran := st.run(s, st, c, s.through(st, c.kind == "alloc" || c.kind == "clock"), &wrong)
	hit := s.hit(c)
	s.crashes(&wrong)
	if c.kind == "run" {
		s.mend(c.what)
	}
	s.after(st, c, ran, &wrong)
	undo()
	return Result{st.name, c.String(), c.kind, hit, strings.Join(wrong, "; "), time.Since(begin).Seconds()}
}
