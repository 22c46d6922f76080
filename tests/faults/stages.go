package main

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
)

// Ran is what became of one container.
type Ran struct {
	report *Report // nil: it was not to start, and why says why
	why    string
	record bool // whether the record tells of what the report says
}

// Stage is a place where the product is run, by a runtime or in front of one.
type Stage struct {
	name    string
	program string // of ours
	prepare func(s *Shard, st *Stage)
	finish  func(s *Shard, st *Stage)
	// run runs a container with PROGRAM in our program's place; untouched: as if we were not there.
	run       func(s *Shard, st *Stage, c Case, program []string, wrong *errs) Ran
	untouched func(s *Shard, st *Stage, wrong *errs) Ran

	truth Truth
	saved []byte // a record, where the stage works on one
}

var stages = []*Stage{
	{name: "createRuntime", program: "oci-gotune-hook", run: runHook("createRuntime"), untouched: runPlain},
	{name: "launcher", program: "oci-gotune-hook", run: runHook("createRuntime"), untouched: runPlain, // whose child it is
		prepare: func(s *Shard, _ *Stage) { s.args = []string{"/tini", "/probe"} },
		finish:  func(s *Shard, _ *Stage) { s.args = nil }},
	{name: "prestart", program: "oci-gotune-hook", run: runHook("prestart"), untouched: runPlain},
	{name: "strict", program: "oci-gotune-hook", run: runStrict, untouched: runPlain, prepare: writeStrict},
	{name: "poststop", program: "oci-gotune-hook", run: runHook("poststop"), untouched: runPlain},
	{name: "precreate", program: "oci-gotune-hook", run: runPrecreate, untouched: runPlain},
	{name: "run", program: "gotune-runtime", run: runWrapped, untouched: runPlain},
	{name: "create", program: "gotune-runtime", run: runCreate, untouched: runPlain},
	{name: "exec", program: "gotune-runtime", run: runExec, prepare: keepContainer, finish: dropContainer,
		untouched: func(s *Shard, st *Stage, wrong *errs) Ran {
			return runExec(s, st, Case{}, []string{s.RuntimePath}, wrong)
		}},
	{name: "update", program: "gotune-runtime", run: runUpdate, prepare: keepContainer, finish: dropContainer},
	{name: "delete", program: "gotune-runtime", run: runDelete, prepare: func(s *Shard, st *Stage) {
		keepContainer(s, st)
		dropContainer(s, st)
	}},
}

// ended says what is wrong with how a command ended; true when it ended as it should.
func (s *Shard) ok(d Done, what string, wrong *errs) bool {
	if d.left != "" {
		wrong.add("%s left processes: %s", what, d.left)
	}
	if d.status != 0 {
		text, _ := os.ReadFile(s.path("err"))
		if d.status < 0 {
			wrong.add("%s took more than %s: %.600s", what, stepMax, text)
		} else {
			wrong.add("%s: status %d: %.600s", what, d.status, text)
		}
	}
	return d.status == 0
}

// took reads the report of a container that ran.
func (s *Shard) report(record bool, wrong *errs) Ran {
	r, err := readReport(s.path("out"))
	if err != nil {
		wrong.add("no report of the program: %v", err)
		return Ran{why: "it failed"}
	}
	return Ran{report: r, record: record}
}

func (s *Shard) runBundle(wrong *errs, record bool) Ran {
	d := s.do(Command{args: s.runtime("run", "--bundle", s.path("bundle"), s.id), stdout: s.path("out")})
	if !s.ok(d, "run", wrong) {
		return Ran{why: "it failed"}
	}
	return s.report(record, wrong)
}

func runPlain(s *Shard, _ *Stage, wrong *errs) Ran {
	s.writeBundle(nil, nil)
	return s.runBundle(wrong, false)
}

// ---- hooks ----------------------------------------------------------------------------------------

func runHook(stage string) func(*Shard, *Stage, Case, []string, *errs) Ran {
	return func(s *Shard, _ *Stage, c Case, program []string, wrong *errs) Ran {
		hook := append(append([]string{}, program...), "--record-dir", s.records)
		hooks := map[string]any{stage: s.hookOf(hook...)}
		if stage == "poststop" {
			hooks["poststop"] = s.hookOf(append(hook, "poststop")...)
			hooks["createRuntime"] = s.hookOf(s.path("oci-gotune-hook"), "--record-dir", s.records)
		}
		s.writeBundle(hooks, nil)
		d := s.do(Command{args: s.runtime("run", "--bundle", s.path("bundle"), s.id), stdout: s.path("out")})
		if !c.killsMain() || !s.hit(c) || stage == "poststop" { // its failure is no runtime's concern
			if !s.ok(d, "run", wrong) {
				return Ran{why: "it failed"}
			}
			return s.report(true, wrong)
		}
		if d.left != "" {
			wrong.add("run left processes: %s", d.left)
		}
		if d.status <= 0 {
			wrong.add("a hook was killed, and the runtime ended with %d", d.status)
		}
		return Ran{why: "a runtime starts nothing when a hook is killed"}
	}
}

