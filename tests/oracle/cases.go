package main

import (
	"math/rand"
	"sort"
	"strconv"
	"strings"
)

const mib = 1 << 20

// Kernels of cgroup v1 and shapes with many CPUs are the smaller part: each is a boot of its own.
var machines = []struct {
	cgroup, shape string
	cpus          int
	online        []string
}{
	{"v2", "smt", 8, []string{"0-7", "0-7", "0-7", "0-3", "0", "0-2", "0,2,4,6", "0-4,7"}},
	{"v2", "smt", 8, []string{"0-7", "0-7", "0-7", "0-3", "0-1", "0-2", "0-1,3,5-7", "0-4,7"}},
	{"v2", "wide", 64, []string{"0-63"}},
	{"v1", "laptop", 4, []string{"0-3", "0-3", "0-3", "0-2", "0", "0,3"}},
}

// CPUs of a quota: a part of one, all around the whole numbers, and as many as the machine has (n).
var quotas = []struct {
	n, milli uint64 // CPUs = n x the machine's + milli / 1000
	us       uint64 // and so many microseconds
}{
	{0, 100, 0}, {0, 500, 0}, {0, 1000, 0}, {0, 1000, 1}, {0, 1500, 0}, {0, 2000, 0}, {0, 2000, 1},
	{0, 2500, 0}, {0, 3000, 0}, {0, 3999, 0}, {0, 4001, 0}, {1, 0, 0}, {1, 500, 0}, {2, 0, 0},
}

var periods = []uint64{100000, 100000, 100000, 50000, 33333, 77777, 10007, 1000000}

// 116508445 is the first limit whose 90 % are 100 MiB: rounded down to pages, it is not.
var memories = []uint64{32 * mib, 63 * mib, 64*mib - 1, 64 * mib, 64*mib + 1, 65 * mib, 100 * mib, 116508445,
	123456789, 127*mib + 4095, 512 * mib, 1 << 31, 1<<40 + 1}

var ancestorMemories = []uint64{48 * mib, 80 * mib, 96*mib + 1, 200 * mib, 1 << 30}

// Go takes no notice of shares, nor does our default: a request of Kubernetes's is no limit.
var shares = []uint64{2, 102, 512, 1024, 4096, 16384}

var environments = []string{"GOMAXPROCS=3", "GOMAXPROCS=abc", "GOMEMLIMIT=off", "GOMEMLIMIT=50MiB"}

func pick[T any](r *rand.Rand, from []T) T {
	return from[r.Intn(len(from))]
}

// chance is true in so many of a hundred cases.
func chance(r *rand.Rand, percent int) bool {
	return r.Intn(100) < percent
}

func newQuota(r *rand.Rand, cpus int) (quota, period uint64) {
	q, period := pick(r, quotas), pick(r, periods)
	quota = (q.n*uint64(cpus)*1000+q.milli)*period/1000 + q.us
	if quota < 1000 { // the kernel takes no less
		quota = 1000
	}
	return quota, period
}

// newCpuset is a list of some of these CPUs, in one of the ways that people write it.
func newCpuset(r *rand.Rand, from []int) string {
	a, b := r.Intn(len(from)), r.Intn(len(from))
	if a > b {
		a, b = b, a
	}
	var some []string
	switch r.Intn(5) {
	case 0:
		return strconv.Itoa(from[a])
	case 1:
		return ranges(from[:b+1])
	case 2, 3:
		for _, cpu := range from[a : b+1] {
			some = append(some, strconv.Itoa(cpu))
		}
	case 4: // backwards, and with gaps
		for i := b; i >= a; i -= 1 + r.Intn(3) {
			some = append(some, strconv.Itoa(from[i]))
		}
	}
	return strings.Join(some, ",")
}

