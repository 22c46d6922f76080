// Prints the row of hook/goroutines/layouts.def for the Go version that has built FILE, an amd64
// program with symbols and DWARF: where the fields of runtime.g and runtime.moduledata are, and what
// the runtime calls the things that a goroutine waits for.
package main

import (
	"debug/dwarf"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// In the order of the row; contrib/goroutine-layouts/generate names them in the file's head.
var fields = []string{
	"stack.lo", "stack.hi", "sched.sp", "sched.pc", "sched.bp", "atomicstatus", "goid", "waitsince",
	"waitreason", "gopc", "startpc",
}

func die(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "goroutine-layouts:", err)
		os.Exit(1)
	}
}

// structs reads the struct types of these names.
func structs(d *dwarf.Data, names ...string) map[string]*dwarf.StructType {
	found := map[string]*dwarf.StructType{}
	r := d.Reader()
	for {
		e, err := r.Next()
		die(err)
		if e == nil {
			return found
		}
		if e.Tag != dwarf.TagStructType {
			if e.Tag != dwarf.TagCompileUnit {
				r.SkipChildren()
			}
			continue
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		for _, want := range names {
			if name == want {
				t, err := d.Type(e.Offset)
				die(err)
				found[want] = t.(*dwarf.StructType)
			}
		}
		r.SkipChildren()
	}
}

// offset is where the field PATH ("sched.pc") of T begins.
func offset(t *dwarf.StructType, path string) int64 {
	at := int64(0)
	for _, name := range strings.Split(path, ".") {
		var next dwarf.Type
		for _, f := range t.Field {
			if f.Name == name {
				at += f.ByteOffset
				next = f.Type
			}
		}
		if next == nil {
			die(fmt.Errorf("%s has no field %s", t.StructName, name))
		}
		for {
			alias, ok := next.(*dwarf.TypedefType)
			if !ok {
				break
			}
			next = alias.Type
		}
		if inner, ok := next.(*dwarf.StructType); ok {
			t = inner
		}
	}
	return at
}

func memory(f *elf.File, addr, size uint64) []byte {
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && addr >= p.Vaddr && addr+size <= p.Vaddr+p.Filesz {
			b := make([]byte, size)
			_, err := p.ReadAt(b, int64(addr-p.Vaddr))
			die(err)
			return b
		}
	}
	die(fmt.Errorf("%#x is not in the file", addr))
	return nil
}

// reasons is runtime.waitReasonStrings, an array of strings.
func reasons(f *elf.File) []string {
	syms, err := f.Symbols()
	die(err)
	var out []string
	for _, s := range syms {
		if s.Name != "runtime.waitReasonStrings" {
			continue
		}
		b := memory(f, s.Value, s.Size)
		for ; len(b) >= 16; b = b[16:] {
			p, n := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
			text := ""
			if n > 0 {
				text = string(memory(f, p, n))
			}
			out = append(out, text)
		}
	}
	if len(out) == 0 {
		die(fmt.Errorf("no runtime.waitReasonStrings: is the program stripped?"))
	}
	return out
}

func main() {
	if len(os.Args) != 3 {
		die(fmt.Errorf("usage: goroutine-layouts VERSION FILE"))
	}
	version := os.Args[1]
	part := strings.Split(strings.TrimPrefix(version, "go"), ".")
	f, err := elf.Open(os.Args[2])
	die(err)
	d, err := f.DWARF()
	die(err)
	t := structs(d, "runtime.g", "runtime.moduledata")
	g, m := t["runtime.g"], t["runtime.moduledata"]
	if g == nil || m == nil || len(part) < 2 {
		die(fmt.Errorf("%s: no runtime.g", os.Args[2]))
	}
	row := []string{part[1], strconv.Quote(version), strconv.FormatInt(g.ByteSize, 10)}
	for _, name := range fields {
		row = append(row, strconv.FormatInt(offset(g, name), 10))
	}
	row = append(row, strconv.FormatInt(offset(m, "text"), 10), strconv.FormatInt(offset(m, "etext"), 10),
		strconv.FormatInt(offset(m, "gofunc"), 10))
	fmt.Printf("LAYOUT(%s,\n", strings.Join(row, ", "))
	words := reasons(f)
	for i, w := range words {
		end := ","
		if i == len(words)-1 {
			end = ")"
		}
		fmt.Printf("\t%q%s\n", w, end)
	}
}
