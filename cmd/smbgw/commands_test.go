package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// outcome is what a command line has led to.
type outcome struct {
	status         int
	stdout, stderr string
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return newInvocation(stdin, stdout, stderr).run(ctx, args)
}

func invoke(ctx context.Context, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	status := run(ctx, args, strings.NewReader(""), &stdout, &stderr)
	return outcome{status, stdout.String(), stderr.String()}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	good := filepath.Join(dir, "good.hcl")
	write(t, good, "listen \"a\" {\n  address = \"tcp!127.0.0.1!0\"\n  relay = \"b\"\n}\nbackend \"b\" {\n  address = [\"tcp!127.0.0.1!9\"]\n}\n")
	bad := filepath.Join(dir, "bad.hcl")
	write(t, bad, "lissten \"a\" {\n}\nusers {\n}\n")
	missing := filepath.Join(dir, "missing.hcl")

	for _, c := range []struct {
		args           string
		status         int
		stdout, stderr string // parts; "" stands for nothing at all
	}{
		{"", exitUsage, "", "smbgw -c FILE"},
		{"help", exitOK, "smbgw -c FILE check", ""},
		{"-h", exitOK, "smbgw -c FILE check", ""},
		{"version", exitOK, "smbgw ", ""},
		{"version 2", exitUsage, "", `version takes no arguments, but there is "2"`},
		{"-c " + good + " version", exitUsage, "", "version takes no configuration file"},
		{"-c " + good + " check", exitOK, "no mistakes; listeners: 1, backends: 1, mounts: 0, users: 0\n", ""},
		{"-c " + good + " check it", exitUsage, "", "check takes no arguments"},
		{"-c " + good + " run it", exitUsage, "", "run takes no arguments"},
		{"check", exitUsage, "", "smbgw -c FILE check"},
		{"run", exitUsage, "", "smbgw -c FILE run"},
		{"-c " + good + " chekc", exitUsage, "", `there is no command "chekc"`},
		{"-x", exitUsage, "", "-x"},
		{"-c", exitUsage, "", "-c"},
		{"-c " + bad + " check", exitUsage, "", bad + ":3:1: "},
		{"-c " + bad, exitUsage, "", bad + ":1:1: "},
		{"-c " + missing + " check", exitFailed, "", "no such file"},
		{"demo -h", exitOK, "-server HOST[:PORT]", ""},
		{"demo x", exitUsage, "", `there is "x"`},
		{"demo -x", exitUsage, "", "-x"},
		{"demo -size 0", exitUsage, "", "-size is from 1"},
		{"demo -size 9999999", exitUsage, "", "-size is from 1"},
		{"demo -server a:b:c!", exitUsage, "", "-server"},
		{"demo -once -server a", exitUsage, "", "-once is of no use"},
		{"demo -listen 4450", exitUsage, "", "HOST:PORT"},
	} {
		got := invoke(t.Context(), strings.Fields(c.args)...)
		if got.status != c.status || !says(got.stdout, c.stdout) || !says(got.stderr, c.stderr) {
			t.Errorf("smbgw %s: %+v, want %+v", c.args, got, c)
		}
	}
}

func says(text, part string) bool {
	if part == "" {
		return text == ""
	}
	return strings.Contains(text, part)
}

func TestUsageNamesEveryCommand(t *testing.T) {
	t.Parallel()
	for name := range commands() {
		if name != "run" && !strings.Contains(usage, " "+name+" ") {
			t.Errorf("the usage text says nothing of %q", name)
		}
	}
}

func TestDemoAddress(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"nas":           "tcp!nas!445",
		"nas:4450":      "tcp!nas!4450",
		"10.0.0.5":      "tcp!10.0.0.5!445",
		"[fe80::1]":     "tcp![fe80::1]!445",
		"fe80::1":       "tcp![fe80::1]!445",
		"[fe80::1]:446": "tcp![fe80::1]!446",
	} {
		a, err := tcpAddress(in, "445")
		if err != nil || a.String() != want {
			t.Errorf("%q: %v, %v; want %s", in, a, err, want)
		}
	}
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
