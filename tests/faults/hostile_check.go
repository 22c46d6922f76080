package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// What the policy of tests/faults/run lets a container have.
var bounds = map[string]*regexp.Regexp{
	"GOMAXPROCS": regexp.MustCompile(`^[1-9][0-9]{0,3}$`),
	"GOMEMLIMIT": regexp.MustCompile(`^([0-9]{1,19}([KMGT]i)?B?|off)$`),
	"GODEBUG":    regexp.MustCompile(`^(madvdontneed=1|containermaxprocs=1|updatemaxprocs=1|,)*$`),
}
var sysctls = map[string]string{"net.core.somaxconn": "5001", "net.core.optmem_max": "300000", "net.unix.max_dgram_qlen": "600"}

const (
	nofileMax = 1048576
	asked     = "7777" // of net.core.somaxconn, which the policy lets anybody ask for
)

// ---- documents ------------------------------------------------------------------------------------

// checkKeys fails for an object that has a key twice: two readers could differ about it.
func checkKeys(d *json.Decoder) error {
	t, err := d.Token()
	if err != nil {
		return err
	}
	open, _ := t.(json.Delim)
	seen := map[string]bool{}
	for (open == '{' || open == '[') && d.More() {
		if open == '{' {
			key, err := d.Token()
			if err != nil {
				return err
			}
			name := strings.ToLower(key.(string))
			if seen[name] {
				return fmt.Errorf("the key %q twice", key)
			}
			seen[name] = true
		}
		if err := checkKeys(d); err != nil {
			return err
		}
	}
	if open == '{' || open == '[' {
		_, err = d.Token()
	}
	return err
}

func parseJSON(text []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if err := checkKeys(d); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("more than one value")
	}
	var v map[string]any
	return v, json.Unmarshal(text, &v)
}

func readJSON(path string) map[string]any {
	text, err := os.ReadFile(path)
	must(err, path)
	v, err := parseJSON(text)
	must(err, path)
	return v
}

// inside returns the object at PATH, or an empty one.
func inside(v map[string]any, path ...string) map[string]any {
	for _, key := range path {
		next, _ := v[key].(map[string]any)
		if next == nil {
			return map[string]any{}
		}
		v = next
	}
	return v
}

func envOf(process map[string]any) []string {
	var all []string
	list, _ := process["env"].([]any)
	for _, e := range list {
		all = append(all, fmt.Sprint(e))
	}
	return all
}

// judgeAdded checks what an environment has more than it had.
func judgeAdded(before, now []string, wrong *errs) {
	names := map[string]bool{}
	for _, e := range before {
		name, _, _ := strings.Cut(e, "=")
		names[name] = true
	}
	if len(now) < len(before) || !reflect.DeepEqual(before, now[:len(before)]) {
		wrong.add("the environment was %q, and is %q", before, now)
		return
	}
	for _, e := range now[len(before):] {
		name, value, _ := strings.Cut(e, "=")
		if names[name] || bounds[name] == nil || !bounds[name].MatchString(value) {
			wrong.add("the environment got %q", e)
		}
		names[name] = true
	}
}

func number(v any) float64 {
	f, ok := v.(float64)
	if !ok {
		return -1
	}
	return f
}

// judgeRlimits: the same limits, and one of RLIMIT_NOFILE more.
func judgeRlimits(before, now map[string]any, wrong *errs) {
	was, _ := before["rlimits"].([]any)
	is, _ := now["rlimits"].([]any)
	if len(is) < len(was) || len(is) > len(was)+1 || !reflect.DeepEqual(was, is[:len(was)]) {
		wrong.add("the limits were %v, and are %v", was, is)
		return
	}
	for _, l := range is[len(was):] {
		m, _ := l.(map[string]any)
		soft, hard := number(m["soft"]), number(m["hard"])
		if len(m) != 3 || m["type"] != "RLIMIT_NOFILE" || soft < 1024 || hard < soft || hard > nofileMax {
			wrong.add("the limits got %v", m)
		}
	}
}

