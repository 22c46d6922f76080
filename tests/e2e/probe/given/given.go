// Package given says which RLIMIT_NOFILE the process was started with. Package os raises the soft
// limit in an init function of its own (os/rlimit.go, Go 1.19), so this package must not depend on
// os, and main must import it first: then its init runs before.
package given

import "syscall"

// Soft and Hard are the limits before the Go runtime touched them.
var Soft, Hard uint64

func init() {
	var r syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r) == nil {
		Soft, Hard = r.Cur, r.Max
	}
}
