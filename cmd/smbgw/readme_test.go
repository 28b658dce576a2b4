package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/transporttest"
)

// The commands of the README's first screen do what it says: the program's own
// run here with the very arguments and a small file, and the tests are what is
// running.
func TestReadmeFirstScreen(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	screen, _, ok := strings.Cut(string(read(t, "README.md")), "\n## ")
	if !ok {
		t.Fatal("README.md has no second section")
	}
	if lines := strings.Count(screen, "\n"); lines > 40 {
		t.Errorf("the first screen has %d lines", lines)
	}
	var programs, tests int
	for _, line := range fenced(screen, "sh") {
		arguments, ok := strings.CutPrefix(line, "go run ./cmd/smbgw ")
		switch {
		case ok:
			programs++
			staysUp(t, strings.Fields(arguments))
		case line == "go test ./...":
			tests++
		default:
			t.Errorf("the first screen has a command that no test runs: %s", line)
		}
	}
	if programs != 1 || tests != 1 {
		t.Errorf("%d runs of the program and %d of the tests on the first screen, want one of each", programs, tests)
	}
}

// staysUp runs the demonstration with a small file until it says that it stays,
// and interrupts it.
func staysUp(t *testing.T, args []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ctx, interrupt := context.WithCancel(ctx)
	stdout := &interrupting{after: "Ctrl-C", interrupt: interrupt}
	var stderr bytes.Buffer
	status := run(ctx, append(args, "-size", "4"), strings.NewReader(""), stdout, &stderr)
	if status != exitOK || stderr.Len() > 0 {
		t.Errorf("smbgw %v: status %d\n%s%s", args, status, &stdout.text, &stderr)
	}
	for _, promised := range []string{"Every block came back", "RDMA", "smbclient //", "mount -t cifs", "-server", "Ctrl-C"} {
		if !strings.Contains(stdout.text.String(), promised) {
			t.Errorf("smbgw %v does not show what the README promises, %q:\n%s", args, promised, &stdout.text)
		}
	}
}

// An interrupting writer keeps what is written, and interrupts who writes it when
// a word has come.
type interrupting struct {
	text      bytes.Buffer
	after     string
	interrupt func()
}

func (w *interrupting) Write(b []byte) (int, error) {
	n, err := w.text.Write(b)
	if strings.Contains(w.text.String(), w.after) {
		w.interrupt()
	}
	return n, err
}

// The README's configuration is right, but for the certificate; its users file is
// made by the command beside it.
func TestReadmeConfiguration(t *testing.T) {
	t.Parallel()
	samples := fenced(string(read(t, "README.md")), "hcl")
	if len(samples) == 0 {
		t.Fatal("no configuration in README.md")
	}
	dir := t.TempDir()
	file, users := filepath.Join(dir, "gateway.hcl"), filepath.Join(dir, "users")
	made := 0
	for _, line := range fenced(string(read(t, "README.md")), "sh") {
		words, ok := strings.CutPrefix(strings.ReplaceAll(line, "/etc/smbgw/users", users), "./smbgw passwd ")
		if !ok {
			continue
		}
		made++
		args := append([]string{"passwd"}, strings.Fields(words)...)
		if status := run(t.Context(), args, strings.NewReader("open sesame\n"), io.Discard, io.Discard); status != exitOK {
			t.Errorf("%s: status %d", line, status)
		}
	}
	if made != 1 {
		t.Errorf("README.md makes %d users, want 1", made)
	}
	pem := regexp.MustCompile(`"[^"]*\.pem"`)
	write(t, file, strings.ReplaceAll(pem.ReplaceAllString(strings.Join(samples, "\n"), `"missing.pem"`), "/etc/smbgw/users", users))
	got := invoke(t.Context(), "-c", file, "check")
	for line := range strings.Lines(got.stderr) {
		if strings.HasPrefix(line, file) && !strings.Contains(line, "missing.pem: no such file") {
			t.Errorf("%s", line)
		}
	}
	if got.status == exitFailed {
		t.Errorf("%+v", got)
	}
}

// Files that the documents name are there.
func TestNamedFiles(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile("`((?:cmd|etc|gateway|smb2|transports|\\.ci)/[A-Za-z0-9_./-]*)`")
	for _, document := range []string{"README.md", "CONTRIBUTING.md"} {
		for _, m := range name.FindAllStringSubmatch(string(read(t, document)), -1) {
			// What is to be added is not there.
			if strings.HasSuffix(m[1], "vsock/") {
				continue
			}
			if _, err := os.Stat(filepath.Join(moduleRoot(t), filepath.FromSlash(m[1]))); err != nil {
				t.Errorf("%s names %s: %v", document, m[1], err)
			}
		}
	}
	for network := range networks {
		if !strings.Contains(string(read(t, "README.md")), "| `"+network+"` |") {
			t.Errorf("README.md has no row for the network %s", network)
		}
	}
}

// fenced are the lines of the blocks of a language.
func fenced(text, language string) []string {
	var lines []string
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "```"+language:
			inside = true
		case strings.HasPrefix(line, "```"):
			inside = false
		case inside:
			lines = append(lines, line)
		}
	}
	return lines
}