// strict is the tests' policy with on_error: fail.
func (s *Shard) strict() string { return s.path("strict.json") }

func writeStrict(s *Shard, _ *Stage) {
	var policy map[string]any
	text, err := os.ReadFile("/etc/gotune/policy.json")
	must(err, "policy")
	must(json.Unmarshal(text, &policy), "policy")
	policy["on_error"] = "fail"
	text, err = json.Marshal(policy)
	must(err, "policy")
	writeFile(s.strict(), string(text))
}

// runStrict may stop the start, when something was injected: then the runtime says so, and nothing is left.
func runStrict(s *Shard, _ *Stage, c Case, program []string, wrong *errs) Ran {
	hook := append(append([]string{}, program...), "--policy", s.strict(), "--record-dir", s.records)
	s.writeBundle(map[string]any{"createRuntime": s.hookOf(hook...)}, nil)
	d := s.do(Command{args: s.runtime("run", "--bundle", s.path("bundle"), s.id), stdout: s.path("out")})
	if !s.hit(c) || d.status == 0 {
		if !s.ok(d, "run", wrong) {
			return Ran{why: "it failed"}
		}
		return s.report(true, wrong)
	}
	if d.left != "" {
		wrong.add("run left processes: %s", d.left)
	}
	if d.status < 0 || s.timedOut() {
		wrong.add("the start was not stopped, it hung")
	}
	return Ran{why: "on_error is fail, and something failed"}
}

func runPrecreate(s *Shard, _ *Stage, c Case, program []string, wrong *errs) Ran {
	s.writeBundle(nil, func(config map[string]any) {
		config["linux"].(map[string]any)["cgroupsPath"] = "/libpod-" + s.id // so that it is known whose it is
	})
	hook := append(append([]string{}, program...), "--record-dir", s.records, "precreate")
	d := s.do(Command{args: hook, stdin: s.path("bundle/config.json"), stdout: s.path("edited.json"), dir: s.path("bundle")})
	if c.killsMain() && s.hit(c) {
		if d.left != "" {
			wrong.add("precreate left processes: %s", d.left)
		}
		return Ran{why: "Podman starts nothing when a hook is killed"}
	}
	if !s.ok(d, "precreate", wrong) {
		return Ran{why: "it failed"}
	}
	text, err := os.ReadFile(s.path("edited.json"))
	if err != nil || !json.Valid(text) {
		if c.call == "write" && c.proc == 0 {
			return Ran{why: "what cannot be written is not there"}
		}
		wrong.add("precreate gave back %.200q", text)
		return Ran{why: "it failed"}
	}
	writeFile(s.path("bundle/config.json"), string(text))
	return s.runBundle(wrong, true)
}

// ---- gotune-runtime -------------------------------------------------------------------------------

// stopped is true when the wrapper could not become the runtime, since it was killed or since that
// very call failed; it must then have said so.
func (s *Shard) stopped(c Case, d Done, wrong *errs) bool {
	if (!c.killsMain() && (c.call != "execve" || c.kind != "call")) || !s.hit(c) {
		return false
	}
	if d.left != "" {
		wrong.add("the wrapper left processes: %s", d.left)
	}
	if want := map[bool]int{true: 128 + 9, false: 126}[c.killsMain()]; d.status != want {
		wrong.add("the wrapper ended with %d, want %d", d.status, want)
	}
	return true
}

func runWrapped(s *Shard, _ *Stage, c Case, program []string, wrong *errs) Ran {
	s.writeBundle(nil, nil)
	d := s.do(Command{args: s.wrapper(program, "run", "--bundle", s.path("bundle"), s.id), stdout: s.path("out")})
	if s.stopped(c, d, wrong) { // an engine that tries again finds a sound bundle
		return s.runBundle(wrong, true)
	}
	if !s.ok(d, "run", wrong) {
		return Ran{why: "it failed"}
	}
	return s.report(true, wrong)
}

func (s *Shard) pidFile() int {
	text, _ := os.ReadFile(s.path("pid"))
	pid, _ := strconv.Atoi(string(text))
	return pid
}

func runCreate(s *Shard, _ *Stage, c Case, program []string, wrong *errs) Ran {
	s.writeBundle(nil, nil)
	_ = os.Remove(s.path("pid"))
	d := s.do(Command{args: s.wrapper(program, "create", "--bundle", s.path("bundle"), "--pid-file", s.path("pid"), s.id),
		stdout: s.path("out"), pid: s.path("pid"), create: true})
	if s.stopped(c, d, wrong) {
		return s.runBundle(wrong, true)
	}
	if !s.ok(d, "create", wrong) {
		return Ran{why: "it failed"}
	}
	if !s.ok(s.do(Command{args: s.runtime("start", s.id)}), "start", wrong) {
		return Ran{why: "it failed"}
	}
	if status := s.await(s.pidFile()); status != 0 {
		wrong.add("the program ended with %d", status)
	}
	s.ok(s.do(Command{args: s.runtime("delete", s.id)}), "delete", wrong)
	return s.report(true, wrong)
}

