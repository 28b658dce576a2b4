package main

import (
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/auth/users"
	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/gateway/front"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// What the configuration says of listeners, mounts and users is what the gateway
// is made of.
func TestBuildService(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, _, err := users.Set(filepath.Join(dir, "users"), "alice", ntlm.Hash("open sesame"), time.Now()); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "secret"), "service\n")
	file := filepath.Join(dir, "gateway.hcl")
	write(t, file, `
listen "office" {
  address     = "tcp!127.0.0.1!0"
  min_dialect = "2.1"
  sign        = "required"
}
listen "strict" {
  address = "smbdirect!127.0.0.1!0"
  encrypt = "off"
}
listen "blind" {
  address = "tcp!127.0.0.1!0"
  relay   = "nas"
}
backend "nas" {
  address = ["tcp!nas!445"]
  sign    = "required"
}
users { file = "users" }
mount "projects" {
  backend = "nas"
  share   = "p$"
  comment = "of all"
  encrypt = "required"
}
mount "own" { backend = "nas" }
mount "all" {
  backend = "nas"
  as      = { user = "svc", password_file = "secret" }
}
`)
	c, err := config.Load(file, known(networks))
	if err != nil {
		t.Fatal(err)
	}
	g, err := build(c, networks, auth.NewLimiter(nil), new(hardware), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	office, strict, blind := g.Listeners[0], g.Listeners[1], g.Listeners[2]
	if office.Relay != nil || !office.Terms.Sign || office.Terms.MinDialect != smb2.Dialect21 || office.Terms.Secure {
		t.Errorf("office: %+v", office)
	}
	if strict.Terms.Encryption != front.EncryptionOff || strict.Terms.Sign {
		t.Errorf("strict: %+v", strict)
	}
	if blind.Relay == nil || !blind.Relay.Sign || blind.Relay.Encrypt {
		t.Errorf("blind: %+v", blind)
	}
	m := g.Service.Mounts
	if m[0].Name != "projects" || m[0].Share != "p$" || m[0].Comment != "of all" || !m[0].Encrypt || m[1].Encrypt {
		t.Errorf("mounts: %+v", m)
	}
	if m[0].Backend != blind.Relay || m[0].As != m[1].As || m[1].As == m[2].As {
		t.Error("mounts of one backend and user do not share a way to log in, or others do")
	}
	if g.Service.GUID == (smb2.GUID{}) || len(g.Service.Hint) == 0 || g.Service.Name == "" {
		t.Errorf("service: %+v", g.Service)
	}
	for name, c := range map[string]struct {
		as   int
		who  auth.Identity
		fail bool
	}{
		"herself":   {0, auth.Identity{User: "alice"}, false},
		"stranger":  {0, auth.Identity{User: "mallory"}, true},
		"anonymous": {0, auth.Identity{Anonymous: true}, false},
		"guest":     {0, auth.Identity{Guest: true, Claimed: "alice"}, false},
		"service":   {2, auth.Identity{User: "alice"}, false},
	} {
		i, err := m[c.as].As.Initiator(&tree.Client{User: c.who})
		if (err != nil) != c.fail || (i == nil) != c.fail {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNetBIOS(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"gw":                     "GW",
		"gw.example.org":         "GW",
		"a-very-long-name-of-it": "A-VERY-LONG-NAM",
	} {
		if got := netBIOS(host); got != want {
			t.Errorf("%s: %s, want %s", host, got, want)
		}
	}
}

type named string

func (named) Network() string  { return "test" }
func (n named) String() string { return string(n) }

var _ net.Addr = named("")

// Too many wrong passwords from one place, and the right one is refused too.
func TestLogInsAreLimited(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "users")
	if _, _, err := users.Set(file, "alice", ntlm.Hash("open sesame"), time.Now()); err != nil {
		t.Fatal(err)
	}
	known, err := users.Open(file, users.Options{})
	if err != nil {
		t.Fatal(err)
	}
	limiter := auth.NewLimiter(nil)
	s := welcome(accounts{known, "GW", false, false}, "gw", limiter)
	try := func(from, password string) error {
		a, i := s.NewAcceptor(named(from)), initiator(auth.Account{Name: "alice", Hash: ntlm.Hash(password)})
		var token []byte
		for {
			token, _, err = i.Initiate(token)
			if err != nil {
				t.Fatal(err)
			}
			var done *auth.Result
			if token, done, err = a.Accept(token); err != nil || done != nil {
				return err
			}
		}
	}
	if err := try("192.0.2.7:1", "open sesame"); err != nil {
		t.Fatal(err)
	}
	var last error
	for range 100 {
		if last = try("192.0.2.7:1", "guess"); auth.KindOf(last) == auth.RateLimited {
			break
		}
	}
	if auth.KindOf(last) != auth.RateLimited {
		t.Fatalf("after 100 guesses: %v", last)
	}
	if err := try("192.0.2.7:2", "open sesame"); auth.KindOf(err) != auth.RateLimited || strings.Contains(err.Error(), "sesame") {
		t.Errorf("from the same address: %v", err)
	}
	s = welcome(accounts{known, "GW", false, false}, "gw", limiter)
	if err := try("192.0.2.7:3", "open sesame"); auth.KindOf(err) != auth.RateLimited {
		t.Errorf("from the same address, after a change of the configuration: %v", err)
	}
	if err := try("192.0.2.8:1", "open sesame"); err != nil {
		t.Errorf("from another address: %v", err)
	}
}
