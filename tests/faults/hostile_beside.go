package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

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