// takeAdded removes from NOW what may have been added to BEFORE, and judges it.
func takeAdded(before, now map[string]any, wrong *errs) {
	had := inside(before, "linux", "sysctl")
	for name, value := range inside(now, "linux", "sysctl") {
		if _, old := had[name]; old {
			continue
		}
		if sysctls[name] == "" || (sysctls[name] != value && !(name == "net.core.somaxconn" && value == asked)) {
			wrong.add("sysctl %q became %q", name, value)
		}
		delete(inside(now, "linux", "sysctl"), name)
	}
	memory := inside(now, "linux", "resources", "memory")
	if v, ok := memory["swappiness"]; ok && inside(before, "linux", "resources", "memory")["swappiness"] == nil {
		if number(v) != 1 {
			wrong.add("swappiness became %v", v)
		}
		delete(memory, "swappiness")
	}
}

func (h *Hostile) judgeDocument(before, now map[string]any, process func(map[string]any) map[string]any, wrong *errs) {
	judgeAdded(envOf(process(before)), envOf(process(now)), wrong)
	judgeRlimits(process(before), process(now), wrong)
	takeAdded(before, now, wrong)
	process(now)["env"] = process(before)["env"]
	process(now)["rlimits"] = process(before)["rlimits"]
	if !reflect.DeepEqual(before, now) {
		text, _ := json.Marshal(now)
		wrong.add("more was changed than may be: %s", differing(before, now, string(text)))
	}
}

// differing names the sections of the document that differ.
func differing(before, now map[string]any, text string) string {
	all := ""
	for key, v := range now {
		if !reflect.DeepEqual(before[key], v) {
			part, _ := json.Marshal(v)
			all += fmt.Sprintf("%s is %.300s ", key, part)
		}
	}
	if all == "" {
		return fmt.Sprintf("%.300s", text)
	}
	return all
}

func (h *Hostile) judgeConfig(text []byte, wrong *errs) {
	now, err := parseJSON(text)
	if err != nil {
		wrong.add("config.json became invalid: %v", err)
		return
	}
	h.judgeDocument(h.config, now, func(m map[string]any) map[string]any { return inside(m, "process") }, wrong)
}

func (h *Hostile) judgeProcess(text []byte, wrong *errs) {
	before, err := parseJSON([]byte(process))
	must(err, "process")
	now, err := parseJSON(text)
	if err != nil {
		wrong.add("the process document became invalid: %v", err)
		return
	}
	h.judgeDocument(before, now, func(m map[string]any) map[string]any { return m }, wrong)
}

// ---- the program ----------------------------------------------------------------------------------

func (h *Hostile) judgeReport(r *Report, wrong *errs) {
	if r == nil {
		return
	}
	added := 0
	for name, value := range r.Env {
		if old, ok := h.plain.Env[name]; ok {
			if old != value {
				wrong.add("%s was %q, and is %q", name, old, value)
			}
			continue
		}
		added++
		if bounds[name] == nil || !bounds[name].MatchString(value) {
			wrong.add("the program has %s=%q", name, value)
		}
	}
	if r.Entries != h.plain.Entries+added || len(r.Doubled) > 0 {
		wrong.add("%d entries in the environment, want %d; doubled: %v", r.Entries, h.plain.Entries+added, r.Doubled)
	}
	if r.Uid != h.plain.Uid || fmt.Sprint(r.Args) != fmt.Sprint(h.plain.Args) || r.TracerPid != "0" {
		wrong.add("another program: uid %d, %v, traced by %s", r.Uid, r.Args, r.TracerPid)
	}
	// 1024 is what the runtime was started with; one that was built by Go 1.19 raises it for the program.
	if r.NofileSoft < 1024 || r.NofileHard < h.plain.NofileHard || r.NofileSoft > nofileMax {
		wrong.add("RLIMIT_NOFILE is %d, %d", r.NofileSoft, r.NofileHard)
	}
	if r.Somaxconn != h.plain.Somaxconn && r.Somaxconn != sysctls["net.core.somaxconn"] && r.Somaxconn != asked {
		wrong.add("somaxconn is %s", r.Somaxconn)
	}
	if r.Swappiness != h.plain.Swappiness && r.Swappiness != "1" {
		wrong.add("swappiness is %s", r.Swappiness)
	}
}

