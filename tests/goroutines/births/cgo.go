//go:build withc

// With it, C's runtime starts the threads, and C's linker links the program.

package main

import "C"
