package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	cgroupMount = "/sys/fs/cgroup"
	perRun      = 90 * time.Second // a tenth of a CPU, emulated
)

// machine is where the cases run: a lab VM, as root.
type machine struct {
	dir      string // BUILD: the programs under test; oracle/ has those of the containers
	work     string
	spec     map[string]any // what `runc spec` writes
	v2       bool
	runtimes map[string]string
}

func guest(dir string, cases []Case) {
	m := &machine{dir: dir, work: "/run/oracle", runtimes: map[string]string{}}
	if err := m.prepare(); err != nil {
		fail(err)
	}
	// Few changes of the CPUs that are online: each takes a while.
	sort.SliceStable(cases, func(i, j int) bool { return len(cpusOf(cases[i].Online)) > len(cpusOf(cases[j].Online)) })
	for i := range cases {
		_ = json.NewEncoder(os.Stdout).Encode(m.run(&cases[i]))
	}
}

func (m *machine) prepare() error {
	_, err := os.Stat(cgroupMount + "/cgroup.controllers")
	m.v2 = err == nil
	for _, name := range []string{"runc", "crun"} {
		if path, err := exec.LookPath(name); err == nil {
			m.runtimes[name] = path
		}
	}
	for _, dir := range []string{"bundle/rootfs/proc", "bundle/rootfs/sys", "bundle/rootfs/dev", "records", "state"} {
		if err := os.MkdirAll(filepath.Join(m.work, dir), 0o755); err != nil {
			return err
		}
	}
	for name := range m.runtimes {
		cmd := exec.Command(name, "spec")
		cmd.Dir = m.work + "/bundle"
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s spec: %v: %s", name, err, out)
		}
		text, err := os.ReadFile(m.work + "/bundle/config.json")
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &m.spec)
	}
	return fmt.Errorf("neither runc nor crun is here")
}

// run starts the container twice in the same cgroups: the newest Go without us, then the case's
// program with us.
func (m *machine) run(c *Case) (r Result) {
	r = Result{N: c.N, Settings: []Setting{}, Memory: memory()}
	for _, name := range []string{c.Program, "new"} {
		if _, err := os.Stat(m.dir + "/oracle/" + name); err != nil {
			r.NotRun = "no program " + name
			return r
		}
	}
	if m.runtimes[c.Runtime] == "" {
		r.NotRun = "no " + c.Runtime
		return r
	}
	if err := online(c.Online); err != nil {
		r.NotRun = err.Error()
		return r
	}
	parent := fmt.Sprintf("/oracle%d", c.N)
	paths, err := m.ancestors(parent, c.Ancestors)
	defer m.remove(append([]string{parent}, paths...))
	if err != nil {
		r.NotRun = err.Error()
		return r
	}
	if len(paths) > 0 {
		parent = paths[len(paths)-1]
	}
	id := fmt.Sprintf("native%d", c.N)
	native := *c
	native.Program, native.Env, native.Way = "new", "", ""
	r.Native, r.NativeError = m.container(&native, id, parent+"/c")
	id = fmt.Sprintf("ours%d", c.N)
	r.Ours, r.OursError = m.container(c, id, parent+"/c")
	r.Settings = m.settings(c, id)
	return r
}

// memory is the machine's, in bytes; 0: unknown.
func memory() uint64 {
	var kib uint64
	text, _ := os.ReadFile("/proc/meminfo")
	_, _ = fmt.Sscanf(string(text), "MemTotal: %d kB", &kib)
	return kib << 10
}

// online makes exactly these CPUs the machine's.
func online(list string) error {
	want := cpusOf(list)
	files, _ := filepath.Glob("/sys/devices/system/cpu/cpu[0-9]*/online")
	for _, file := range files {
		cpu, _ := strconv.Atoi(strings.TrimPrefix(filepath.Base(filepath.Dir(file)), "cpu"))
		value := "0"
		if want[cpu] {
			value = "1"
		}
		now, _ := os.ReadFile(file)
		if strings.TrimSpace(string(now)) == value || cpu == 0 {
			continue
		}
		if err := os.WriteFile(file, []byte(value), 0); err != nil {
			return err
		}
	}
	now, err := os.ReadFile("/sys/devices/system/cpu/online")
	if got := cpusOf(strings.TrimSpace(string(now))); err == nil && fmt.Sprint(sorted(got)) != fmt.Sprint(sorted(want)) {
		return fmt.Errorf("CPUs %s are online, not %s", strings.TrimSpace(string(now)), list)
	}
	return err
}

