package main

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// Report is what the program in the container says of itself: tests/e2e/probe.
type Report struct {
	Go         string            `json:"go"`
	GOMAXPROCS int               `json:"gomaxprocs"`
	MemLimit   int64             `json:"memlimit"`
	GCPercent  int               `json:"gcpercent"`
	Env        map[string]string `json:"env"`
	Environ    map[string]string `json:"environ"`
	Entries    int               `json:"entries"`
	Doubled    []string          `json:"doubled"`
	NofileSoft uint64            `json:"nofile_soft"`
	NofileHard uint64            `json:"nofile_hard"`
	Somaxconn  string            `json:"somaxconn"`
	Swappiness string            `json:"swappiness"`
	Uid        int               `json:"uid"`
	TracerPid  string            `json:"tracer_pid"`
	Args       []string          `json:"args"`
}

// Record is what we look at of the file that the product keeps.
type Record struct {
	Schema     string `json:"schema"`
	ID         string `json:"id"`
	Stale      bool   `json:"stale_environ"`
	DurationUs uint64 `json:"duration_us"`
	Settings   []struct {
		Name    string  `json:"name"`
		Verdict string  `json:"verdict"`
		Reason  string  `json:"reason"`
		Value   *string `json:"value"`
		Applied *bool   `json:"applied"`
		Error   *string `json:"error"`
	} `json:"settings"`
}

var variables = []string{"GOMAXPROCS", "GOMEMLIMIT", "GOGC", "GODEBUG"}

// settings are what the program sees of each row of a record, by the row's name.
func (r *Report) settings() map[string]string {
	env := func(name string) string {
		if v, ok := r.Env[name]; ok {
			return name + "=" + v
		}
		return "no " + name
	}
	return map[string]string{
		"GOMAXPROCS":         fmt.Sprintf("%s, %d", env("GOMAXPROCS"), r.GOMAXPROCS),
		"GOMEMLIMIT":         fmt.Sprintf("%s, %d", env("GOMEMLIMIT"), r.MemLimit),
		"GOGC":               fmt.Sprintf("%s, %d", env("GOGC"), r.GCPercent),
		"GODEBUG":            env("GODEBUG"),
		"RLIMIT_NOFILE":      fmt.Sprintf("%d, %d", r.NofileSoft, r.NofileHard),
		"net.core.somaxconn": r.Somaxconn,
		"memory.swappiness":  r.Swappiness,
	}
}

// Truth is what a container's program can be like: untouched, or with the whole plan.
type Truth struct {
	base            *Report
	untouched, full map[string]string
	shared          bool // two hooks have had a hand in it: what one found done, it kept
}

// errs gathers what is wrong.
type errs []string

func (e *errs) add(format string, args ...any) { *e = append(*e, fmt.Sprintf(format, args...)) }

func readReport(path string) (*Report, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &Report{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%w: %.200q", err, text)
	}
	return r, nil
}

// program checks what the container's program has seen.
func (t *Truth) program(r *Report, wrong *errs) {
	added := 0
	for name, saw := range r.settings() {
		if saw != t.untouched[name] && saw != t.full[name] {
			wrong.add("%s is in between: %q, neither %q nor %q", name, saw, t.untouched[name], t.full[name])
		}
	}
	for _, name := range variables {
		_, before := t.base.Env[name]
		if _, now := r.Env[name]; now && !before {
			added++
		}
	}
	if r.Entries != t.base.Entries+added {
		wrong.add("%d entries in the environment, want %d", r.Entries, t.base.Entries+added)
	}
	if len(r.Doubled) > 0 {
		wrong.add("doubled variables: %v", r.Doubled)
	}
	if r.Uid != t.base.Uid || fmt.Sprint(r.Args) != fmt.Sprint(t.base.Args) {
		wrong.add("another program: uid %d, %v", r.Uid, r.Args)
	}
	if r.TracerPid != "0" {
		wrong.add("traced by %s", r.TracerPid)
	}
}

// record checks that the record, if there is one, says what the program has seen. An outcome that is
// not known (null) is true whatever that was, and so is a row that was still to be decided.
func (t *Truth) record(path, id string, r *Report, frozen bool, wrong *errs) {
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	var rec Record
	if err := json.Unmarshal(text, &rec); err != nil || rec.Schema != "gotune.record/1" || rec.ID != id {
		wrong.add("the record is none: %v, %.200q", err, text)
		return
	}
	if rec.DurationUs > 60e6 && !frozen {
		wrong.add("the record says that deciding took %d us", rec.DurationUs)
	}
	environ := fmt.Sprint(r.Environ)
	if environ != fmt.Sprint(r.Env) && environ != fmt.Sprint(t.base.Environ) {
		wrong.add("/proc/self/environ is neither old nor new: %s", environ)
	}
	saw := r.settings()
	for _, row := range rec.Settings {
		want := ""
		switch {
		case t.shared && row.Verdict == "keep", row.Reason == "at-exec":
			continue
		case row.Verdict != "set" || (row.Applied != nil && !*row.Applied):
			want = t.untouched[row.Name]
		case row.Applied == nil:
			continue
		default:
			want = t.full[row.Name]
			if isVariable(row.Name) && !rec.Stale && environ != fmt.Sprint(r.Env) {
				wrong.add("/proc/self/environ is old, and the record does not say so")
			}
		}
		if want != saw[row.Name] {
			wrong.add("the record lies: %s is %q, and the record has verdict %s, value %s, applied %s, error %s",
				row.Name, saw[row.Name], row.Verdict, deref(row.Value), deref(row.Applied), deref(row.Error))
		}
	}
}

func isVariable(name string) bool {
	for _, v := range variables {
		if v == name {
			return true
		}
	}
	return false
}

func deref[T any](p *T) string {
	if p == nil {
		return "null"
	}
	return fmt.Sprint(*p)
}

var counterLine = regexp.MustCompile(`^(decided|tuned|failed|\d+(us|ms|s)|all|sum_us) +\d{20}$`)

// files checks the other files in the directory of records.
func files(dir string, wrong *errs) {
	if text, err := os.ReadFile(dir + "/counters"); err == nil && len(text) > 0 {
		for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
			if !counterLine.MatchString(line) {
				wrong.add("counters: %q", line)
			}
		}
	}
	if text, err := os.ReadFile(dir + "/fresh-sysctls"); err == nil && strings.Count(string(text), "\n")%3 != 0 {
		wrong.add("fresh-sysctls: %q", text)
	}
}
