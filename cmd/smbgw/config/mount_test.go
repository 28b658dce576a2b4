package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/users"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

func TestMounts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	hash := auth.NewSecret(make([]byte, 16))
	if _, _, err := users.Set(filepath.Join(dir, "users"), "alice", hash, time.Now()); err != nil {
		t.Fatal(err)
	}
	writeFile(t, dir, "secret", "open sesame\n")
	file := writeFile(t, dir, "smbgw.hcl", `
listen "office" {
  address     = "tcp!*!445"
  min_dialect = "3.0.2"
  sign        = "required"
  encrypt     = "off"
}
backend "nas" {
  address     = ["tcp!nas!445"]
  connections = "per-client"
  sign        = "required"
  encrypt     = "required"
}
users {
  file  = "users"
  guest = true
}
mount "Projects" {
  backend = "nas"
  comment = "of all"
}
mount "all" {
  backend = "nas"
  share   = "data$"
  encrypt = "required"
  as      = { user = "svc", password_file = "secret" }
}
mount "own" {
  backend = "nas"
  as      = "same"
  encrypt = "allowed"
}
`)
	got, err := Load(file, networks())
	if err != nil {
		t.Fatal(err)
	}
	nas := &Backend{Name: "nas", Place: true, Threshold: DefaultThreshold, Sign: Required, Encrypt: Required,
		Addrs: []transports.Addr{{Network: "tcp", Host: "nas", Service: "445"}}}
	want := &Config{
		Log: Log{Format: FormatText}, Limits: withoutLimits, Share: DefaultShare,
		Listeners: []Listener{{Name: "office", Pipes: true, Addr: transports.Addr{Network: "tcp", Host: "*", Service: "445"},
			MinDialect: smb2.Dialect302, Sign: Required, Encrypt: Off}},
		Backends: []*Backend{nas},
		Users:    &Users{File: filepath.Join(dir, "users"), Guest: true},
		Mounts: []*Mount{
			{Name: "Projects", Comment: "of all", Share: "Projects", Backend: nas},
			{Name: "all", Share: "data$", Backend: nas, Encrypt: Required,
				As: &Account{User: "svc", PasswordFile: filepath.Join(dir, "secret")}},
			{Name: "own", Share: "own", Backend: nas},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestPassword(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for content, want := range map[string]string{
		"open sesame":              "open sesame",
		"open sesame\n":            "open sesame",
		"tab\t \r\n":               "tab\t ",
		"":                         "is empty",
		"\n":                       "is empty",
		"one\ntwo\n":               "more than one line",
		"caf\xe9":                  "no text",
		strings.Repeat("x", 1025):  "more than 1024 bytes",
		strings.Repeat("x", 1<<21): "no such file needs",
	} {
		got, err := Password(writeFile(t, dir, "p", content))
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%.20q: %.80q, want %q", content, got, want)
		}
		if err != nil && len(content) > 1 && strings.Contains(err.Error(), content) {
			t.Errorf("%.20q: the error shows it", content)
		}
	}
	open := writeFile(t, dir, "open", "x")
	if err := os.Chmod(open, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := Password(open); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a file that others can read: %v", err)
	}
}