// --- cgroups ----------------------------------------------------------------------------------

// roots of the hierarchies that have limits.
func (m *machine) roots() []string {
	if m.v2 {
		return []string{cgroupMount}
	}
	return []string{cgroupMount + "/cpu", cgroupMount + "/cpuset", cgroupMount + "/memory"}
}

// ancestors makes the cgroups between the root and the container's, and returns their paths, the
// outermost first. limits has the parent first.
func (m *machine) ancestors(path string, limits []Limits) (paths []string, err error) {
	for i := len(limits) - 1; i >= 0; i-- {
		paths = append(paths, path)
		for _, root := range m.roots() {
			if err := os.Mkdir(root+path, 0o755); err != nil {
				return paths, err
			}
		}
		if m.v2 {
			err = m.limitV2(cgroupMount+path, limits[i])
		} else {
			err = m.limitV1(path, limits[i])
		}
		if err != nil {
			return paths, err
		}
		path += "/p"
	}
	return paths, nil
}

// writes skips empty values.
func writes(pairs ...[2]string) error {
	for _, p := range pairs {
		if p[1] == "" {
			continue
		}
		if err := os.WriteFile(p[0], []byte(p[1]), 0); err != nil {
			return fmt.Errorf("%q: %w", p[1], err)
		}
	}
	return nil
}

