package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// hookMax is how long a hook may take, whatever its workers do.
const hookMax = 5 * time.Second

// Row is one hostile answer: of which job, and how it lies. The test build says which there are.
type Row struct {
	job, variant string
	own          bool // the container itself may come to harm
}

func (r Row) String() string { return r.job + "/" + r.variant }

// blind rows turn bytes or a single field: there are many, and a sample of them says most.
func (r Row) blind() bool {
	return strings.ContainsAny(r.variant, ":=+") || strings.HasPrefix(r.variant, "shift") ||
		strings.HasPrefix(r.variant, "random") || strings.HasPrefix(r.variant, "noise")
}

// Mode is a way in which the product is run, with the jobs that its workers do there.
type Mode struct {
	name, jobs string
	run        func(h *Hostile, r Row, wrong *errs)
}

var modes = []Mode{
	{"live", "state bundle image sysctl-read sysctl-write newcomer stack", (*Hostile).live},
	{"precreate", "bundle look edits image sysctl-read", (*Hostile).precreate},
	{"create", "bundle look edits image sysctl-read", (*Hostile).create},
	{"run", "bundle look edits image sysctl-read", (*Hostile).runForeground},
	{"host-network", "bundle", (*Hostile).createInHostNetwork},
	{"exec", "exec", (*Hostile).exec},
}

// Hostile is a shard whose workers lie, with a container beside it that must not notice.
type Hostile struct {
	*Shard
	rows   []Row
	config map[string]any  // as it is before we edit it
	plain  *Report         // of the program without us
	ran    map[string]bool // edited documents that a runtime has run already
	other  Bystander
	record []byte // of a container that was tuned, for exec
	host   string
	files  string
}

const process = `{"terminal": false, "user": {"uid": 0, "gid": 0}, "cwd": "/", "args": ["/probe"],
	"env": ["PATH=/bin", "GOGC=80", "PROBE_FIRST=1"], "rlimits": [{"type": "RLIMIT_CORE", "hard": 0, "soft": 0}]}
`

func fakeID(what string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(what))) }

// layOut makes the places in which the engines' files would be: Docker's by the bundle's path and the
// mount of /etc/hostname, Podman's by the root's.
func (h *Hostile) layOut() {
	image, layer := fakeID("image"), fakeID("layer")
	graph := h.path("graph")
	files := map[string]string{
		"containers/" + h.id + "/hostname":       "probe\n",
		"containers/" + h.id + "/config.v2.json": fmt.Sprintf(`{"ID": %q, "Config": {"Image": "probe", "Labels": {"io.gotune.nofile": "2048"}}}`, h.id),
		"graph/overlay-containers/containers.json": fmt.Sprintf(
			`[{"id": %q, "image": %q, "metadata": "{\"image-name\": \"probe\"}"}]`, h.id, image),
		"graph/overlay-images/" + image + "/manifest":                                                       `{"annotations": {"io.gotune.nofile": "2048"}}`,
		"graph/overlay-images/" + image + "/=" + base64.StdEncoding.EncodeToString([]byte("sha256:"+image)): `{"config": {"Labels": {"io.gotune.nofile": "2048"}}}`,
	}
	for name, text := range files {
		must(os.MkdirAll(filepath.Dir(h.path(name)), 0o755), name)
		writeFile(h.path(name), text)
	}
	root := filepath.Join(graph, "overlay", layer, "merged")
	must(os.MkdirAll(root, 0o755), root)
	mount(filepath.Join(h.Template, "bundle/rootfs"), root, "", syscall.MS_BIND, "")
	h.spec["root"].(map[string]any)["path"] = root
}

// fillSpec gives the container settings of its own, which nobody may change.
func (h *Hostile) fillSpec() {
	at := func(m map[string]any, key string) map[string]any { return m[key].(map[string]any) }
	process := at(h.spec, "process")
	process["env"] = append(process["env"].([]any), "GOGC=80")
	process["rlimits"] = []any{map[string]any{"type": "RLIMIT_CORE", "hard": 0, "soft": 0}}
	linux := at(h.spec, "linux")
	linux["sysctl"] = map[string]any{"kernel.msgmax": "9000"}
	linux["cgroupsPath"] = "/libpod-" + h.id
	h.spec["annotations"] = map[string]any{"io.container.manager": "libpod", "x": "y"}
	h.spec["mounts"] = append(h.spec["mounts"].([]any), map[string]any{"destination": "/etc/hostname", "type": "bind",
		"source": h.path("containers/" + h.id + "/hostname"), "options": []any{"bind", "ro"}})
}

