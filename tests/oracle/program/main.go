// The program in the oracle's containers: what its Go runtime took for itself, as one line of JSON.
// Standard library alone, Go 1.19 or later.
package main

import (
	"encoding/json"
	"os"
	"runtime"
	"runtime/debug"
)

func main() {
	_ = json.NewEncoder(os.Stdout).Encode(map[string]any{
		"go":         runtime.Version(),
		"gomaxprocs": runtime.GOMAXPROCS(0),
		"numcpu":     runtime.NumCPU(),
		"memlimit":   debug.SetMemoryLimit(-1),
		"env": map[string]string{
			"GOMAXPROCS": os.Getenv("GOMAXPROCS"),
			"GOMEMLIMIT": os.Getenv("GOMEMLIMIT"),
			"GODEBUG":    os.Getenv("GODEBUG"),
		},
	})
}
