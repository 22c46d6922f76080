package main

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"os"
	"sort"
	"strings"
)

const (
	noLimit    = -1 // what the program says of no memory limit
	pageSize   = 4096
	minLimit   = 64 * mib // the default profile's min_limit
	defaultMin = 2        // its gomaxprocs.min
)

// mayDiffer says in which direction a setting of ours may differ from what the newest Go chooses by
// itself, by the reason in the decision record. Every other difference fails its case.
var mayDiffer = map[string]string{
	"ancestor-quota":      "less",      // Go looks at the leaf cgroup alone (golang/go#81180)
	"already-set":         "less more", // the image's word, which the other container did not have
	"already-set-ignored": "more",      // likewise, and Go took it for nothing
	"cpus-unknown":        "more",      // config.json names no CPU that is online: nothing is set
}

// judge prints what failed and a summary; the last line is `N passed, N failed, N skipped`.
func judge(cases []Case, results []Result) int {
	j := &judgement{how: map[string]int{}, verbose: os.Getenv("VERBOSE") != ""}
	byNumber := map[int]*Result{}
	for i := range results {
		byNumber[results[i].N] = &results[i]
	}
	for i := range cases {
		j.one(&cases[i], byNumber[cases[i].N])
	}
	j.summary()
	fmt.Printf("%d passed, %d failed, %d skipped\n", j.passed, j.failed, j.skipped)
	if j.failed > 0 || j.passed == 0 {
		return 1
	}
	return 0
}

type judgement struct {
	passed, failed, skipped int
	how                     map[string]int // a line of the summary, and of how many cases
	verbose                 bool
}

func (j *judgement) one(c *Case, r *Result) {
	switch {
	case r == nil:
		j.fail(c, nil, "it has no result: the VM ended before")
	case r.NotRun != "":
		j.skip(c, r.NotRun)
	case r.Native == nil && r.Ours == nil:
		j.skip(c, "the container does not start without us either: "+r.NativeError)
	case r.Native == nil:
		j.skip(c, "the newest Go did not start, so there is nothing to compare with: "+r.NativeError)
	case r.Ours == nil:
		j.fail(c, r, "the container started without us, and not with us: "+r.OursError)
	default:
		cpus, why := gomaxprocs(c, r)
		memory, whyMemory := gomemlimit(c, r)
		if why != "" || whyMemory != "" {
			j.fail(c, r, strings.Trim(why+"; "+whyMemory, "; "))
			return
		}
		j.passed++
		j.how["GOMAXPROCS  "+cpus]++
		j.how["GOMEMLIMIT  "+memory]++
		j.say("passed", c, r, cpus+", "+memory)
	}
}

func (j *judgement) fail(c *Case, r *Result, why string) {
	j.failed++
	fmt.Printf("case %d FAILED: %s\n", c.N, why)
	detail(c, r)
	fmt.Printf("  alone: make check-oracle SEED=%s ONLY=%d\n", os.Getenv("SEED"), c.N)
}

func (j *judgement) skip(c *Case, why string) {
	j.skipped++
	j.how["not run: "+why]++
	if j.verbose {
		fmt.Printf("case %d skipped: %s\n", c.N, why)
	}
}

func (j *judgement) say(what string, c *Case, r *Result, how string) {
	if j.verbose {
		fmt.Printf("case %d %s: %s\n", c.N, what, how)
		detail(c, r)
	}
}

func detail(c *Case, r *Result) {
	text, _ := json.Marshal(c)
	fmt.Printf("  case: %s\n", text)
	if r == nil {
		return
	}
	text, _ = json.Marshal(r.Ours)
	fmt.Printf("  ours: %s\n", text)
	text, _ = json.Marshal(r.Native)
	fmt.Printf("  native: %s\n", text)
	for _, s := range r.Settings {
		if strings.HasPrefix(s.Name, "GO") {
			fmt.Printf("  record: %s %s %s %s\n", s.Name, s.Verdict, s.Reason, s.Value)
		}
	}
}

func (j *judgement) summary() {
	var all []string
	for line := range j.how {
		all = append(all, line)
	}
	sort.Strings(all)
	for _, line := range all {
		fmt.Printf("%4d  %s\n", j.how[line], line)
	}
}

func reasonOf(r *Result, name string) string {
	for _, s := range r.Settings {
		if s.Name == name {
			return s.Reason
		}
	}
	return "no row in the record"
}

// --- GOMAXPROCS -------------------------------------------------------------------------------

// allowed is the spec's A; empty where it is unknown.
func allowed(c *Case) map[int]bool {
	effective := cpusOf(c.Online)
	for i := len(c.Ancestors) - 1; i >= 0; i-- {
		// A cpuset of v2 that shares no CPU with its parent's has its parent's.
		if both := intersect(effective, c.Ancestors[i].Cpuset); len(both) > 0 {
			effective = both
		}
	}
	return intersect(effective, c.Own.Cpuset)
}