// keepContainer makes the container that exec and update work on.
func keepContainer(s *Shard, st *Stage) {
	var wrong errs
	s.reset("watch\n")
	_ = os.Remove(s.path("pid"))
	s.writeBundle(nil, func(c map[string]any) {
		c["process"].(map[string]any)["args"] = []string{"/probe", "-sleep", "1000000"}
	})
	d := s.do(Command{args: s.wrapper([]string{s.path("gotune-runtime")}, "run", "--detach", "--bundle", s.path("bundle"),
		"--pid-file", s.path("pid"), s.id), stdout: s.path("out"), pid: s.path("pid")})
	s.ok(d, "run", &wrong)
	text, err := os.ReadFile(s.recordPath())
	if err != nil {
		wrong.add("no record: %v", err)
	}
	if len(wrong) > 0 {
		must(errorOf(wrong), "the container of stage "+st.name)
	}
	st.saved = text
	s.resident = true
}

func dropContainer(s *Shard, _ *Stage) {
	pid := s.pidFile()
	s.do(Command{args: s.runtime("delete", "--force", s.id)})
	s.await(pid)
	s.resident = false
}

func (s *Shard) restoreRecord(st *Stage, c Case) {
	if c.kind == "run" {
		return // it is there
	}
	must(os.MkdirAll(s.records+"/containers", 0o700), s.records)
	must(os.Chmod(s.records, 0o755), s.records)
	writeFile(s.recordPath(), string(st.saved))
}

// sameRecord says whether the record is as it was saved, but for EXCEPT.
func (s *Shard) sameRecord(st *Stage, except string, wrong *errs) {
	var was, is map[string]any
	text, err := os.ReadFile(s.recordPath())
	must(json.Unmarshal(st.saved, &was), "saved record")
	if err != nil || json.Unmarshal(text, &is) != nil {
		wrong.add("the record was spoilt: %v, %.200q", err, text)
		return
	}
	delete(was, except)
	delete(is, except)
	a, _ := json.Marshal(was)
	b, _ := json.Marshal(is)
	if string(a) != string(b) {
		wrong.add("the record has become another one: %.300s", b)
	}
}

func runExec(s *Shard, st *Stage, c Case, program []string, wrong *errs) Ran {
	s.restoreRecord(st, c)
	process, _ := json.Marshal(map[string]any{"terminal": false, "user": map[string]int{"uid": 0, "gid": 0}, "cwd": "/",
		"args": []string{"/probe"}, "env": []string{"PATH=/bin", "PROBE_FIRST=1"}})
	writeFile(s.path("process.json"), string(process))
	args := []string{"exec", "--process", s.path("process.json"), s.id}
	d := s.do(Command{args: s.wrapper(program, args...), stdout: s.path("out")})
	if s.stopped(c, d, wrong) {
		d = s.do(Command{args: s.runtime(args...), stdout: s.path("out")})
	}
	s.sameRecord(st, "", wrong)
	names, _ := os.ReadDir(s.dir)
	for _, n := range names {
		if strings.HasPrefix(n.Name(), ".") && (c.what != "KILL" || n.Name() != ".process.json.gotune-new") {
			wrong.add("left: %s", n.Name())
		}
		if strings.HasPrefix(n.Name(), ".") {
			_ = os.Remove(s.path(n.Name()))
		}
	}
	if !s.ok(d, "exec", wrong) {
		return Ran{why: "it failed"}
	}
	return s.report(false, wrong)
}

func runUpdate(s *Shard, st *Stage, c Case, program []string, wrong *errs) Ran {
	s.restoreRecord(st, c)
	writeFile(s.path("resources.json"), `{"cpu": {"quota": 60000, "period": 100000}}`)
	args := []string{"update", "--resources", s.path("resources.json"), s.id}
	d := s.do(Command{args: s.wrapper(program, args...)})
	want := 0
	if s.OwnCgroup2 {
		want = 1 // without a cgroup manager there is nothing to be updated, and crun says so
	}
	if !s.stopped(c, d, wrong) && (d.status != want || d.left != "") {
		d.status -= want
		s.ok(d, "update", wrong)
	}
	s.sameRecord(st, "drifted_at", wrong)
	return Ran{why: "update starts nothing"}
}

func runDelete(s *Shard, st *Stage, c Case, program []string, wrong *errs) Ran {
	s.writeBundle(nil, nil)
	_ = os.Remove(s.path("pid"))
	d := s.do(Command{args: s.runtime("create", "--bundle", s.path("bundle"), "--pid-file", s.path("pid"), s.id),
		pid: s.path("pid")})
	if !s.ok(d, "create", wrong) {
		return Ran{why: "it failed"}
	}
	s.restoreRecord(st, c)
	d = s.do(Command{args: s.wrapper(program, "delete", "--force", s.id)})
	if s.stopped(c, d, wrong) {
		d = s.do(Command{args: s.runtime("delete", "--force", s.id)})
	}
	s.ok(d, "delete", wrong)
	s.await(s.pidFile())
	if _, err := os.Stat(s.recordPath()); err == nil {
		s.sameRecord(st, "", wrong)
	}
	return Ran{why: "delete starts nothing"}
}
