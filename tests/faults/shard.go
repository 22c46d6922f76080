package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Limits of one step, generous: machines are slow, and a worker that hangs is waited for.
const (
	stepMax = 40 * time.Second
	leftMax = 8 * time.Second
)

// Shard is one process of this program with a mount namespace of its own: an /etc, a /run and the
// directory of records at its real path. It runs one container at a time and is the reaper of all that
// is orphaned, so that it sees what is left behind.
type Shard struct {
	Config
	dir     string // our files
	records string
	faults  string // inject's directory
	id      string
	spec    map[string]any // config.json without hooks

	residents map[int]bool // children that are to stay: a container's init
	ended     map[int]int  // how those ended
	resident  bool         // the container outlives the case
	args      []string     // what the container runs; nil: the program itself
	host      string       // what nothing may change
}

func must(err error, what string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "faults: %s: %v\n", what, err)
		os.Exit(2)
	}
}

// place is where the bundles are: below Docker's directory, where an image's labels are looked up.
func (c Config) place() string {
	if c.Hostile {
		return "io.containerd.runtime.v2.task/moby"
	}
	return ""
}

func newShard(c Config) *Shard {
	s := &Shard{
		Config:    c,
		dir:       filepath.Join(c.Template, c.place(), fmt.Sprintf("shard-%d", c.Shard)),
		records:   "/run/gotune",
		id:        fmt.Sprintf("%064x", os.Getppid()<<8+c.Shard), // as engines' are
		residents: map[int]bool{},
		ended:     map[int]int{},
	}
	s.faults = filepath.Join(s.dir, "faults")
	must(os.MkdirAll(s.faults, 0o755), "directory")
	must(os.MkdirAll(s.path("bundle"), 0o755), "directory")
	s.mounts()
	for _, name := range []string{"oci-gotune-hook", "gotune-runtime"} {
		copyFile(filepath.Join(c.Build, name), s.path(name))
		if !c.Hostile {
			copyFile(filepath.Join(c.Build, "faults", name), s.path(name+"-faults"))
		}
	}
	text, err := os.ReadFile(filepath.Join(c.Template, "bundle/config.json"))
	must(err, "config.json")
	must(json.Unmarshal(text, &s.spec), "config.json")
	delete(s.spec, "hooks")
	s.spec["root"].(map[string]any)["path"] = filepath.Join(c.Template, "bundle/rootfs")
	// The Go runtime has raised its own soft limit, and a child would get that.
	s.host = hostSettings()
	must(syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 1024, Max: nofileHard()}), "RLIMIT_NOFILE")
	_, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, 36 /* PR_SET_CHILD_SUBREAPER */, 1, 0)
	if e != 0 {
		must(e, "PR_SET_CHILD_SUBREAPER")
	}
	return s
}

// hostSettings are those of this process's own namespaces, as a container's would be of the host's.
func hostSettings() string {
	all := ""
	for _, name := range []string{"/proc/sys/net/core/somaxconn", "/proc/sys/kernel/msgmax", "/sys/fs/cgroup/memory/memory.swappiness"} {
		text, _ := os.ReadFile(name)
		all += strings.TrimSpace(string(text)) + " "
	}
	return all
}

func nofileHard() uint64 {
	var l syscall.Rlimit
	must(syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l), "RLIMIT_NOFILE")
	return l.Max
}

func (s *Shard) path(name string) string { return filepath.Join(s.dir, name) }

func mount(source, target, kind string, flags uintptr, data string) {
	must(syscall.Mount(source, target, kind, flags, data), "mount "+target)
}

func (s *Shard) mounts() {
	mount("", "/", "", syscall.MS_PRIVATE|syscall.MS_REC, "")
	mount(filepath.Join(s.Template, "etc"), "/etc", "", syscall.MS_BIND, "")
	mount("tmpfs", "/run", "tmpfs", 0, "mode=755")
	if s.Hostile {
		mount("proc", "/proc", "proc", 0, "")
	}
	if s.OwnCgroup2 {
		must(syscall.Unmount("/sys/fs/cgroup", syscall.MNT_DETACH), "umount /sys/fs/cgroup")
		mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, "")
	}
}

