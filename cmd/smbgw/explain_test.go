package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/users"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, _, err := users.Set(filepath.Join(dir, "users"), "alice", auth.NewSecret(make([]byte, 16)), time.Now()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "f.hcl")
	write(t, file, `listen "in" {
  address = "tcp!127.0.0.1!0"
  policy  = "p"
}
listen "free" {
  address = "tcp!127.0.0.1!0"
}
backend "b" { address = ["tcp!127.0.0.1!9"] }
users { file = "users" }
mount "projects" { backend = "b" }
policy "p" {
  allow {
    users  = ["alice"]
    access = "read-only"
  }
  deny { addresses = ["198.51.100.0/24"] }
}
`)
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"listener=in user=alice from=192.0.2.7 mount=projects", exitOK, `policy "p": allowed: allow at ` + file + ":12"},
		{"listener=in user=alice mount=projects op=read-write", exitOK, "falls short: it gives read-only"},
		{"listener=in user=alice mount=projects op=SET_SPARSE", exitOK, "gives read-only only"},
		{"listener=in user=alice mount=projects op=0x900c4", exitOK, "gives read-only only"},
		{"listener=in user=alice mount=projects op=security op=list", exitOK, "gives read-only only"},
		{"listener=in user=alice mount=projects op=snapshots", exitOK, "allowed: allow at"},
		{"listener=in user=alice mount=projects path=x", exitOK, "needs list"},
		{"listener=in user=alice", exitOK, "from no address (from=ADDRESS says it)"},
		{"listener=in user=bob", exitOK, "denied: no rule allows it"},
		{"listener=in user=alice from=198.51.100.1", exitOK, "denied: deny at " + file + ":16"},
		{"listener=free", exitOK, "has no policy"},
		{"user=alice", exitUsage, "needs listener=NAME"},
		{"listener=out", exitUsage, "there are in, free"},
		{"listener=in mount=x", exitUsage, "there are IPC$, projects"},
		{"listener=in from=x", exitUsage, "from is an IP address"},
		{"listener=in op=x", exitUsage, "read-only, read-write"},
		{"listener=in usr=x", exitUsage, "from, listener, mount, op, path, user"},
	} {
		got := invoke(t.Context(), append([]string{"-c", file, "explain"}, strings.Fields(c.args)...)...)
		if got.status != c.status || !strings.Contains(got.stdout+got.stderr, c.want) {
			t.Errorf("explain %s: %+v, want %+v", c.args, got, c)
		}
	}
}