func (h *Hostile) listRows() {
	seeds := 2
	if h.Permille >= 1000 {
		seeds = 20
	}
	cmd := exec.Command(h.path("oci-gotune-hook"))
	cmd.Env = []string{fmt.Sprintf("GOTUNE_HOSTILE=list:%d", seeds)}
	out, err := cmd.Output()
	must(err, "list")
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		name, own, _ := strings.Cut(line, " ")
		job, variant, _ := strings.Cut(name, "/")
		h.rows = append(h.rows, Row{job, variant, own == "own"})
	}
}

func newHostile(c Config) *Hostile {
	h := &Hostile{Shard: newShard(c), ran: map[string]bool{}}
	for _, name := range []string{"oci-gotune-hook", "gotune-runtime"} {
		copyFile(filepath.Join(c.Build, "hostile", name), h.path(name))
	}
	h.id = fakeID(h.dir)
	h.listRows()
	h.layOut()
	h.fillSpec()
	must(os.RemoveAll(h.records), h.records)
	h.writeBundle(nil, nil)
	h.config = readJSON(h.path("bundle/config.json"))
	var wrong errs
	h.keepBystander(&wrong)
	h.plain = h.runBundle(&wrong, false).report
	h.learnRecord(&wrong)
	if len(wrong) > 0 {
		must(errorOf(wrong), "a container without a lie")
	}
	h.host, h.files = h.hostNow(), h.filesNow()
	return h
}

// lie is the environment of a program whose worker lies.
func (h *Hostile) lie(r Row) []string {
	return []string{"GOTUNE_HOSTILE=" + r.String(), "GOTUNE_HOSTILE_HITS=" + h.path("faults/hits"),
		"GOTUNE_BYSTANDER=" + h.other.words()}
}

// ---- the modes ------------------------------------------------------------------------------------

func (h *Hostile) hookEntry(r Row) map[string]any {
	hook := h.hookOf(h.path("oci-gotune-hook"), "--record-dir", h.records)
	entry := hook[0].(map[string]any)
	entry["timeout"] = int(hookMax / time.Second)
	entry["env"] = append(entry["env"].([]string), h.lie(r)...)
	return map[string]any{"createRuntime": hook}
}

func (h *Hostile) live(r Row, wrong *errs) {
	h.writeBundle(h.hookEntry(r), nil)
	d := h.do(Command{args: h.runtime("run", "--bundle", h.path("bundle"), h.id), stdout: h.path("out")})
	if r.own && d.left == "" {
		return // that it ended is enough
	}
	if h.ok(d, "run", wrong) {
		h.judgeReport(h.report(false, wrong).report, wrong)
	}
}

// bounded says whether a command of ours ended well and in time.
func (h *Hostile) bounded(d Done, what string, wrong *errs) bool {
	if d.took > hookMax {
		wrong.add("%s took %.1f s", what, d.took.Seconds())
	}
	return h.ok(d, what, wrong)
}

// runEdited runs the container as it was edited, once for each text: only what was judged to be harmless.
func (h *Hostile) runEdited(text []byte, wrong *errs) {
	if len(*wrong) > 0 || h.ran[string(text)] {
		return
	}
	writeFile(h.path("bundle/config.json"), string(text))
	h.judgeReport(h.runBundle(wrong, false).report, wrong)
	h.ran[string(text)] = len(*wrong) == 0
}

func (h *Hostile) precreate(r Row, wrong *errs) {
	h.writeBundle(nil, nil)
	d := h.do(Command{args: []string{h.path("oci-gotune-hook"), "--record-dir", h.records, "precreate"}, env: h.lie(r),
		stdin: h.path("bundle/config.json"), stdout: h.path("edited.json"), dir: h.path("bundle")})
	if !h.bounded(d, "precreate", wrong) {
		return
	}
	text, err := os.ReadFile(h.path("edited.json"))
	must(err, "edited.json")
	h.judgeConfig(text, wrong)
	h.runEdited(text, wrong)
}

// wrapped runs gotune-runtime in front of a runtime that does nothing: what it would have been given is
// judged first.
func (h *Hostile) wrapped(r Row, wrong *errs, args ...string) bool {
	d := h.do(Command{args: h.wrapper([]string{h.path("gotune-runtime")}, args...),
		env: append(h.lie(r), "GOTUNE_RUNTIME=/bin/true")})
	return h.bounded(d, args[0], wrong)
}

