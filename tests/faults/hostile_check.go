package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
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
