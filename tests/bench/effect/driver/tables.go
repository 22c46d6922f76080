package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
)

// Group is all rounds of one run.
type Group struct {
	first  map[string]string
	values map[string][]float64
}

// groups reads samples, in the order in which their runs are defined.
func groups(file string) ([]Group, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	found := map[string]*Group{}
	for _, row := range rows[1:] {
		first := map[string]string{}
		for i, name := range rows[0] {
			first[name] = row[i]
		}
		key := fmt.Sprint(row[:5])
		if found[key] == nil {
			found[key] = &Group{first, map[string][]float64{}}
		}
		for name, text := range first {
			if n, err := strconv.ParseFloat(text, 64); err == nil {
				found[key].values[name] = append(found[key].values[name], n)
			}
		}
	}
	var out []Group
	for _, r := range allRuns() {
		if g := found[fmt.Sprint(r.fields())]; g != nil {
			for _, values := range g.values {
				sort.Float64s(values)
			}
			out = append(out, *g)
		}
	}
	return out, nil
}

func (g Group) median(name string) float64 {
	v := g.values[name]
	if len(v) == 0 {
		return 0
	}
	return v[len(v)/2]
}

// spread is a median with the least and the greatest.
func (g Group) spread(name, format string) string {
	v := g.values[name]
	return fmt.Sprintf(format+" ("+format+"–"+format+")", g.median(name), v[0], v[len(v)-1])
}

// killed is in how many of the rounds the kernel killed the service for memory.
func (g Group) killed() (n int) {
	for _, kills := range g.values["oom_kills"] {
		if kills > 0 {
			n++
		}
	}
	return n
}

// collected is the collector's share of the CPU time, where it can be told: Go takes it by the wall
// clock, so that time in which the service was throttled or idle counts as well.
func (g Group) collected(throttled float64) string {
	if throttled > 5 || g.median("gcs") < 20 || g.median("cpu_s") < 0.5*g.median("seconds")*g.median("quota") {
		return "–"
	}
	return fmt.Sprintf("%.1f", g.median("gc_cpu_percent"))
}

func (g Group) row() string {
	limits := fmt.Sprintf("| %s | %s | %s |", g.first["quota"], g.first["memory_mib"], g.first["arm"])
	if n := g.killed(); n > 0 {
		return fmt.Sprintf("%s %s | %s | %s | killed in %d of %d |||||||", limits, g.first["gomaxprocs"], g.first["gomemlimit_mib"],
			g.first["gogc"], n, len(g.values["oom_kills"]))
	}
	throttled := 0.0
	if p := g.median("periods"); p > 0 {
		throttled = 100 * g.median("throttled") / p
	}
	return fmt.Sprintf("%s %s | %s | %s | %s | %.2f | %s | %.1f | %.0f | %s | %.0f |", limits, g.first["gomaxprocs"],
		g.first["gomemlimit_mib"], g.first["gogc"], g.spread("per_s", "%.0f"), g.median("p50_ms"), g.spread("p99_ms", "%.1f"),
		g.median("p999_ms"), throttled, g.collected(throttled), g.median("peak_mib"))
}

// gogcRow: how far apart collections are, and how far the live heap and the rate of allocation say.
func (g Group) gogcRow() string {
	live := g.median("live_mib")
	percent, alloc, gcs := g.median("gogc"), g.median("alloc_mib_s"), g.median("gcs")
	if alloc == 0 || gcs == 0 {
		return fmt.Sprintf("| %.0f | no collection |||||||", percent)
	}
	return fmt.Sprintf("| %.0f | %.0f | %.1f | %.0f | %.0f | %.0f | %.2f |", percent, alloc, 1000*g.median("seconds")/gcs,
		1000*live/alloc*percent/100, live, g.median("per_s"), g.median("gc_pause_ms")/gcs)
}

const head = "| quota | MiB | | Ps | GOMEMLIMIT | GOGC | per s (least–most) | p50 ms | p99 ms (least–most) | p99.9 ms | throttled % | GC % of CPU | peak MiB |\n" +
	"|---|---|---|---|---|---|---|---|---|---|---|---|---|\n"

// tables prints medians, a table for each part and kind.
func tables(all []Group) {
	last := ""
	for _, g := range all {
		if now := g.first["part"] + ", " + g.first["kind"]; now != last {
			fmt.Printf("\n**%s** (%d rounds)\n\n%s", now, len(g.values["round"]), head)
			last = now
		}
		fmt.Println(g.row())
	}
	title := "\n**GOGC and the time between collections**\n\n| GOGC | MiB allocated a s | measured ms | H0/r × GOGC/100, ms | H0, MiB | batches a s | pause ms |\n|---|---|---|---|---|---|---|\n"
	for _, g := range all {
		if g.first["part"] == "gogc" {
			fmt.Print(title)
			fmt.Println(g.gogcRow())
			title = ""
		}
	}
}

// matrix prints what KIND,COLUMN of the part cpu is for each quota and way.
func matrix(all []Group, what string) {
	kind, column, _ := strings.Cut(what, ",")
	var quotas, ways []string
	cells := map[string]float64{}
	for _, g := range all {
		if g.first["part"] != "cpu" || g.first["kind"] != kind {
			continue
		}
		quota, way := g.first["quota"], g.first["arm"]
		if len(ways) == 0 || quota != quotas[len(quotas)-1] {
			quotas = append(quotas, quota)
		}
		if len(quotas) == 1 {
			ways = append(ways, way)
		}
		cells[quota+way] = g.median(column)
	}
	fmt.Printf("quota\t%s\n", strings.Join(ways, "\t"))
	for _, quota := range quotas {
		fmt.Print(quota)
		for _, way := range ways {
			fmt.Printf("\t%g", cells[quota+way])
		}
		fmt.Println()
	}
}
