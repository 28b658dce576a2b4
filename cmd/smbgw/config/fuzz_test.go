package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// FuzzLoad feeds the whole path from bytes to Config: it returns exactly one
// of a configuration and mistakes, does so twice alike, and every mistake has
// a place that exists in the file.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/*.hcl")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(minimal))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, src []byte) {
		// Outside the fuzzer's own folder nothing is opened: a mutated name
		// could be a pipe or a device.
		if strings.Contains(string(src), "/") || strings.Contains(string(src), `\`) {
			t.Skip()
		}
		file := filepath.Join(dir, "fuzz.hcl")
		c, err := parse(file, src, networks())
		again, errAgain := parse(file, src, networks())
		if !reflect.DeepEqual(c, again) || !reflect.DeepEqual(err, errAgain) {
			t.Fatalf("two results for one file:\n%+v %v\n%+v %v", c, err, again, errAgain)
		}
		mistakes, ok := errors.AsType[Mistakes](err)
		if (c == nil) != ok {
			t.Fatalf("configuration %+v with error %v", c, err)
		}
		checkPlaces(t, src, mistakes)
		if c != nil {
			checkConfig(t, c)
		}
	})
}

func checkPlaces(t *testing.T, src []byte, mistakes Mistakes) {
	t.Helper()
	lines := strings.Count(string(src), "\n") + 1
	for _, m := range mistakes {
		if m.Line < 1 || m.Line > lines || m.Column < 1 || m.Text == "" {
			t.Fatalf("mistake at %d:%d of %d lines: %q", m.Line, m.Column, lines, m.Text)
		}
	}
	var b strings.Builder
	mistakes.WriteTo(&b)
}

// checkConfig holds what the rest of the program relies on.
func checkConfig(t *testing.T, c *Config) {
	t.Helper()
	if len(c.Listeners) == 0 {
		t.Fatal("no listener")
	}
	for _, l := range c.Listeners {
		if l.Name == "" || l.Relay == nil || (l.TLS != nil) != networks()[l.Addr.Network].TLS {
			t.Fatalf("listener %+v", l)
		}
	}
	for _, b := range c.Backends {
		if b.Name == "" || len(b.Addrs) == 0 || b.Threshold > maxThreshold {
			t.Fatalf("backend %+v", b)
		}
	}
}