// decimal is empty for 0: no limit.
func decimal(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

func (m *machine) limitV2(dir string, l Limits) error {
	max := ""
	if l.Quota > 0 {
		max = fmt.Sprintf("%d %d", l.Quota, l.Period)
	}
	return writes([2]string{dir + "/cgroup.subtree_control", "+cpu +cpuset +memory +pids"},
		[2]string{dir + "/cpu.max", max}, [2]string{dir + "/cpuset.cpus", l.Cpuset},
		[2]string{dir + "/memory.max", decimal(l.Memory)}, [2]string{dir + "/memory.high", decimal(l.High)})
}

// A new cpuset of v1 is empty, and then holds no process.
func (m *machine) limitV1(path string, l Limits) error {
	set := cgroupMount + "/cpuset"
	cpus, err := os.ReadFile(set + "/cpuset.cpus")
	if err != nil {
		return err
	}
	mems, err := os.ReadFile(set + "/cpuset.mems")
	if err != nil {
		return err
	}
	return writes([2]string{set + path + "/cpuset.cpus", strings.TrimSpace(string(cpus))},
		[2]string{set + path + "/cpuset.mems", strings.TrimSpace(string(mems))},
		[2]string{cgroupMount + "/cpu" + path + "/cpu.cfs_period_us", decimal(l.Period)},
		[2]string{cgroupMount + "/cpu" + path + "/cpu.cfs_quota_us", decimal(l.Quota)},
		[2]string{cgroupMount + "/memory" + path + "/memory.limit_in_bytes", decimal(l.Memory)})
}

// remove takes the cgroups away in every hierarchy: a runtime makes its part in all of v1's.
func (m *machine) remove(paths []string) {
	pattern := cgroupMount
	if !m.v2 {
		pattern += "/*"
	}
	for i := len(paths) - 1; i >= 0; i-- {
		dirs, _ := filepath.Glob(pattern + paths[i])
		for _, dir := range dirs {
			_ = syscall.Rmdir(dir)
		}
	}
}

// --- containers -------------------------------------------------------------------------------

// config writes the bundle's config.json.
func (m *machine) config(c *Case, id, cgroup string) error {
	var s map[string]any
	text, _ := json.Marshal(m.spec)
	if err := json.Unmarshal(text, &s); err != nil {
		return err
	}
	process, linux := s["process"].(map[string]any), s["linux"].(map[string]any)
	process["terminal"], process["args"] = false, []string{"/program"}
	delete(process, "rlimits")
	process["env"] = []string{"PATH=/bin"}
	if c.Env != "" {
		process["env"] = []string{"PATH=/bin", c.Env}
	}
	linux["cgroupsPath"] = cgroup
	linux["resources"] = resources(c.Own)
	if !c.CgroupNS {
		linux["namespaces"] = without(linux["namespaces"].([]any), "cgroup")
	}
	delete(s, "hooks")
	if c.Way == "hook" {
		s["hooks"] = map[string]any{"createRuntime": []any{map[string]any{
			"path": m.dir + "/oci-gotune-hook", "timeout": 60, "env": []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
			"args": []string{"oci-gotune-hook", "--record-dir", m.work + "/records"}}}}
	}
	if text, _ = json.Marshal(s); os.WriteFile(m.work+"/bundle/config.json", text, 0o644) != nil {
		return fmt.Errorf("config.json cannot be written")
	}
	return m.program(c.Program)
}

// program puts it where the container finds it: under a new name first, since it may be running.
func (m *machine) program(name string) error {
	text, err := os.ReadFile(m.dir + "/oracle/" + name)
	if err != nil {
		return err
	}
	path := m.work + "/bundle/rootfs/program"
	if err := os.WriteFile(path+".new", text, 0o755); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func resources(l Limits) map[string]any {
	cpu, memory := map[string]any{}, map[string]any{}
	r := map[string]any{"cpu": cpu, "memory": memory}
	if l.Cpuset != "" {
		cpu["cpus"] = l.Cpuset
	}
	if l.Quota > 0 {
		cpu["quota"], cpu["period"] = l.Quota, l.Period
	}
	if l.Shares > 0 {
		cpu["shares"] = l.Shares
	}
	if l.Memory > 0 {
		memory["limit"] = l.Memory
	}
	if l.High > 0 {
		r["unified"] = map[string]any{"memory.high": decimal(l.High)}
	}
	return r
}

func without(namespaces []any, kind string) []any {
	left := []any{}
	for _, ns := range namespaces {
		if ns.(map[string]any)["type"] != kind {
			left = append(left, ns)
		}
	}
	return left
}

// container runs one to its end; its report, or why there is none.
func (m *machine) container(c *Case, id, cgroup string) (*Report, string) {
	if err := m.config(c, id, cgroup); err != nil {
		return nil, err.Error()
	}
	ctx, cancel := context.WithTimeout(context.Background(), perRun)
	defer cancel()
	program := m.runtimes[c.Runtime]
	if c.Way == "runtime" {
		program = m.dir + "/gotune-runtime"
	}
	cmd := exec.CommandContext(ctx, program, "--root", m.work+"/state", "run", "--bundle", m.work+"/bundle", id)
	cmd.Env = append(os.Environ(), "GOTUNE_RUNTIME="+m.runtimes[c.Runtime])
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err != nil {
		_ = exec.Command(m.runtimes[c.Runtime], "--root", m.work+"/state", "delete", "-f", id).Run()
		text := strings.Join(strings.Fields(errs.String()), " ")
		if len(text) > 300 {
			text = text[:300]
		}
		return nil, fmt.Sprintf("%s: %v: %s", c.Runtime, err, text)
	}
	r := &Report{}
	if err := json.Unmarshal(out.Bytes(), r); err != nil {
		return nil, fmt.Sprintf("%v: %q", err, out.String())
	}
	return r, ""
}

// settings are those of the decision record.
func (m *machine) settings(c *Case, id string) []Setting {
	dir := m.work + "/records"
	if c.Way == "runtime" {
		dir = "/run/gotune"
	}
	var record struct{ Settings []Setting }
	text, err := os.ReadFile(dir + "/containers/" + id + ".json")
	if err == nil {
		err = json.Unmarshal(text, &record)
	}
	if err != nil {
		return []Setting{}
	}
	return record.Settings
}
