// The oracle's driver: makes cases from a seed, runs them as real containers (in a lab VM), and
// judges what an old Go program got from us by what the newest Go chooses by itself.
//
//	oracle generate SEED FIRST LAST     cases, a line of JSON each
//	oracle guest DIR <CASES             runs them here, as root; a result a line. DIR has the programs
//	oracle judge CASES RESULTS          says what differs, sums up; exits 1 when a case failed
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
)

// Limits are what one cgroup has; 0 is no limit.
type Limits struct {
	Quota  uint64 `json:"quota,omitempty"`  // us
	Period uint64 `json:"period,omitempty"` // us
	Shares uint64 `json:"shares,omitempty"` // config.json's; only of a container
	Memory uint64 `json:"memory,omitempty"` // bytes: memory.max, memory.limit_in_bytes
	High   uint64 `json:"high,omitempty"`   // bytes: memory.high, v2 alone
	Cpuset string `json:"cpuset,omitempty"`
}

// Case is one container, and the machine that it starts on.
type Case struct {
	N         int      `json:"n"`
	Cgroup    string   `json:"cgroup"`
	Shape     string   `json:"shape"`
	Online    string   `json:"online"`
	Own       Limits   `json:"own"`
	Ancestors []Limits `json:"ancestors"` // the parent first
	Program   string   `json:"program"`   // old, mid, pinned, new: see build
	Env       string   `json:"env"`       // what the image sets, or nothing
	Way       string   `json:"way"`       // hook or runtime
	Runtime   string   `json:"runtime"`   // runc or crun
	CgroupNS  bool     `json:"cgroupns"`
}

// Report is what the program says of itself: tests/e2e/probe.
type Report struct {
	Go         string            `json:"go"`
	GOMAXPROCS uint64            `json:"gomaxprocs"`
	NumCPU     uint64            `json:"numcpu"`
	MemLimit   int64             `json:"memlimit"`
	Env        map[string]string `json:"env"`
}

// Setting is a row of the decision record.
type Setting struct {
	Name    string `json:"name"`
	Verdict string `json:"verdict"`
	Reason  string `json:"reason"`
	Value   string `json:"value"`
	Applied *bool  `json:"applied"`
}

// Result is what became of a case. Ours or Native is nil where the container did not start: then
// the error says why.
type Result struct {
	N           int       `json:"n"`
	Ours        *Report   `json:"ours"`
	OursError   string    `json:"ours_error,omitempty"`
	Native      *Report   `json:"native"`
	NativeError string    `json:"native_error,omitempty"`
	NotRun      string    `json:"not_run,omitempty"`
	Memory      uint64    `json:"memory"` // the machine's, bytes
	Settings    []Setting `json:"settings"`
}

// lines decodes a stream of JSON values.
func lines[T any](r io.Reader) ([]T, error) {
	var all []T
	d := json.NewDecoder(bufio.NewReader(r))
	for {
		var v T
		if err := d.Decode(&v); err == io.EOF {
			return all, nil
		} else if err != nil {
			return all, err
		}
		all = append(all, v)
	}
}

func linesOf[T any](path string) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return lines[T](f)
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		fail(fmt.Errorf("%q: a whole number is wanted", s))
	}
	return n
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "oracle:", err)
	os.Exit(2)
}

func generate(seed, first, last int) {
	out := json.NewEncoder(os.Stdout)
	for n := first; n <= last; n++ {
		_ = out.Encode(newCase(int64(seed), n))
	}
}

func main() {
	args := os.Args[1:]
	switch {
	case len(args) == 4 && args[0] == "generate":
		generate(number(args[1]), number(args[2]), number(args[3]))
	case len(args) == 2 && args[0] == "guest":
		cases, err := lines[Case](os.Stdin)
		if err != nil {
			fail(err)
		}
		guest(args[1], cases)
	case len(args) == 3 && args[0] == "judge":
		cases, err := linesOf[Case](args[1])
		if err != nil {
			fail(err)
		}
		results, err := linesOf[Result](args[2])
		if err != nil {
			fail(err)
		}
		os.Exit(judge(cases, results))
	default:
		fail(fmt.Errorf("see the head of tests/oracle/main.go"))
	}
}