// newAncestor's limits are drawn without a look at the container's: some are tighter, some looser.
func newAncestor(r *rand.Rand, c *Case, cpus int) Limits {
	var l Limits
	if chance(r, 50) {
		l.Quota, l.Period = newQuota(r, cpus)
	}
	if chance(r, 40) {
		l.Memory = pick(r, ancestorMemories)
	}
	if c.Cgroup == "v2" && chance(r, 25) {
		l.High = pick(r, ancestorMemories[1:])
	}
	if c.Cgroup == "v2" && chance(r, 15) {
		l.Cpuset = newCpuset(r, upTo(cpus))
	}
	return l
}

// v1Quotas drops the quotas that cgroup v1 refuses: a child's may not be larger than its parent's.
func v1Quotas(c *Case) {
	var least *Limits
	path := []*Limits{&c.Own}
	for i := range c.Ancestors {
		path = append(path, &c.Ancestors[i])
	}
	for i := len(path) - 1; i >= 0; i-- {
		l := path[i]
		if l.Quota == 0 {
			continue
		}
		if least != nil && l.Quota*least.Period > least.Quota*l.Period {
			l.Quota, l.Period = 0, 0
			continue
		}
		least = l
	}
}

// newCase depends on the seed and the number alone, so that a case can be run without the others.
func newCase(seed int64, n int) Case {
	r := rand.New(rand.NewSource(seed*1000003 + int64(n)))
	m := pick(r, machines)
	c := Case{N: n, Cgroup: m.cgroup, Shape: m.shape, Online: pick(r, m.online), Ancestors: []Limits{}}
	c.Program = pick(r, []string{"old", "old", "old", "old", "mid", "mid", "mid", "pinned", "pinned", "new"})
	c.Runtime = pick(r, []string{"runc", "crun"})
	c.Way = pick(r, []string{"hook", "hook", "hook", "runtime"})
	c.CgroupNS = chance(r, 70)
	if chance(r, 15) {
		c.Env = pick(r, environments)
	}
	if chance(r, 40) {
		// cgroup v2 takes the CPUs that are offline as well; v1 refuses them.
		from := upTo(m.cpus)
		if c.Cgroup == "v1" {
			from = sorted(cpusOf(c.Online))
		}
		c.Own.Cpuset = newCpuset(r, from)
	}
	if chance(r, 75) {
		c.Own.Quota, c.Own.Period = newQuota(r, m.cpus)
	}
	if chance(r, 40) {
		c.Own.Shares = pick(r, shares)
	}
	if chance(r, 75) {
		c.Own.Memory = pick(r, memories)
	}
	if c.Cgroup == "v2" && chance(r, 15) {
		c.Own.High = pick(r, memories[1:])
	}
	for i := pick(r, []int{0, 0, 1, 1, 2}); i > 0; i-- {
		c.Ancestors = append(c.Ancestors, newAncestor(r, &c, m.cpus))
	}
	if c.Cgroup == "v1" {
		v1Quotas(&c)
	}
	return c
}

// --- lists of CPUs ---------------------------------------------------------------------------

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// ranges writes a sorted list as short as it can be: "0-3,7".
func ranges(cpus []int) string {
	var parts []string
	for i := 0; i < len(cpus); {
		j := i
		for j+1 < len(cpus) && cpus[j+1] == cpus[j]+1 {
			j++
		}
		part := strconv.Itoa(cpus[i])
		if j > i {
			part += "-" + strconv.Itoa(cpus[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ",")
}

// cpusOf reads "0-3,7".
func cpusOf(list string) map[int]bool {
	set := map[int]bool{}
	for _, part := range strings.Split(list, ",") {
		first, last, isRange := strings.Cut(part, "-")
		a, err := strconv.Atoi(first)
		if err != nil {
			continue
		}
		b := a
		if isRange {
			b, _ = strconv.Atoi(last)
		}
		for ; a <= b; a++ {
			set[a] = true
		}
	}
	return set
}

func sorted(set map[int]bool) []int {
	var all []int
	for cpu := range set {
		all = append(all, cpu)
	}
	sort.Ints(all)
	return all
}