// ---- the bystander and the host -------------------------------------------------------------------

// Bystander is a container that has been created, and waits for its start.
type Bystander struct {
	pid        int
	id, bundle string
	recordPath string
	record     []byte
	state      string
}

func (b Bystander) words() string {
	return fmt.Sprintf("%d %s %s /libpod-%s", b.pid, b.id, b.bundle, b.id)
}

// keepBystander creates it, untuned, so that whatever is done to it shows; its record says that it was
// tuned. It is not started: of a program that runs already the product lets go.
func (h *Hostile) keepBystander(wrong *errs) {
	b := &h.other
	b.id = fakeID("bystander of " + h.dir)
	b.bundle = h.path("bystander")
	b.recordPath = h.records + "/containers/" + b.id + ".json"
	must(os.MkdirAll(b.bundle, 0o755), b.bundle)
	must(os.WriteFile(b.bundle+"/secret", []byte("SECRET OF THE HOST\n"), 0o755), "secret")
	h.writeBundle(nil, func(c map[string]any) {
		inside(c, "process")["args"] = []string{"/probe", "-sleep", "1000000"}
		inside(c, "linux")["cgroupsPath"] = "/libpod-" + b.id
	})
	text, err := os.ReadFile(h.path("bundle/config.json"))
	must(err, "config.json")
	d := h.do(Command{args: h.wrapper([]string{h.path("gotune-runtime")}, "create", "--bundle", h.path("bundle"), b.id),
		env: []string{"GOTUNE_RUNTIME=/bin/true"}})
	h.ok(d, "the bystander's record", wrong)
	if b.record, err = os.ReadFile(b.recordPath); err != nil {
		wrong.add("the bystander has no record: %v", err)
	}
	writeFile(b.bundle+"/config.json", string(text))
	d = h.do(Command{args: h.runtime("create", "--bundle", b.bundle, "--pid-file", h.path("other.pid"), b.id),
		stdout: h.path("other.out"), pid: h.path("other.pid")})
	h.ok(d, "the bystander", wrong)
	text, _ = os.ReadFile(h.path("other.pid"))
	b.pid, _ = strconv.Atoi(string(text))
	b.state = h.bystanderNow()
	h.writeBundle(nil, nil)
}

func (h *Hostile) restoreBystander() {
	must(os.MkdirAll(h.records+"/containers", 0o700), h.records)
	must(os.WriteFile(h.other.recordPath, h.other.record, 0o600), h.other.recordPath)
}

func (h *Hostile) dropBystander() {
	h.do(Command{args: h.runtime("delete", "--force", h.other.id)})
	h.await(h.other.pid)
	for _, where := range []string{"/sys/fs/cgroup/*/libpod-", "/sys/fs/cgroup/libpod-"} {
		names, _ := filepath.Glob(where + h.other.id)
		for _, name := range names {
			_ = os.Remove(name) // the runtime could not: it was not reaped yet
		}
	}
}

// bystanderNow is all of it that we could have touched.
func (h *Hostile) bystanderNow() string {
	all := ""
	for _, name := range []string{"environ", "limits", "cmdline", "oom_score_adj"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", h.other.pid, name))
		all += fmt.Sprintf("%s %s %v\n", name, text, err)
	}
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.other.pid))
	for _, line := range strings.Split(string(status), "\n") {
		if strings.HasPrefix(line, "TracerPid:") || strings.HasPrefix(line, "Seccomp:") || strings.HasPrefix(line, "Cap") {
			all += line + "\n"
		}
	}
	names, _ := filepath.Glob("/sys/fs/cgroup/*/libpod-" + h.other.id + "/*")
	for _, name := range names {
		base := filepath.Base(name)
		if base == "memory.swappiness" || base == "memory.swap.max" || base == "cpuset.cpus" || base == "cpuset.mems" ||
			base == "cpu.cfs_quota_us" || base == "memory.limit_in_bytes" || base == "memory.max" {
			text, _ := os.ReadFile(name)
			all += base + " " + string(text)
		}
	}
	args := []string{"-t", strconv.Itoa(h.other.pid), "-n", "-i", "cat", "/proc/sys/kernel/msgmax"}
	for name := range sysctls {
		args = append(args, "/proc/sys/"+strings.ReplaceAll(name, ".", "/"))
	}
	sort.Strings(args[5:])
	text, _ := exec.Command("nsenter", args...).CombinedOutput()
	return all + string(text)
}

