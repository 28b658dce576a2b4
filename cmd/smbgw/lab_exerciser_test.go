//go:build lab

package main_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// exerciseRole does what a file system exerciser does to one file: operations
// at random, each checked against what the file has to hold. args are the file,
// how many operations, and a seed.
func exerciseRole(t *testing.T, args []string) {
	n, err := strconv.Atoi(args[1])
	must(t, err)
	seed, err := strconv.ParseUint(args[2], 10, 64)
	must(t, err)
	x := &exerciser{t: t, path: args[0], random: rand.New(rand.NewPCG(seed, 0))}
	x.open(os.O_CREATE | os.O_TRUNC)
	for i := range n {
		x.step = i
		operations[x.random.IntN(len(operations))](x)
	}
	x.reopen()
	x.whole()
	must(t, x.file.Close())
	must(t, os.Remove(x.path))
}

// An exerciser is a file and what it has to hold.
type exerciser struct {
	t      *testing.T
	path   string
	file   *os.File
	random *rand.Rand
	step   int
	holds  []byte
}

const (
	exercised = 4 << 20 // bytes that the file has at most
	stretch   = 300_000 // bytes of one operation
)

var operations = []func(*exerciser){
	(*exerciser).write, (*exerciser).write, (*exerciser).append,
	(*exerciser).read, (*exerciser).read, (*exerciser).mapped,
	(*exerciser).truncate, (*exerciser).sync, (*exerciser).reopen,
}

func (x *exerciser) open(flags int) {
	f, err := os.OpenFile(x.path, os.O_RDWR|flags, 0o644)
	must(x.t, err)
	x.file = f
}

// place is where an operation of some length begins.
func (x *exerciser) place(most int) (at, n int) {
	at = x.random.IntN(most + 1)
	return at, min(x.random.IntN(stretch), most-at)
}

func (x *exerciser) writeAt(at, n int) {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(x.random.Uint32())
	}
	if grown := at + n; n > 0 && grown > len(x.holds) {
		x.holds = append(x.holds, make([]byte, grown-len(x.holds))...)
	}
	copy(x.holds[min(at, len(x.holds)):], b)
	_, err := x.file.WriteAt(b, int64(at))
	must(x.t, err)
}

// write may leave a hole behind the old end.
func (x *exerciser) write() { x.writeAt(x.place(exercised)) }

func (x *exerciser) append() {
	if at := len(x.holds); at < exercised {
		x.writeAt(at, min(x.random.IntN(stretch), exercised-at))
	}
}

func (x *exerciser) read() {
	at, n := x.place(len(x.holds))
	got := make([]byte, n)
	_, err := x.file.ReadAt(got, int64(at))
	if n > 0 {
		must(x.t, err)
	}
	x.same("read", at, got)
}

// mapped reads through a mapping.
func (x *exerciser) mapped() {
	at, n := x.place(len(x.holds))
	if n == 0 {
		return
	}
	page := at &^ (os.Getpagesize() - 1)
	m, err := syscall.Mmap(int(x.file.Fd()), int64(page), at-page+n, syscall.PROT_READ, syscall.MAP_SHARED)
	must(x.t, err)
	x.same("mapping", at, m[at-page:])
	must(x.t, syscall.Munmap(m))
}

func (x *exerciser) truncate() {
	n := x.random.IntN(exercised)
	must(x.t, x.file.Truncate(int64(n)))
	x.holds = append(x.holds[:min(n, len(x.holds))], make([]byte, max(n-len(x.holds), 0))...)
	info, err := x.file.Stat()
	must(x.t, err)
	if info.Size() != int64(n) {
		x.t.Fatalf("step %d: %d bytes, want %d", x.step, info.Size(), n)
	}
}

func (x *exerciser) sync() { must(x.t, x.file.Sync()) }

func (x *exerciser) reopen() {
	must(x.t, x.file.Close())
	x.open(0)
}

func (x *exerciser) whole() {
	got, err := io.ReadAll(x.file)
	must(x.t, err)
	if len(got) != len(x.holds) {
		x.t.Fatalf("%d bytes, want %d", len(got), len(x.holds))
	}
	x.same("the whole file", 0, got)
}

func (x *exerciser) same(what string, at int, got []byte) {
	if want := x.holds[at : at+len(got)]; !bytes.Equal(got, want) {
		i := 0
		for got[i] == want[i] {
			i++
		}
		x.t.Fatalf("step %d: %s of %d bytes at %d differs from %d on", x.step, what, len(got), at, at+i)
	}
}

// exercise runs the exerciser in the guest, on its mount.
func (g *guest) exercise(operations int) {
	g.lab.t.Helper()
	self, err := os.Executable()
	must(g.lab.t, err)
	b, err := os.ReadFile(self)
	must(g.lab.t, err)
	must(g.lab.t, os.WriteFile(g.lab.host("exerciser"), b, 0o755))
	for seed := range 2 {
		g.run(100*time.Second, fmt.Sprintf(
			"SMBGW_LAB_ROLE='exercise /tmp/mnt/x %d %d' /lab/exerciser -test.run='^TestLabHelper$' -test.count=1", operations, seed))
	}
}
