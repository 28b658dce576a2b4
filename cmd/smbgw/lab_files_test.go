//go:build lab

package main_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sizes are those of the files that every transfer carries: nothing, around
// the threshold of placement, around one request, and 64 MiB.
var sizes = []int64{0, 1, 4095, 4096, 4097, 70000, 1<<20 + 1, 64 << 20}

// peerSizes are enough to prove that two peers understand each other.
var peerSizes = []int64{0, 1, 4095, 4096, 4097, 70000, 1<<20 + 1, 4 << 20}

// A file is one that is carried about.
type file struct {
	name string // as it is called everywhere
	size int64
	sum  string // SHA-256 of its content
}

// payload makes files of those sizes in /lab/files.
func (l *lab) payload(sizes ...int64) []file {
	l.t.Helper()
	var all []file
	for i, size := range sizes {
		f := file{name: fmt.Sprintf("p%d-%d", i, size), size: size}
		path := l.host("files/" + f.name)
		out, err := os.Create(path)
		must(l.t, err)
		_, err = io.CopyN(out, rand.NewChaCha8([32]byte{byte(i), byte(size >> 8)}), size)
		must(l.t, err)
		must(l.t, out.Close())
		f.sum = l.sum(path)
		all = append(all, f)
	}
	return all
}

// sum is the SHA-256 of a file on the host.
func (l *lab) sum(path string) string {
	l.t.Helper()
	in, err := os.Open(path)
	must(l.t, err)
	defer in.Close()
	h := sha256.New()
	_, err = io.Copy(h, in)
	must(l.t, err)
	return hex.EncodeToString(h.Sum(nil))
}

// same compares the files of a folder on the host, PREFIX before their names.
func (l *lab) same(files []file, folder, prefix string) {
	l.t.Helper()
	for _, f := range files {
		if got := l.sum(filepath.Join(folder, prefix+f.name)); got != f.sum {
			l.t.Errorf("%s%s: SHA-256 %s, want %s", prefix, f.name, got, f.sum)
		}
	}
}

// same compares the files of a folder in the guest.
func (g *guest) same(files []file, folder string) {
	g.lab.t.Helper()
	var names, want []string
	for _, f := range files {
		names = append(names, f.name)
		want = append(want, f.sum+"  "+f.name)
	}
	got := g.run(100*time.Second, "cd "+folder+"; sha256sum "+strings.Join(names, " "))
	if strings.TrimSpace(got) != strings.Join(want, "\n") {
		g.lab.t.Errorf("in %s:%s the sums are\n%s\nwant\n%s", g.name, folder, got, strings.Join(want, "\n"))
	}
}

// total is how much payload the files are, and placed how much of it has to go
// by RDMA: requests below the threshold of 4096 bytes do not, and the last one
// for a file may be such.
func total(files []file) (all, placed int64) {
	for _, f := range files {
		all += f.size
		switch {
		case f.size == 4096:
			placed += f.size
		case f.size > 4096:
			placed += f.size - 4095
		}
	}
	return all, placed
}

func appendFile(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	must(t, err)
	defer f.Close()
	_, err = f.WriteString(text)
	must(t, err)
}
