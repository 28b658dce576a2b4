package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/auth/users"
)

// tell runs a command line with something on its standard input.
func tell(t *testing.T, stdin io.Reader, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status := run(t.Context(), args, stdin, &stdout, &stderr)
	return outcome{status, stdout.String(), stderr.String()}
}

func checkUser(t *testing.T, file, name string, hash auth.Secret) {
	t.Helper()
	f, err := users.Open(file, users.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if a, err := f.Lookup(name); err != nil || !a.Hash.Equal(hash) {
		t.Errorf("%s: %+v, %v", name, a, err)
	}
}

func TestPasswd(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "users")
	for _, c := range []struct{ name, line, says string }{
		{"alice", "opensesame\n", "user alice is added\n"},
		{"bob", "päss wörd", "user bob is added\n"},
		{"Alice", "another\r\nrest\n", "user Alice has a new password\n"},
	} {
		got := tell(t, strings.NewReader(c.line), "passwd", "-f", file, c.name)
		if got.status != exitOK || got.stderr != "" || got.stdout != file+": "+c.says {
			t.Fatalf("%s: %+v", c.name, got)
		}
	}
	checkUser(t, file, "alice", ntlm.Hash("another"))
	checkUser(t, file, "bob", ntlm.Hash("päss wörd"))

	if got := tell(t, nil, "passwd", "-f", file, "-d", "bob"); got.status != exitOK || got.stdout != file+": user bob is deleted\n" {
		t.Errorf("%+v", got)
	}
	if got := tell(t, nil, "passwd", "-f", file, "-d", "bob"); got.status != exitFailed || !strings.Contains(got.stderr, "there is no user bob") {
		t.Errorf("%+v", got)
	}

	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, strings.Replace(string(text), "[U ", "[UD", 1))
	if got := tell(t, strings.NewReader("third"), "passwd", "-f", file, "alice"); got.status != exitOK || !strings.Contains(got.stdout, "has a new password, but the account stays disabled") {
		t.Errorf("%+v", got)
	}
}

// From a file as standard input, which is no terminal.
func TestPasswdFromFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "password"), "opensesame\n")
	f, err := os.Open(filepath.Join(dir, "password"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := tell(t, f, "passwd", "-f", filepath.Join(dir, "users"), "alice"); got.status != exitOK {
		t.Fatalf("%+v", got)
	}
	checkUser(t, filepath.Join(dir, "users"), "alice", ntlm.Hash("opensesame"))
}

// What is refused leaves no file, and never shows the password.
func TestPasswdRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "users")
	for _, c := range []struct {
		stdin  io.Reader
		args   string
		status int
		stdout string
		stderr string
	}{
		{nil, "-h", exitOK, "smbgw passwd -f FILE -d NAME", ""},
		{nil, "", exitUsage, "", "needs a users file"},
		{nil, "alice", exitUsage, "", "needs a users file"},
		{nil, "-f " + file, exitUsage, "", "there are 0 words"},
		{nil, "-f " + file + " alice bob", exitUsage, "", "there are 2 words"},
		{nil, "-f " + file + " -x alice", exitUsage, "", "-x"},
		{nil, "-f " + file + " a:b", exitUsage, "", `"a:b"`},
		{nil, "-f " + file + " @staff", exitUsage, "", "begins with # or @"},
		{strings.NewReader(""), "-f " + file + " alice", exitFailed, "", "the password is empty"},
		{strings.NewReader("\nhush"), "-f " + file + " alice", exitFailed, "", "the password is empty"},
		{strings.NewReader("hush\xff\n"), "-f " + file + " alice", exitFailed, "", "not UTF-8"},
		{strings.NewReader("hush\tx\n"), "-f " + file + " alice", exitFailed, "", "control character"},
		{strings.NewReader("hush" + strings.Repeat("h", maxPassword)), "-f " + file + " alice", exitFailed, "", "more than 1024 bytes"},
		{iotest.ErrReader(errors.New("no input today")), "-f " + file + " alice", exitFailed, "", "no input today"},
		{strings.NewReader("hush"), "-f " + filepath.Join(file, "users") + " alice", exitFailed, "", "users"},
		{nil, "-f " + file + " -d alice", exitFailed, "", "no such file"},
	} {
		got := tell(t, c.stdin, append([]string{"passwd"}, strings.Fields(c.args)...)...)
		if got.status != c.status || !says(got.stdout, c.stdout) || !says(got.stderr, c.stderr) || strings.Contains(got.stderr, "hush") {
			t.Errorf("passwd %s: %+v, want %+v", c.args, got, c)
		}
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("there is a file all the same")
	}
}
