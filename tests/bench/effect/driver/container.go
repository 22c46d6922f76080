package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Container is a bundle and what runs in it.
type Container struct {
	c               Config
	id, dir         string
	socket, runtime string
	cgroup          Cgroup
}

type object = map[string]any

// spec changes what `runc spec` wrote: the service, its limits, its socket and our hook.
func (ct *Container) spec(r Run) error {
	b, err := os.ReadFile(filepath.Join(ct.c.Work, "config.json"))
	if err != nil {
		return err
	}
	var s object
	if err = json.Unmarshal(b, &s); err != nil {
		return err
	}
	p := s["process"].(object)
	p["terminal"] = false
	p["args"] = []string{"/service", "-kind", r.Kind, "-socket", "/run/bench/s", "-live", fmt.Sprint(r.Live)}
	p["env"] = append([]string{"PATH=/"}, r.Arm.Env...)
	delete(p, "rlimits")
	s["root"] = object{"path": filepath.Join(ct.c.Work, "rootfs-"+r.Arm.Program)}
	s["mounts"] = append(s["mounts"].([]any), object{
		"destination": "/run/bench", "type": "bind", "source": ct.dir, "options": []string{"bind", "rw"}})
	linux := s["linux"].(object)
	linux["cgroupsPath"] = ct.cgroup.path
	linux["resources"] = object{
		"cpu":    object{"quota": int(r.Quota * 100000), "period": 100000},
		"memory": object{"limit": r.Memory << 20},
	}
	if r.Arm.Policy != "" {
		policy := filepath.Join(ct.dir, "policy.json")
		if err = os.WriteFile(policy, []byte(r.Arm.Policy), 0o600); err != nil {
			return err
		}
		s["hooks"] = object{"createRuntime": []object{{
			"path": filepath.Join(ct.c.Build, "oci-gotune-hook"),
			"args": []string{"oci-gotune-hook", "--policy", policy, "--record-dir", filepath.Join(ct.c.Work, "records")},
		}}}
	}
	if b, err = json.Marshal(s); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(ct.dir, "config.json"), b, 0o600)
}

// rootfs makes the root file system of a program, once.
func rootfs(c Config, program string) error {
	root := filepath.Join(c.Work, "rootfs-"+program)
	for _, dir := range []string{"proc", "sys", "dev", "run/bench"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return err
		}
	}
	file := filepath.Join(root, "service")
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	return exec.Command("cp", filepath.Join(c.Programs, program), file).Run()
}

func (ct *Container) runc(args ...string) error {
	log, err := os.Create(filepath.Join(ct.dir, "log"))
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command("runc", append([]string{"--root", ct.runtime}, args...)...)
	cmd.Stdout, cmd.Stderr = log, log
	if err = cmd.Run(); err != nil {
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("runc %s: %w: %s", args[0], err, strings.TrimSpace(string(said)))
	}
	return nil
}

const startWithin = 20 * time.Second

// start returns when the service listens, or was killed for memory before it could: that is a result.
func start(c Config, r Run) (*Container, error) {
	dir, err := os.MkdirTemp(c.Work, "bundle-")
	if err != nil {
		return nil, err
	}
	id := fmt.Sprintf("gotune-effect-%d", os.Getpid())
	ct := &Container{c: c, id: id, dir: dir, socket: dir + "/s", runtime: c.Work + "/runc", cgroup: Cgroup{"/" + id}}
	if err = rootfs(c, r.Arm.Program); err == nil {
		err = ct.spec(r)
	}
	if err == nil {
		err = ct.runc("run", "--detach", "--bundle", dir, id)
	}
	for until := time.Now().Add(startWithin); err == nil; time.Sleep(5 * time.Millisecond) {
		if _, e := os.Stat(ct.socket); e == nil || ct.cgroup.oomKills() > 0 {
			return ct, nil
		}
		if time.Now().After(until) {
			err = fmt.Errorf("the service does not listen after %v", startWithin)
		}
	}
	ct.end()
	return nil, err
}

// end removes the container, whatever became of it.
func (ct *Container) end() {
	err := ct.runc("delete", "--force", ct.id)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-effect:", err)
	}
	os.RemoveAll(ct.dir)
}
