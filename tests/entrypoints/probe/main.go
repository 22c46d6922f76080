// The Go programs of the entrypoint shapes. One line on standard output says which file ran, as whom and with
// which arguments: the same with and without us. What it was given goes to /ran, one JSON object a line.
//
//	PROGRAM [ARG]...            reports; with a file /stay in the root, waits to be killed
//	PROGRAM --help | help       reports, and prints a usage as a server does
//	PROGRAM @exec PROGRAM...    reports, then becomes that program
//	PROGRAM @spawn PROGRAM...   reports, runs that program and ends as it does
//	PROGRAM @again [ARG]...     reports, and executes itself once more, without @again
//	PROGRAM @listen PORT        after a moment accepts connections on 127.0.0.1, until it is killed
//
// Go 1.19, standard library alone.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
)

type seen struct {
	Exe        string `json:"exe"`
	Go         bool   `json:"go"`
	GOMAXPROCS string `json:"GOMAXPROCS"`
	GOMEMLIMIT string `json:"GOMEMLIMIT"`
	Procs      int    `json:"procs"`
	Limit      int64  `json:"limit"` // bytes; -1: none
	Pid        int    `json:"pid"`
}

func report() {
	exe, _ := os.Readlink("/proc/self/exe")
	s := seen{
		Exe:        exe,
		Go:         true,
		GOMAXPROCS: os.Getenv("GOMAXPROCS"),
		GOMEMLIMIT: os.Getenv("GOMEMLIMIT"),
		Procs:      runtime.GOMAXPROCS(0),
		Limit:      debug.SetMemoryLimit(-1),
		Pid:        os.Getpid(),
	}
	if s.Limit == math.MaxInt64 {
		s.Limit = -1
	}
	line, _ := json.Marshal(s)
	// One write a line: several programs may report at once.
	if f, err := os.OpenFile("/ran", os.O_WRONLY|os.O_APPEND, 0); err == nil {
		_, _ = f.Write(append(line, '\n'))
		_ = f.Close()
	}
	fmt.Printf("RAN %s %d:%d %s\n", exe, os.Getuid(), os.Getgid(), strings.Join(os.Args[1:], " "))
}

func fail(err error) {
	fmt.Println("probe:", err)
	os.Exit(1)
}

func become(args []string) {
	path, err := exec.LookPath(args[0])
	if err != nil {
		fail(err)
	}
	fail(syscall.Exec(path, args, os.Environ()))
}

func spawn(args []string) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	var ended *exec.ExitError
	err := cmd.Run()
	if errors.As(err, &ended) {
		os.Exit(ended.ExitCode())
	}
	if err != nil {
		fail(err)
	}
}

func listen(port string) {
	time.Sleep(200 * time.Millisecond)
	l, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		fail(err)
	}
	for {
		if c, err := l.Accept(); err == nil {
			_ = c.Close()
		}
	}
}

func main() {
	args := os.Args[1:]
	for _, a := range args {
		if a == "--help" || a == "help" {
			report()
			fmt.Println("usage: probe COMMAND")
			return
		}
	}
	report()
	switch {
	case len(args) > 1 && args[0] == "@exec":
		become(args[1:])
	case len(args) > 1 && args[0] == "@spawn":
		spawn(args[1:])
	case len(args) > 1 && args[0] == "@listen":
		listen(args[1])
	case len(args) > 0 && args[0] == "@again":
		become(append([]string{"/proc/self/exe"}, args[1:]...))
	}
	if _, err := os.Stat("/stay"); err == nil {
		time.Sleep(time.Minute)
	}
}