func copyFile(from, to string) {
	text, err := os.ReadFile(from)
	must(err, from)
	must(os.WriteFile(to, text, 0o755), to)
}

// ---- processes ------------------------------------------------------------------------------------

// children are the processes that have none but us to reap them.
func children() []int {
	var all []int
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", os.Getpid()))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for _, word := range strings.Fields(string(text)) {
			pid, _ := strconv.Atoi(word)
			all = append(all, pid)
		}
	}
	return all
}

func describe(pid int) string {
	cmd, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	where, _ := os.ReadFile(fmt.Sprintf("/proc/%d/syscall", pid))
	state := ""
	if i := bytes.LastIndexByte(stat, ')'); i >= 0 && i+2 < len(stat) {
		state = string(stat[i+2 : i+3])
	}
	return fmt.Sprintf("%d %s %q %s", pid, state, bytes.ReplaceAll(cmd, []byte{0}, []byte{' '}), bytes.TrimSpace(where))
}

// strangers are children that are not to stay.
func (s *Shard) strangers() []int {
	var all []int
	for _, pid := range children() {
		if !s.residents[pid] {
			all = append(all, pid)
		}
	}
	return all
}

// killStrangers returns what they were.
func (s *Shard) killStrangers() []string {
	var was []string
	for tries := 0; tries < 100; tries++ {
		pids := s.strangers()
		if len(pids) == 0 {
			break
		}
		for _, pid := range pids {
			if tries == 0 {
				was = append(was, describe(pid))
			}
			_ = syscall.Kill(pid, syscall.SIGKILL)
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	return was
}

// Command is one that is run to its end, and to the end of all that it leaves behind.
type Command struct {
	args   []string
	env    []string
	dir    string
	stdin  string // a file
	stdout string
	pid    string // a file: the process whose id is in it is to stay
	create bool   // it has yet to be started: a tracer of ours may wait for that
}

// Done is how it ended.
type Done struct {
	status int    // 128 + signal for one that was killed; -1: it took too long
	left   string // what it left behind, or nothing
	took   time.Duration
}

func exitStatus(w syscall.WaitStatus) int {
	if w.Signaled() {
		return 128 + int(w.Signal())
	}
	return w.ExitStatus()
}

func openOr(path string, flags int) *os.File {
	if path == "" {
		path = os.DevNull
	}
	f, err := os.OpenFile(path, flags, 0o644)
	must(err, path)
	return f
}

func (s *Shard) start(c Command) int {
	in := openOr(c.stdin, os.O_RDONLY)
	out := openOr(c.stdout, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	err := openOr(s.path("err"), os.O_WRONLY|os.O_CREATE|os.O_APPEND)
	defer in.Close()
	defer out.Close()
	defer err.Close()
	env := append([]string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"GT_FAULTS=" + s.faults}, c.env...)
	pid, e := syscall.ForkExec(c.args[0], c.args, &syscall.ProcAttr{Dir: c.dir, Env: env,
		Files: []uintptr{in.Fd(), out.Fd(), err.Fd()},
		// A runtime that knows no pid of a container's has been seen to kill its own process group.
		Sys: &syscall.SysProcAttr{Setpgid: true}})
	must(e, c.args[0])
	return pid
}

func (s *Shard) do(c Command) Done {
	begin := time.Now()
	pid := s.start(c)
	d := Done{status: -1}
	running := true
	end := begin.Add(stepMax)
	pause := 100 * time.Microsecond
	created := 0
	for {
		var w syscall.WaitStatus
		got, err := syscall.Wait4(-1, &w, syscall.WNOHANG, nil)
		switch {
		case got == pid:
			running = false
			d.status = exitStatus(w)
			d.took = time.Since(begin)
			end = time.Now().Add(leftMax)
			if text, err := os.ReadFile(c.pid); err == nil && c.pid != "" {
				if p, _ := strconv.Atoi(string(text)); p > 0 {
					s.residents[p] = true
					created = p
				}
			}
		case got > 0:
			s.took(got, w)
		case !running && c.create && isTraced(created):
			return d
		case !running && (err == syscall.ECHILD || len(s.strangers()) == 0):
			return d
		default:
			if time.Now().After(end) {
				d.left = strings.Join(s.killStrangers(), "; ")
				return d
			}
			time.Sleep(pause)
			if pause < 2*time.Millisecond {
				pause += pause / 4
			}
		}
	}
}

// isTraced says whether somebody waits for the exec of a container's init.
func isTraced(pid int) bool {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, after, found := strings.Cut(string(text), "\nTracerPid:\t")
	return found && !strings.HasPrefix(after, "0\n")
}

// took notes how a process that was to stay has ended.
func (s *Shard) took(pid int, w syscall.WaitStatus) {
	if s.residents[pid] {
		delete(s.residents, pid)
		s.ended[pid] = exitStatus(w)
	}
}

// await waits for the end of a process that was to stay; -1: it took too long.
func (s *Shard) await(pid int) int {
	for end := time.Now().Add(stepMax); time.Now().Before(end); time.Sleep(time.Millisecond) {
		var w syscall.WaitStatus
		if got, _ := syscall.Wait4(pid, &w, syscall.WNOHANG, nil); got == pid {
			delete(s.residents, pid)
			return exitStatus(w)
		}
		if status, ok := s.ended[pid]; ok {
			delete(s.ended, pid)
			return status
		}
	}
	return -1
}

// ---- files ----------------------------------------------------------------------------------------

func writeFile(path string, text string) {
	must(os.WriteFile(path, []byte(text), 0o644), path)
}

// hookOf makes config.json's entry for a hook that runs ARGS.
func (s *Shard) hookOf(args ...string) []any {
	return []any{map[string]any{"path": args[0], "args": args, "timeout": 15,
		"env": []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "GT_FAULTS=" + s.faults}}}
}

// writeBundle writes config.json with these hooks.
func (s *Shard) writeBundle(hooks map[string]any, edit func(map[string]any)) {
	var c map[string]any
	text, _ := json.Marshal(s.spec)
	must(json.Unmarshal(text, &c), "config.json")
	if len(hooks) > 0 {
		c["hooks"] = hooks
	}
	if s.args != nil {
		c["process"].(map[string]any)["args"] = s.args
	}
	if edit != nil {
		edit(c)
	}
	text, _ = json.MarshalIndent(c, "", "\t")
	writeFile(s.path("bundle/config.json"), string(text)+"\n")
}

func (s *Shard) runtime(args ...string) []string {
	all := append([]string{s.RuntimePath, "--root", s.path("state")}, s.RuntimeFlags...)
	return append(all, args...)
}

// wrapper is the same through gotune-runtime.
func (s *Shard) wrapper(program []string, args ...string) []string {
	all := append(append([]string{}, program...), "--root", s.path("state"))
	return append(append(all, s.RuntimeFlags...), args...)
}

func (s *Shard) recordPath() string { return s.records + "/containers/" + s.id + ".json" }

func (s *Shard) reset(spec string) {
	for _, dir := range []string{s.records, s.path("bundle")} {
		names, _ := filepath.Glob(dir + "/*")
		hidden, _ := filepath.Glob(dir + "/.??*")
		for _, name := range append(names, hidden...) {
			_ = os.RemoveAll(name)
		}
	}
	for _, name := range []string{"faults/log", "faults/counts", "out", "err", "edited.json"} {
		_ = os.Remove(s.path(name))
	}
	writeFile(s.path("faults/spec"), spec)
}

// leftFiles are those that nobody should find afterwards.
func (s *Shard) leftFiles() []string {
	var left []string
	look := func(dir string, known func(string) bool) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return
		}
		for _, e := range entries {
			if !known(e.Name()) {
				left = append(left, dir+"/"+e.Name())
			}
		}
	}
	look(s.records, func(n string) bool {
		return n == "containers" || n == "counters" || n == "fresh-sysctls" || policyCache.MatchString(n)
	})
	look(s.records+"/containers", func(n string) bool { return n == s.id+".json" })
	look(s.path("bundle"), func(n string) bool { return n == "config.json" })
	if s.resident {
		return left
	}
	look(s.path("state"), func(n string) bool { return n != s.id })
	for _, where := range []string{"/sys/fs/cgroup/*/", "/sys/fs/cgroup/*/libpod-", "/sys/fs/cgroup/", "/sys/fs/cgroup/libpod-"} {
		names, _ := filepath.Glob(where + s.id)
		left = append(left, names...)
	}
	return left
}
