package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// What the load tests do: the figures.
const (
	bursts     = 20
	perBurst   = 50
	killed     = 3 // every third
	entries    = 10000
	rules      = 1000
	rounds     = 100
	privateMax = 512 // KiB, of a tracer that waits
	flat       = 2.0 // how much slower the last bursts, or a full directory, may make it
	slowRules  = 8.0 // and a thousand rules, which have to be read
)

// Load is one run of them.
type Load struct {
	*Shard
	truth          Truth
	passed, failed int
}

func (l *Load) check(ok bool, format string, args ...any) {
	word := "ok"
	if ok {
		l.passed++
	} else {
		l.failed++
		word = "FAILED"
	}
	fmt.Printf("%s %s: %s\n", l.Runtime, word, fmt.Sprintf(format, args...))
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	sort.Float64s(v)
	return v[len(v)/2]
}

// tracers are the processes that run this run's hook.
func (l *Load) tracers() []int {
	var all []int
	exes, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, exe := range exes {
		if to, err := os.Readlink(exe); err == nil && strings.TrimSuffix(to, " (deleted)") == l.path("oci-gotune-hook") {
			pid, _ := strconv.Atoi(strings.Split(exe, "/")[2])
			all = append(all, pid)
		}
	}
	return all
}

// privateKiB is the memory of a process that nobody shares.
func privateKiB(pid int) int {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	sum := 0
	for _, line := range strings.Split(string(text), "\n") {
		var n int
		if _, err := fmt.Sscanf(line, "Private_Clean: %d", &n); err == nil {
			sum += n
		} else if _, err := fmt.Sscanf(line, "Private_Dirty: %d", &n); err == nil {
			sum += n
		}
	}
	return sum
}

// One is a container of a burst.
type One struct {
	id, out, pidFile string
	pid              int // of the command that runs for it
	status           int
	kill             time.Time
}

// all starts a command for each, lets them run at the same time, and gathers how they ended.
func (l *Load) all(ones []*One, args func(*One) []string, kill bool) {
	running := map[int]*One{}
	for _, o := range ones {
		o.status = -1
		o.pid = l.start(Command{args: args(o), stdout: o.out})
		running[o.pid] = o
	}
	for end := time.Now().Add(2 * time.Minute); len(running) > 0 && time.Now().Before(end); {
		var w syscall.WaitStatus
		pid, _ := syscall.Wait4(-1, &w, syscall.WNOHANG, nil)
		if o := running[pid]; o != nil {
			o.status = exitStatus(w)
			delete(running, pid)
		} else if pid > 0 {
			l.ended[pid] = exitStatus(w)
		} else {
			time.Sleep(time.Millisecond)
		}
		for _, o := range running {
			if kill && !o.kill.IsZero() && time.Now().After(o.kill) {
				_ = syscall.Kill(o.pid, syscall.SIGKILL)
				o.kill = time.Time{}
			}
		}
	}
}

