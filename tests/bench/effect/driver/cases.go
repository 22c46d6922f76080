package main

import "fmt"

// Arm is one way to run a service.
type Arm struct {
	Name    string
	Program string   // of -programs
	Env     []string // of the image
	Policy  string   // of our hook; without it there is no hook
}

// Run is one container under load.
type Run struct {
	Part, Kind string
	Quota      float64 // CPUs
	Memory     int     // MiB
	Live       int     // MiB that the service keeps
	Arm        Arm
}

const (
	ample     = 512
	asDefault = `{"version": 1}`
	// automaxprocs' own rule.
	floor1 = `{"version": 1, "profiles": {"balanced": {"gomaxprocs": {"round": "floor", "min": 1}}}}`
)

func profile(name string) string {
	return fmt.Sprintf(`{"version": 1, "default_profile": "%s"}`, name)
}

func gogc(percent int) string {
	return fmt.Sprintf(`{"version": 1, "profiles": {"balanced": {"gogc": %d}}}`, percent)
}

// armsOf gives the usual ways for a program. Eight Ps are what it would have on a host of eight CPUs.
func armsOf(program string) []Arm {
	return []Arm{
		{"untouched", program, nil, ""},
		{"untouched, 8 Ps", program, []string{"GOMAXPROCS=8"}, ""},
		{"balanced", program, nil, asDefault},
		{"floor, min 1", program, nil, floor1},
	}
}

var (
	rebuilt = Arm{"rebuilt", "old-rebuilt", nil, ""}
	native  = Arm{"newest Go", "new", nil, ""}
)

func cpuRuns() (runs []Run) {
	for _, kind := range []string{"http", "paced", "queue", "cpu", "bursty"} {
		for _, quota := range []float64{0.5, 1, 1.5} {
			for _, arm := range append(armsOf("old"), rebuilt, native) {
				runs = append(runs, Run{"cpu", kind, quota, ample, 16, arm})
			}
		}
	}
	return runs
}

// versionRuns: what Go 1.24 and a program that go.mod holds back get.
func versionRuns() (runs []Run) {
	for _, program := range []string{"mid", "pinned"} {
		for _, arm := range armsOf(program) {
			arm.Name = program + ": " + arm.Name
			runs = append(runs, Run{"versions", "http", 1, ample, 16, arm})
		}
	}
	return append(runs, Run{"versions", "http", 1, ample, 16, native})
}

// memoryRuns: with 40 MiB live, GOGC=100 wants twice that and more.
func memoryRuns() (runs []Run) {
	for _, kind := range []string{"http", "queue"} {
		for _, memory := range []int{64, 96, ample} {
			for _, arm := range []Arm{
				{"untouched", "old", nil, ""}, {"balanced", "old", nil, asDefault},
				{"memory", "old", nil, profile("memory")}, {"throughput", "old", nil, profile("throughput")},
				rebuilt, native,
			} {
				runs = append(runs, Run{"memory", kind, 1, memory, 40, arm})
			}
		}
	}
	return runs
}

func gogcRuns() (runs []Run) {
	for _, percent := range []int{10, 50, 100, 200, 400} {
		arm := Arm{fmt.Sprintf("GOGC=%d", percent), "old", nil, gogc(percent)}
		runs = append(runs, Run{"gogc", "queue", 1.5, ample, 40, arm})
	}
	return runs
}

func allRuns() []Run {
	runs := append(cpuRuns(), versionRuns()...)
	runs = append(runs, memoryRuns()...)
	return append(runs, gogcRuns()...)
}

func (r Run) name() string {
	return fmt.Sprintf("%s %s quota %g memory %d MiB %s", r.Part, r.Kind, r.Quota, r.Memory, r.Arm.Name)
}

func (r Run) fields() []string {
	return []string{r.Part, r.Kind, fmt.Sprint(r.Quota), fmt.Sprint(r.Memory), r.Arm.Name}
}
