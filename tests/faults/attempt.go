package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// A policy that a flag names has a number.
var (
	policyCache    = regexp.MustCompile(`^policy(\.[0-9]+)?\.cache$`)
	newPolicyCache = regexp.MustCompile(`/\.policy(\.[0-9]+)?\.cache\.gotune-new$`)
)

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
		case name == s.records+"/.fresh-sysctls.gotune-new", newPolicyCache.MatchString(name), name == s.path("bundle/.config.json.gotune-new"):
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
		if w.Signaled() && w.Signal() != syscall.SIGKILL {
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

// restore takes away what breakRun filled the directory with.
func (s *Shard) restore(what string) {
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
// same moment for that of the first (include/gotune/reap.h). A tracer that is killed or stopped just when
// the hook ends is such a child, and nothing that the hook can do before its end would help.
func (s *Shard) lostByCrun(c Case) bool {
	return s.Runtime == "crun" && (c.what == "KILL" || c.what == "STOP") && c.proc > 0 && s.timedOut()
}

// timedOut says whether a runtime waited in vain for a hook.
func (s *Shard) timedOut() bool {
	said, _ := os.ReadFile(s.path("err"))
	return strings.Contains(string(said), "timeout expired for")
}

// crunTries is how often a case is tried where crun loses a child: on a busy machine it lost the same one twice
// in a row, in 2 of 949 cases.
const crunTries = 4

// one tries a case, and again when crun may have lost a child.
func (s *Shard) one(st *Stage, c Case) Result {
	r := s.attempt(st, c)
	for i := 1; i < crunTries && r.Wrong != "" && s.lostByCrun(c); i++ {
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
		s.restore(c.what)
	}
	s.after(st, c, ran, &wrong)
	undo()
	return Result{st.name, c.String(), c.kind, hit, strings.Join(wrong, "; "), time.Since(begin).Seconds()}
}
