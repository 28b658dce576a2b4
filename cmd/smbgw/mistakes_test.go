package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth/users"
	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/transports"
)

// A slip is one mistake of testdata/mistakes.txt.
type slip struct {
	name         string
	taken, added []string // lines of the file
	want         string   // the diagnostic, from the line's number on
}

// Every mistake of the list gives exactly one diagnostic, with its place, and
// nothing starts.
func TestMistakes(t *testing.T) {
	t.Parallel()
	const fewest = 60
	base, slips := slipsOf(t)
	if len(slips) < fewest {
		t.Errorf("the list has %d mistakes, want %d at least", len(slips), fewest)
	}
	dir := t.TempDir()
	furnish(t, dir)
	if got := start(t, dir, base, "check"); got != "" {
		t.Fatalf("the file without a mistake: %s", got)
	}
	seen := map[string]string{}
	for _, s := range slips {
		got := strings.ReplaceAll(start(t, dir, s.change(t, base), "run"), dir, "DIR")
		if got != s.want {
			t.Errorf("%s\ngives %s\nwant  %s", s.name, got, s.want)
		}
		if other, ok := seen[s.name]; ok {
			t.Errorf("%s is in the list twice: %s", s.name, other)
		}
		seen[s.name] = got
	}
}

// start has the program run a command on a configuration, and returns its
// diagnostics in a line each, without what they all begin with. A listener that
// is made fails the test.
func start(t *testing.T, dir, src, command string) string {
	t.Helper()
	file := filepath.Join(dir, "smbgw.hcl")
	write(t, file, src)
	table := map[string]network{}
	for name, n := range networks {
		n.listen = func(*config.Listener, means) transports.Network {
			t.Errorf("something starts with:\n%s", src)
			return nil
		}
		table[name] = n
	}
	var stderr bytes.Buffer
	inv := &invocation{networks: table, getenv: func(string) string { return "" }, stdout: io.Discard, stderr: &stderr}
	status := inv.run(t.Context(), []string{"-c", file, command})
	var list []string
	for line := range strings.Lines(stderr.String()) {
		switch text, ok := strings.CutPrefix(line, file+":"); {
		case ok:
			list = append(list, strings.TrimSuffix(text, "\n"))
		case !strings.HasPrefix(line, "  "): // neither a diagnostic nor the excerpt below it
			list = append(list, line)
		}
	}
	if want := map[bool]int{true: exitOK, false: exitUsage}[len(list) == 0]; status != want {
		t.Errorf("status %d with %q, want %d", status, list, want)
	}
	return strings.Join(list, "\n")
}

// change makes the mistake.
func (s slip) change(t *testing.T, base string) string {
	t.Helper()
	taken, added := strings.Join(s.taken, ""), strings.Join(s.added, "")
	if taken == "" {
		return base + added
	}
	before, after, ok := strings.Cut(base, taken)
	if !ok || strings.Contains(after, taken) {
		t.Fatalf("%s: the lines that are taken out are not in the file, or more than once:\n%s", s.name, taken)
	}
	return before + added + after
}

// slipsOf reads the list.
func slipsOf(t *testing.T) (base string, slips []slip) {
	t.Helper()
	_, text, _ := strings.Cut(string(read(t, "cmd/smbgw/testdata/mistakes.txt")), "\nfile smbgw.hcl\n")
	base, text, ok := strings.Cut(text, "end\n")
	if !ok {
		t.Fatal("no file in the list")
	}
	var s slip
	for line := range strings.Lines(text) {
		switch {
		case line == "\n":
		case line[0] == '-':
			s.taken = append(s.taken, line[1:])
		case line[0] == '+':
			s.added = append(s.added, line[1:])
		case line[0] == '=':
			s.want = strings.TrimSpace(line[1:])
			slips = append(slips, s)
			s = slip{}
		default:
			s.name = strings.TrimSpace(line)
		}
	}
	return base, slips
}

// furnish makes the files that configurations of the list name.
func furnish(t *testing.T, dir string) {
	t.Helper()
	in := func(name string) string { return filepath.Join(dir, name) }
	certificate(t, dir, "other")
	if err := os.Rename(in("key.pem"), in("other.key")); err != nil {
		t.Fatal(err)
	}
	certificate(t, dir, "gateway.example")
	if _, _, err := users.Set(in("users"), alice.Name, alice.Hash, time.Now()); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"secret": "x\n", "empty": "", "garbage": "no such thing\n", "open": "x\n",
		"allow.list": "allow issuer:CN=ca\n", "deny.list": "# all\ndeny issuer:CN=ca\n", "open.list": "allow issuer:CN=ca\n", "bad.list": "# alice\nallow leaf:12\n"} {
		write(t, in(name), content)
	}
	for name, mode := range map[string]os.FileMode{"open": 0o644, "open.list": 0o666} {
		if err := os.Chmod(in(name), mode); err != nil {
			t.Fatal(err)
		}
	}
}