// intersect takes an empty list for all.
func intersect(set map[int]bool, list string) map[int]bool {
	both := map[int]bool{}
	of := cpusOf(list)
	for cpu := range set {
		if list == "" || of[cpu] {
			both[cpu] = true
		}
	}
	return both
}

// rule is Go 1.25's own: so many Ps for a quota on so many CPUs.
func rule(cpus uint64, l Limits) uint64 {
	if l.Quota == 0 {
		return cpus
	}
	n := (l.Quota + l.Period - 1) / l.Period
	if n < defaultMin {
		n = defaultMin
	}
	if n > cpus {
		n = cpus
	}
	return n
}

// wanted is what the spec makes of a case whose environment is silent.
func wanted(c *Case) uint64 {
	cpus := uint64(len(allowed(c)))
	n := rule(cpus, c.Own)
	for _, l := range c.Ancestors {
		if a := rule(cpus, l); a < n {
			n = a
		}
	}
	return n
}

// untouched is what the program chooses when we leave it alone.
func untouched(c *Case, r *Result) uint64 {
	if c.Program == "new" {
		return r.Native.GOMAXPROCS
	}
	return r.Ours.NumCPU
}

// gomaxprocs returns how the case passed, or why it failed.
func gomaxprocs(c *Case, r *Result) (how, failure string) {
	got, native, reason := r.Ours.GOMAXPROCS, r.Native.GOMAXPROCS, reasonOf(r, "GOMAXPROCS")
	want := wanted(c)
	switch {
	case c.Env == "GOMAXPROCS=3":
		want = 3
	case c.Env == "GOMAXPROCS=abc" || len(allowed(c)) == 0:
		want = untouched(c, r)
	}
	if oracle := rule(r.Native.NumCPU, c.Own); native != oracle {
		return "", fmt.Sprintf("the newest Go chose %d, and its rule gives %d", native, oracle)
	}
	if got != want {
		return "", fmt.Sprintf("GOMAXPROCS is %d, and the spec gives %d (%s)", got, want, reason)
	}
	if got == native {
		return "equal: " + reason, ""
	}
	direction := "more"
	if got < native {
		direction = "less"
	}
	if !strings.Contains(mayDiffer[reason], direction) {
		return "", fmt.Sprintf("GOMAXPROCS is %d, %s than the newest Go's %d, and %s does not explain it", got, direction, native, reason)
	}
	return direction + ": " + reason, ""
}

// --- GOMEMLIMIT -------------------------------------------------------------------------------

// smallest is the spec's L, and the reason that the record has to give for it; of equals the one
// nearest to the container. 0 is none.
func smallest(c *Case, machine uint64) (bytes uint64, reason string) {
	take := func(n uint64, why string) {
		if n > 0 && (bytes == 0 || n < bytes) {
			bytes, reason = n, why
		}
	}
	// The kernel keeps whole pages. The runtime way decides before there is a cgroup.
	own := c.Own
	if c.Way == "hook" {
		own.Memory -= own.Memory % pageSize
		own.High -= own.High % pageSize
	}
	take(own.Memory, "memory-limit")
	take(own.High, "memory-high")
	for _, l := range c.Ancestors {
		take(l.Memory-l.Memory%pageSize, "ancestor-memory")
		take(l.High-l.High%pageSize, "ancestor-memory")
	}
	if machine > 0 && machine < bytes { // a larger limit never bites
		return machine, "machine-memory"
	}
	return bytes, reason
}

// gomemlimit returns how the case passed, or why it failed.
func gomemlimit(c *Case, r *Result) (how, failure string) {
	want, why := int64(noLimit), "no-memory-limit"
	l, reason := smallest(c, r.Memory)
	switch {
	case c.Env == "GOMEMLIMIT=off":
		why = "already-set"
	case c.Env == "GOMEMLIMIT=50MiB":
		want, why = 50*mib, "already-set"
	case l > 0 && l < minLimit:
		why = "limit-too-small"
	case l > 0:
		hi, lo := bits.Mul64(l, 9)
		tenths, _ := bits.Div64(hi, lo, 10)
		want, why = int64(tenths/mib*mib), reason
	}
	if got := r.Ours.MemLimit; got != want {
		return "", fmt.Sprintf("the memory limit is %d, and the spec gives %d (%s)", got, want, reasonOf(r, "GOMEMLIMIT"))
	}
	if got := reasonOf(r, "GOMEMLIMIT"); got != why {
		return "", fmt.Sprintf("GOMEMLIMIT's reason is %s, and the spec gives %s", got, why)
	}
	return "by the formula: " + why, ""
}
