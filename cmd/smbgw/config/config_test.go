package config

import (
	"errors"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/access"
)

var update = flag.Bool("update", false, "rewrite the expected mistakes in testdata")

// networks is a table like the program's: one network over TLS, two that share
// the TCP port space.
func networks() map[string]Network {
	return map[string]Network{
		"tcp":       {Socket: "tcp"},
		"quic":      {Socket: "udp", TLS: true},
		"smbdirect": {Socket: "tcp", At: map[int]string{445: "RDMA"}},
		"iwarp":     {Socket: "tcp"},
	}
}

// Each bad file in testdata stands beside its exact mistakes.
func TestMistakes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in testdata: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			_, err := Load(file, networks())
			mistakes, ok := errors.AsType[Mistakes](err)
			if !ok {
				t.Fatalf("error %v, want mistakes", err)
			}
			var got strings.Builder
			mistakes.WriteTo(&got)
			golden := strings.TrimSuffix(file, ".hcl") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got.String()), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("mistakes:\n%s\nwant:\n%s", got.String(), want)
			}
		})
	}
}

const someHash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writePair(t, dir, "gw")
	file := writeFile(t, dir, "smbgw.hcl", `
log {
  level  = "debug"
  format = "json"
}
listen "office" {
  address = "tcp!*!445"
  relay   = "nas"
}
listen "internet" {
  address = "quic![::1]!443"
  relay   = "cold"
  tls {
    cert      = "gw.pem"
    key       = "gw.key"
    client_ca = "`+filepath.Join(dir, "gw.pem")+`"
    access {
      allow = ["issuer:CN=a", "leaf:`+someHash+`"]
      deny  = ["chain:`+someHash+`"]
      file  = "list"
    }
  }
}
backend "nas" {
  address        = ["smbdirect!nas!5445", "tcp!nas!445"]
}
backend "cold" {
  address        = ["quic!cold!443"]
  place          = false
  rdma_threshold = 1
  server_name    = "cold.example"
  tls {
    ca   = "gw.pem"
    cert = "gw.pem"
    key  = "gw.key"
  }
}
`)
	writeFile(t, dir, "list", "deny issuer:CN=b\n")
	got, err := Load(file, networks())
	if err != nil {
		t.Fatal(err)
	}
	cert, key := filepath.Join(dir, "gw.pem"), filepath.Join(dir, "gw.key")
	nas := &Backend{
		Name: "nas", Place: true, Threshold: 4096,
		Addrs: []transports.Addr{{Network: "smbdirect", Host: "nas", Service: "5445"}, {Network: "tcp", Host: "nas", Service: "445"}},
	}
	cold := &Backend{
		Name: "cold", Threshold: 1, ServerName: "cold.example",
		Addrs: []transports.Addr{{Network: "quic", Host: "cold", Service: "443"}},
		TLS:   ClientTLS{CA: cert, Cert: cert, Key: key},
	}
	entries, err := access.Parse(file, strings.Repeat("\n", 17)+"allow issuer:CN=a\nallow leaf:"+someHash+"\ndeny chain:"+someHash)
	if err != nil {
		t.Fatal(err)
	}
	entries[1].Place, entries[2].Place = entries[0].Place, entries[1].Place // two are on one line
	want := &Config{
		Log: Log{Level: slog.LevelDebug, Format: FormatJSON}, Limits: withoutLimits, Share: DefaultShare,
		Listeners: []Listener{
			{Name: "office", Addr: transports.Addr{Network: "tcp", Host: "*", Service: "445"}, Relay: nas, Pipes: true},
			{Name: "internet", Addr: transports.Addr{Network: "quic", Host: "::1", Service: "443"}, Relay: cold,
				TLS: &ServerTLS{Cert: cert, Key: key, ClientCA: cert, Access: &Access{Entries: entries, File: filepath.Join(dir, "list")}}},
		},
		Backends: []*Backend{nas, cold},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got.Listeners[0].Relay != got.Backends[0] {
		t.Error("a listener has a copy of its backend, not the backend")
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := parse("x.hcl", []byte(minimal), networks())
	if err != nil {
		t.Fatal(err)
	}
	if want := (Log{Level: slog.LevelInfo, Format: FormatText}); c.Log != want {
		t.Errorf("log %+v, want %+v", c.Log, want)
	}
	if b := c.Backends[0]; !b.Place || b.Threshold != DefaultThreshold {
		t.Errorf("place %v from %d bytes, want true from %d", b.Place, b.Threshold, DefaultThreshold)
	}
}

const minimal = `
listen "office" {
  address = "tcp!*!445"
  relay   = "nas"
}
backend "nas" {
  address = ["tcp!nas!445"]
}
`

func TestUnreadable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Load(filepath.Join(dir, "missing.hcl"), networks())
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, ok := errors.AsType[Mistakes](err); ok {
		t.Errorf("a missing file is reported as a mistake in it: %v", err)
	}
	big := writeFile(t, dir, "big.hcl", minimal+strings.Repeat("#", maxFile))
	if _, err := Load(big, networks()); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("file of more than %d bytes: %v", maxFile, err)
	}
	fits := writeFile(t, dir, "fits.hcl", minimal+strings.Repeat("#", maxFile-len(minimal)))
	if _, err := Load(fits, networks()); err != nil {
		t.Errorf("file of %d bytes: %v", maxFile, err)
	}
}

func writeFile(t *testing.T, dir, name, content string) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// RoCE and InfiniBand have ports of their own, so that one gateway is at 445 of
// TCP and of SMB Direct.
func TestPortOfBoth(t *testing.T) {
	t.Parallel()
	_, err := parse("x.hcl", []byte(`
listen "office" {
  address = "tcp!*!445"
  relay   = "nas"
}
listen "rdma" {
  address = "smbdirect!*!445"
  relay   = "nas"
}
listen "iwarp" {
  address = "smbdirect!*!5445"
  relay   = "nas"
}
backend "nas" {
  address = ["tcp!nas!445"]
}
`), networks())
	if err != nil {
		t.Error(err)
	}
}
