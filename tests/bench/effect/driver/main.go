// The driver of make bench-effect: a real service in a real container under load, as it is, tuned by
// our hook, rebuilt with libraries, and by the newest Go. tests/bench/effect/run prepares its
// surroundings; docs/performance.md tells what is measured.
//
//	driver [flags]              runs, and appends a line a run to the file -o
//	driver -tables FILE         medians of such a file, as Markdown
//	driver -tables FILE -matrix KIND,COLUMN
//	                            of the part cpu one column's medians for gnuplot: a row a quota, a column a way
package main

import (
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// Config is what the command line says.
type Config struct {
	Work, Build, Programs, Out, Parts, Only, Tables, Matrix string
	Rounds                                                  int
	Seconds                                                 time.Duration
}

func parse() Config {
	var c Config
	flag.StringVar(&c.Work, "work", "", "directory for bundles, with config.json by runc spec")
	flag.StringVar(&c.Build, "build", "build", "directory of oci-gotune-hook")
	flag.StringVar(&c.Programs, "programs", "", "directory of the services")
	flag.StringVar(&c.Out, "o", "effect.csv", "where samples go")
	flag.StringVar(&c.Parts, "parts", "", "these alone: names with commas")
	flag.StringVar(&c.Only, "only", "", "runs whose names match this regular expression")
	flag.StringVar(&c.Tables, "tables", "", "print the tables of this file instead")
	flag.StringVar(&c.Matrix, "matrix", "", "of -tables, for gnuplot: KIND,COLUMN")
	flag.IntVar(&c.Rounds, "rounds", 3, "runs of each")
	flag.DurationVar(&c.Seconds, "time", 4*time.Second, "of load in a run")
	flag.Parse()
	return c
}

func main() {
	c := parse()
	if c.Tables != "" {
		all, err := groups(c.Tables)
		check(err)
		if c.Matrix != "" {
			matrix(all, c.Matrix)
		} else {
			tables(all)
		}
		return
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	f, err := os.Create(c.Out)
	check(err)
	w := csv.NewWriter(f)
	check(w.Write(header))
	runs := wanted(c)
	for round := 1; round <= c.Rounds; round++ {
		for i := range runs {
			// Each round begins elsewhere, so that none always comes after the same other one.
			r := runs[(i+round*7)%len(runs)]
			s, err := r.run(c)
			if err != nil {
				check(fmt.Errorf("%s: %w", r.name(), err))
			}
			check(w.Write(append(append(r.fields(), fmt.Sprint(round)), s.fields()...)))
			w.Flush()
			check(w.Error())
			if len(stop) > 0 {
				os.Exit(143)
			}
		}
		fmt.Fprintf(os.Stderr, "bench-effect: round %d of %d, %d containers\n", round, c.Rounds, len(runs))
	}
}

// wanted is every run that there is a program for, and a line for those that there is none for.
func wanted(c Config) (runs []Run) {
	missing := map[string]bool{}
	only, err := regexp.Compile(c.Only)
	check(err)
	for _, r := range allRuns() {
		if c.Parts != "" && !strings.Contains(","+c.Parts+",", ","+r.Part+",") || !only.MatchString(r.name()) {
			continue
		}
		if _, err := os.Stat(c.Programs + "/" + r.Arm.Program); err != nil {
			missing[r.Arm.Program] = true
			continue
		}
		runs = append(runs, r)
	}
	for name := range missing {
		fmt.Fprintf(os.Stderr, "bench-effect: not run: no program %s, see above\n", name)
	}
	return runs
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-effect:", err)
		os.Exit(1)
	}
}