func (h *Hostile) hostNow() string {
	all := hostSettings()
	for _, name := range []string{"kernel/core_pattern", "net/core/optmem_max", "net/unix/max_dgram_qlen", "vm/swappiness"} {
		text, _ := os.ReadFile("/proc/sys/" + name)
		all += strings.TrimSpace(string(text)) + " "
	}
	limits, _ := os.ReadFile("/proc/1/limits")
	environ, _ := os.ReadFile("/proc/1/environ")
	return all + string(limits) + string(environ)
}

// filesNow are the files of this machine that are ours to look at, but for those that a row may write.
func (h *Hostile) filesNow() string {
	all := ""
	ours := map[string]bool{"out": true, "err": true, "edited.json": true, "process.json": true, "faults": true, "bundle": true, "state": true}
	for _, dir := range []string{h.dir, "/etc", "/run", filepath.Join(h.Template, "bundle")} {
		_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			rel, _ := filepath.Rel(h.dir, path)
			if err != nil || ours[rel] || path == h.records || strings.HasPrefix(path, "/run/runc") || strings.HasPrefix(path, "/run/crun") {
				if e != nil && e.IsDir() {
					return filepath.SkipDir
				}
				return nil
			}
			if i, err := e.Info(); err == nil && !e.IsDir() {
				all += fmt.Sprintf("%s %d %s\n", path, i.Size(), i.ModTime())
			}
			return nil
		})
	}
	return all
}

// learnRecord makes the record of a container that was tuned, as exec finds it.
func (h *Hostile) learnRecord(wrong *errs) {
	d := h.do(Command{args: h.wrapper([]string{h.path("gotune-runtime")}, "create", "--bundle", h.path("bundle"), h.id),
		env: []string{"GOTUNE_RUNTIME=/bin/true"}})
	h.ok(d, "create", wrong)
	var err error
	h.record, err = os.ReadFile(h.recordPath())
	if err != nil {
		wrong.add("no record: %v", err)
	}
	text, _ := os.ReadFile(h.path("bundle/config.json"))
	h.judgeConfig(text, wrong)
	if !strings.Contains(string(text), "GOMAXPROCS") {
		wrong.add("nothing was tuned: %s", text)
	}
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := 0; i < len(x) && i < len(y); i++ {
		if x[i] != y[i] {
			return fmt.Sprintf("%.200q was %.200q", y[i], x[i])
		}
	}
	return fmt.Sprintf("%d lines were %d", len(y), len(x))
}

// afterRow checks what no answer may change.
func (h *Hostile) afterRow(wrong *errs) {
	same := func(what string, was *string, is string) {
		if *was != is {
			wrong.add("%s: %s", what, firstDifference(*was, is))
			*was = is
		}
	}
	same("the bystander has changed", &h.other.state, h.bystanderNow())
	same("the host has changed", &h.host, h.hostNow())
	same("a file has changed", &h.files, h.filesNow())
	if text, err := os.ReadFile(h.other.recordPath); err != nil || !bytes.Equal(text, h.other.record) {
		wrong.add("the bystander's record has changed: %v %.80q", err, text)
	}
	if text, err := os.ReadFile(h.recordPath()); err == nil {
		var r Record
		if err := json.Unmarshal(text, &r); err != nil || r.ID != h.id || r.Schema != "gotune.record/1" {
			wrong.add("the record is none: %v, %.200q", err, text)
		}
	}
	files(h.records, wrong)
	for _, name := range h.leftFiles() {
		if !strings.Contains(name, h.other.id) && !h.runtimeLeft(name) {
			wrong.add("left behind: %s", name)
		}
	}
	if _, err := os.Stat(h.path("state/" + h.id)); err == nil {
		h.do(Command{args: h.runtime("delete", "--force", h.id)})
		h.killStrangers()
	}
}