func (h *Hostile) createBy(r Row, wrong *errs, args ...string) {
	text, _ := json.MarshalIndent(h.config, "", "\t")
	writeFile(h.path("bundle/config.json"), string(text))
	if !h.wrapped(r, wrong, append(args, "--bundle", h.path("bundle"), h.id)...) {
		return
	}
	text, err := os.ReadFile(h.path("bundle/config.json"))
	must(err, "config.json")
	h.judgeConfig(text, wrong)
	h.runEdited(text, wrong)
}

// createInHostNetwork creates a container without network and IPC namespaces: a runtime refuses one
// that is to get their sysctls.
func (h *Hostile) createInHostNetwork(r Row, wrong *errs) {
	usual := h.config
	defer func() { h.config = usual }()
	text, _ := json.Marshal(usual)
	must(json.Unmarshal(text, &h.config), "config.json")
	linux := inside(h.config, "linux")
	delete(linux, "sysctl")
	var kept []any
	for _, ns := range linux["namespaces"].([]any) {
		if kind := ns.(map[string]any)["type"]; kind != "network" && kind != "ipc" {
			kept = append(kept, ns)
		}
	}
	linux["namespaces"] = kept
	h.createBy(r, wrong, "create")
}

func (h *Hostile) create(r Row, wrong *errs) {
	h.createBy(r, wrong, "create", "--pid-file", h.path("pid"))
}

func (h *Hostile) runForeground(r Row, wrong *errs) { h.createBy(r, wrong, "run") }

// exec runs a process in the bystander, as if it were a container of whose program a record tells.
func (h *Hostile) exec(r Row, wrong *errs) {
	must(os.MkdirAll(h.records+"/containers", 0o700), h.records)
	writeFile(h.recordPath(), string(h.record))
	writeFile(h.path("process.json"), process)
	if !h.wrapped(r, wrong, "exec", "--process", h.path("process.json"), h.id) {
		return
	}
	text, err := os.ReadFile(h.path("process.json"))
	must(err, "process.json")
	h.judgeProcess(text, wrong)
	if len(*wrong) > 0 || h.ran[string(text)] {
		return
	}
	d := h.do(Command{args: h.runtime("exec", "--process", h.path("process.json"), h.other.id), stdout: h.path("out")})
	h.ran[string(text)] = h.ok(d, "exec", wrong)
}

// ---- a row ----------------------------------------------------------------------------------------

// wasReached says whether the hostile answer was given at all.
func (h *Hostile) wasReached(wrong *errs) bool {
	text, err := os.ReadFile(h.path("faults/hits"))
	if err != nil || len(text) != 8 {
		return false
	}
	if binary.LittleEndian.Uint32(text[4:]) > 0 {
		wrong.add("a worker was given a file of the host's to read")
	}
	return binary.LittleEndian.Uint32(text) > 0
}

func (h *Hostile) tryRow(m Mode, r Row) Result {
	var wrong errs
	begin := time.Now()
	h.reset("")
	_ = os.Remove(h.path("faults/hits"))
	h.restoreBystander()
	m.run(h, r, &wrong)
	hit := h.wasReached(&wrong)
	if !hit {
		wrong.add("the job was never asked")
	}
	h.afterRow(&wrong)
	return Result{m.name, r.String(), "hostile", hit, strings.Join(wrong, "; "), time.Since(begin).Seconds()}
}

// chosenRow: is it in the sample, and this shard's? Crafted answers always are.
func (h *Hostile) chosenRow(m Mode, r Row) bool {
	name := h.Runtime + "/" + m.name + "/" + r.String()
	if h.Only != "" {
		return h.Only == name
	}
	if !strings.Contains(" "+m.jobs+" ", " "+r.job+" ") || int(hash("shard "+name))%h.Jobs != h.Config.Shard {
		return false
	}
	if !r.blind() && (m.name != "run" || h.Permille >= 1000) {
		return true
	}
	return h.Permille >= 1000 || hash(fmt.Sprintf("%d %s", h.Seed, name))%1000 < uint32(h.Permille)
}

// hostile runs this shard's rows, mode by mode, a result a line.
func hostile(c Config) {
	h := newHostile(c)
	out := json.NewEncoder(os.Stdout)
	for _, m := range modes {
		if h.Only == "" && h.Stages != "" && !strings.Contains(","+h.Stages+",", ","+m.name+",") {
			continue
		}
		for _, r := range h.rows {
			if !h.chosenRow(m, r) {
				continue
			}
			result := h.tryRow(m, r)
			if result.Wrong != "" { // once more: a machine that was busy is no hole
				if again := h.tryRow(m, r); again.Wrong == "" {
					result = again
				}
			}
			must(out.Encode(result), "standard output")
		}
		must(out.Encode(Result{Stage: m.name}), "standard output")
	}
	h.dropBystander()
}