// gone waits until nothing of ours is left; a runtime's own leavings, of one that was killed, are ended.
func (l *Load) gone() bool {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		for {
			pid, _ := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
			if pid <= 0 {
				break
			}
		}
		for _, pid := range children() {
			cmd, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			program, _, _ := strings.Cut(string(cmd), "\x00")
			if filepath.Base(program) == l.Runtime {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		if len(children()) == 0 && len(l.tracers()) == 0 {
			return true
		}
	}
	return false
}

// record reads one record, whole.
func (l *Load) recordOf(id string) (Record, error) {
	var r Record
	text, err := os.ReadFile(l.records + "/containers/" + id + ".json")
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// burst makes perBurst containers at once; what it returns are the hook's own times, in us, and the most
// private memory of a waiting tracer.
func (l *Load) burst(n int, random *rand.Rand) (us []float64, kib, ended, lost int) {
	var ones, alive []*One
	for i := 0; i < perBurst; i++ {
		o := &One{id: fmt.Sprintf("%s%04d", l.id[:60], n*perBurst+i)}
		o.out, o.pidFile = l.path("out-"+o.id), l.path("pid-"+o.id)
		if i%killed == 0 {
			o.kill = time.Now().Add(time.Duration(random.Intn(600)) * time.Millisecond)
		}
		ones = append(ones, o)
	}
	l.all(ones, func(o *One) []string {
		return l.runtime("create", "--bundle", l.path("bundle"), "--pid-file", o.pidFile, o.id)
	}, true)
	for i, o := range ones {
		if o.status == 0 {
			alive = append(alive, o)
		} else if i%killed == 0 {
			ended++
		} else {
			lost++
			fmt.Printf("%s: create ended with %d\n", o.id, o.status)
		}
	}
	for _, pid := range l.tracers() {
		if k := privateKiB(pid); k > kib {
			kib = k
		}
	}
	l.all(alive, func(o *One) []string { return l.runtime("start", o.id) }, false)
	for _, o := range alive {
		var wrong errs
		text, _ := os.ReadFile(o.pidFile)
		pid, _ := strconv.Atoi(string(text))
		if status := l.await(pid); o.status != 0 || status != 0 {
			wrong.add("start ended with %d, the program with %d", o.status, status)
		}
		r, err := readReport(o.out)
		if err != nil {
			wrong.add("%v", err)
		} else {
			for name, saw := range r.settings() {
				if saw != l.truth.full[name] {
					wrong.add("%s is %s, want %s", name, saw, l.truth.full[name])
				}
			}
		}
		rec := l.settled(o.id, r, &wrong)
		us = append(us, float64(rec.DurationUs))
		if len(wrong) > 0 {
			lost++
			fmt.Printf("%s: %s\n", o.id, strings.Join(wrong, "; "))
		}
	}
	l.all(ones, func(o *One) []string { return l.runtime("delete", "--force", o.id) }, false)
	for _, o := range ones {
		_ = os.Remove(o.out)
		_ = os.Remove(o.pidFile)
	}
	return us, kib, ended, lost
}

// settled waits until the tracer has written what became of everything, and checks the record.
func (l *Load) settled(id string, r *Report, wrong *errs) Record {
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		rec, err := l.recordOf(id)
		open := 0
		for _, row := range rec.Settings {
			if row.Verdict == "set" && row.Applied == nil {
				open++
			}
		}
		if (err != nil || open > 0) && time.Now().Before(end) {
			continue
		}
		if err != nil || open > 0 {
			wrong.add("record: %v, %d rows that nobody settled", err, open)
		} else if r != nil {
			l.truth.record(l.records+"/containers/"+id+".json", id, r, false, wrong)
		}
		return rec
	}
}

func (l *Load) bursts() {
	random := rand.New(rand.NewSource(int64(l.Seed)))
	l.writeBundle(map[string]any{"createRuntime": l.hookOf(l.path("oci-gotune-hook"), "--record-dir", l.records)}, nil)
	var first, last []float64
	kib, ended, lost, begin := 0, 0, 0, time.Now()
	left := 0
	for n := 0; n < bursts; n++ {
		us, k, e, x := l.burst(n, random)
		if n < bursts/5 {
			first = append(first, us...)
		} else if n >= bursts-bursts/5 {
			last = append(last, us...)
		}
		if k > kib {
			kib = k
		}
		ended, lost = ended+e, lost+x
		if !l.gone() {
			left++
			fmt.Printf("left after burst %d: %v\n", n, l.killStrangers())
		}
	}
	l.check(lost == 0, "%d containers in bursts of %d, %d of them killed at their creation, in %.0f s: %d lost",
		bursts*perBurst, perBurst, ended, time.Since(begin).Seconds(), lost)
	l.check(left == 0, "bursts after which a process was left: %d", left)
	temporary, _ := filepath.Glob(l.records + "/containers/.??*")
	broken := 0
	names, _ := filepath.Glob(l.records + "/containers/*.json")
	for _, name := range names {
		if _, err := l.recordOf(strings.TrimSuffix(filepath.Base(name), ".json")); err != nil {
			broken++
		}
	}
	l.check(len(temporary) == 0 && broken == 0, "%d records, %d that are not whole, %d temporary files", len(names), broken, len(temporary))
	l.check(kib > 0 && kib < privateMax, "the most private memory of a waiting tracer: %d KiB", kib)
	a, b := median(first), median(last)
	l.check(b < a*flat, "deciding took %.0f us in the first %d bursts, %.0f us in the last (medians): %.2f x", a, bursts/5, b, b/a)
	// A runtime that is killed leaves its cgroups: they are not ours.
	for _, where := range []string{"/sys/fs/cgroup/*/", "/sys/fs/cgroup/"} {
		dirs, _ := filepath.Glob(where + l.id[:60] + "*")
		for _, dir := range dirs {
			_ = syscall.Rmdir(dir)
		}
	}
	must(os.RemoveAll(l.path("state")), "state")
	must(os.RemoveAll(l.records), l.records)
}

// twice lets two hooks run for one container at the same moment.
func (l *Load) twice() {
	const n = 30
	bad := 0
	l.truth.shared = true
	hook := l.path("oci-gotune-hook") + " --record-dir " + l.records
	script := "cat >state.two; " + hook + " <state.two & " + hook + " <state.two & wait; rm -f state.two"
	for i := 0; i < n; i++ {
		var wrong errs
		l.reset("watch\n")
		l.writeBundle(map[string]any{"createRuntime": l.hookOf("/bin/sh", "-c", script)}, nil)
		ran := l.runBundle(&wrong, true)
		if ran.report != nil {
			l.truth.program(ran.report, &wrong)
			l.truth.record(l.recordPath(), l.id, ran.report, false, &wrong)
			if ran.report.settings()["GOMEMLIMIT"] != l.truth.full["GOMEMLIMIT"] {
				wrong.add("it was not tuned")
			}
		}
		wrong = append(wrong, l.leftFiles()...)
		if len(wrong) > 0 {
			bad++
			fmt.Println("two hooks:", strings.Join(wrong, "; "))
		}
	}
	l.check(bad == 0, "two hooks at once for one container, %d times: %d were wrong", n, bad)
}

// pair measures two ways to run the hook in turn; it returns the medians, in ms.
func (l *Load) pair(a, b []string) (float64, float64) {
	var ms [2][]float64
	for i := 0; i < 2*rounds; i++ {
		args := [][]string{a, b}[i%2]
		stdin := l.path("bundle/config.json")
		if args[len(args)-1] == "poststop" {
			stdin = l.path("state.json")
		}
		d := l.do(Command{args: args, stdin: stdin, stdout: l.path("edited.json"), dir: l.path("bundle")})
		if d.status != 0 {
			l.check(false, "%v ended with %d", args, d.status)
		}
		ms[i%2] = append(ms[i%2], d.took.Seconds()*1000)
	}
	return median(ms[0]), median(ms[1])
}

func (l *Load) manyRecords() {
	l.reset("watch\n")
	l.writeBundle(nil, func(c map[string]any) { c["linux"].(map[string]any)["cgroupsPath"] = "/libpod-" + l.id })
	full := "/run/gotune-full"
	hook := func(dir, stage string) []string {
		return []string{l.path("oci-gotune-hook"), "--record-dir", dir, stage}
	}
	l.pair(hook(l.records, "precreate"), hook(full, "precreate")) // makes the directories
	text, err := os.ReadFile(l.recordPath())
	must(err, "a record to be copied")
	for i := 0; i < entries; i++ {
		id := fmt.Sprintf("%060x%04d", 1, i)
		must(os.WriteFile(full+"/containers/"+id+".json", []byte(strings.ReplaceAll(string(text), l.id, id)), 0o600), "records")
	}
	a, b := l.pair(hook(l.records, "precreate"), hook(full, "precreate"))
	l.check(b < a*flat, "precreate with an empty directory of records %.2f ms, with %d records %.2f ms: %.2f x", a, entries, b, b/a)
	writeFile(l.path("state.json"), fmt.Sprintf(`{"ociVersion": "1.0.2", "id": "%s", "status": "stopped", "bundle": "/"}`, l.id))
	a, b = l.pair(hook(l.records, "poststop"), hook(full, "poststop"))
	l.check(b < a*flat, "poststop with an empty directory of records %.2f ms, with %d records %.2f ms: %.2f x", a, entries, b, b/a)
	names, _ := filepath.Glob(full + "/containers/*.json")
	l.check(len(names) == entries, "%d records are there, of %d", len(names), entries)
	begin := time.Now()
	out, err := exec.Command(filepath.Join(l.Build, "gotune"), "list", "--record-dir", full).Output()
	l.check(err == nil, "gotune list of them: %.0f ms, %d lines, %v", time.Since(begin).Seconds()*1000, strings.Count(string(out), "\n"), err)
	must(os.RemoveAll(full), full)
}

func (l *Load) manyRules() {
	var p map[string]any
	text, err := os.ReadFile("/etc/gotune/policy.json")
	must(err, "policy")
	must(json.Unmarshal(text, &p), "policy")
	var list []any
	for i := 0; i < rules; i++ {
		list = append(list, map[string]any{"name": fmt.Sprintf("rule-%d", i), "profile": "memory",
			"match": map[string]any{"image": fmt.Sprintf("registry.example/team-%d/*", i), "annotation": map[string]string{"team": fmt.Sprintf("t%d*", i)}}})
	}
	p["rules"] = list
	text, _ = json.MarshalIndent(p, "", " ")
	writeFile(l.path("rules.json"), string(text))
	hook := func(policy string) []string {
		return []string{l.path("oci-gotune-hook"), "--policy", policy, "--record-dir", l.records, "precreate"}
	}
	a, b := l.pair(hook("/etc/gotune/policy.json"), hook(l.path("rules.json")))
	l.check(b < a*slowRules, "precreate without a rule %.2f ms, with %d (%d KiB) %.2f ms: %.2f x", a, rules, len(text)>>10, b, b/a)
}

// load runs them all in a shard's surroundings.
func load(c Config) int {
	l := &Load{Shard: newShard(c)}
	st := stages[0]
	l.learn(st)
	l.truth = st.truth
	l.bursts()
	l.twice()
	l.manyRecords()
	l.manyRules()
	fmt.Printf("total %d %d 0\n", l.passed, l.failed)
	if l.failed > 0 {
		return 1
	}
	return 0
}
