// loads MODE SECONDS [N [M]]: programs whose fault is known, for tests/diagnose/proof. N and M are a mode's
// own: a rate in MiB/s, a live heap in MiB, a number of goroutines.
package main

import (
	"fmt"
	"os"
	"strconv"
	"time"
)

type mode struct {
	n, m int // if they are not given
	run  func(n, m int, end time.Time)
}

var modes = map[string]mode{
	"steady":  {50, 30, steady},
	"logging": {50, 10, logging},
	"leak":    {20, 30, leak},
	"cache":   {40, 60, cache},
	"assist":  {8, 80, assist},
	"burst":   {80, 8, burst},
	"forced":  {200, 20, forced},
	"stacks":  {2000, 6, stacks},
	"idle":    {100, 0, idle},
	"work":    {2, 50, work},
	"busy":    {4, 0, busy},
	"loop":    {2, 0, loop},
	"stop":    {1, 0, stop},
	"flood":   {1, 140, flood},
	"convoy":  {200, 0, convoy},
	"calls":   {80, 0, calls},
	"reuse":   {30, 0, reuse},
	"renew":   {8, 0, renew},
	"bodies":  {3, 0, bodies},
	"slow":    {5, 0, slow},
	"cancel":  {5, 0, cancel},
}

func number(i, or int) int {
	if len(os.Args) > i {
		if n, err := strconv.Atoi(os.Args[i]); err == nil {
			return n
		}
	}
	return or
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: loads MODE SECONDS [N [M]]")
		os.Exit(2)
	}
	m, ok := modes[os.Args[1]]
	seconds, err := strconv.ParseFloat(os.Args[2], 64)
	if !ok || err != nil {
		fmt.Fprintln(os.Stderr, "loads: unknown mode, or no number of seconds")
		os.Exit(2)
	}
	m.run(number(3, m.n), number(4, m.m), time.Now().Add(time.Duration(seconds*1e9)))
}
