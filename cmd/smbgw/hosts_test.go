package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth/users"
	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/client"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// Two hosts on one QUIC listener have their own certificates and mounts, and on
// another one a backend to relay to. Who has come to one of them does not get at the
// other by a path.
func TestHosts(t *testing.T) {
	t.Parallel()
	transporttest.Watch(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	dir := t.TempDir()
	for _, name := range []string{"gateway", "a", "b"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
		certificate(t, filepath.Join(dir, name), name+".example")
	}
	if _, _, err := users.Set(filepath.Join(dir, "users"), alice.Name, alice.Hash, time.Now()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "smbgw.hcl")
	write(t, file, `
listen "served" {
  address = "quic!*!443"
  tls {
    cert = "gateway/cert.pem"
    key  = "gateway/key.pem"
  }
}
listen "relayed" {
  address       = "quic!*!444"
  relay_by_host = { "a.example" = "nas" }
  tls {
    cert = "gateway/cert.pem"
    key  = "gateway/key.pem"
  }
}
host "a.example" {
  tls {
    cert = "a/cert.pem"
    key  = "a/key.pem"
  }
}
host "the other" {
  names = ["b.example"]
  tls {
    cert = "b/cert.pem"
    key  = "b/key.pem"
  }
}
users { file = "users" }
mount "of a" {
  name    = "data"
  hosts   = ["a.example"]
  backend = "nas"
  share   = "projects"
}
mount "of b" {
  name    = "data"
  hosts   = ["the other"]
  backend = "nas"
  share   = "missing"
}
mount "only b" {
  hosts = ["the other"]
  source { backend = "away" }
  source {
    backend = "nas"
    share   = "projects"
  }
}
mount "elsewhere" {
  backend   = "nas"
  share     = "projects"
  path      = "no/such"
}
backend "nas" { address = ["tcp!nas!445"] }
backend "away" {
  address = ["smbdirect!away!5445"]
}
`)
	nas := storage(ctx, t)
	at := runMoved(ctx, t, file, map[string]transports.Addr{"tcp": nas["tcp"], "smbdirect": {Network: "tcp", Host: "127.0.0.1", Service: "1"}})
	for _, c := range []struct {
		listener, sni, server, share string
		want                         error
	}{
		{"served", "a", "a.example", "data", nil},
		{"served", "a", "192.0.2.1", "data", nil},
		{"served", "b", "b.example", "data", smb2.StatusBadNetworkName}, // the backend's word
		{"served", "b", "b.example", "only b", nil},
		{"served", "a", "a.example", "only b", smb2.StatusBadNetworkName},
		{"served", "a", "b.example", "only b", smb2.StatusBadNetworkName},
		{"served", "gateway", "gateway.example", "data", smb2.StatusBadNetworkName},
		{"served", "gateway", "a.example", "data", smb2.StatusBadNetworkName},
		{"served", "gateway", "gateway.example", "elsewhere", smb2.StatusBadNetworkName},
		{"relayed", "a", "nas", "projects", nil},
		{"relayed", "gateway", "nas", "projects", errClosed},
	} {
		if err := visit(ctx, filepath.Join(dir, c.sni), c.sni+".example", c.server, c.share, at[c.listener]); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

var errClosed = errors.New("closed")

// visit comes by one name of TLS, whose certificate is in dir, and connects to a
// share of a server.
func visit(ctx context.Context, dir, sni, server, share string, at transports.Addr) error {
	n := dialQUIC(&config.Backend{ServerName: sni, TLS: config.ClientTLS{CA: filepath.Join(dir, "cert.pem")}}, means{log: slog.New(slog.DiscardHandler), hardware: new(hardware)})
	conn, err := n.Dial(ctx, at)
	if err != nil {
		return err
	}
	c, err := client.New(ctx, conn, back.Options{Arena: new(transports.Arena), ServerName: server})
	if err != nil {
		return errClosed
	}
	defer c.Close()
	s, err := c.Connect(ctx, initiator(alice), share)
	if err != nil {
		return err
	}
	return s.Close()
}

// Whose clients see other mounts is not told of.
func TestAlike(t *testing.T) {
	t.Parallel()
	c := &config.Config{
		Listeners: []config.Listener{{Name: "office"}, {Name: "rdma"}, {Name: "guests"}, {Name: "lab"}},
		Mounts: []*config.Mount{
			{Name: "all"}, {Name: "inside", Listeners: []string{"office", "rdma", "lab"}},
			{Name: "several", Sources: []*config.Source{{Listeners: []string{"lab"}}, {}}},
		},
	}
	for asked, want := range map[string]string{"office": "office rdma", "rdma": "office rdma", "guests": "guests", "lab": "lab"} {
		var names []string
		for _, l := range alike(c, asked) {
			names = append(names, l.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %s, want %s", asked, got, want)
		}
	}
}
