package main

import (
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/users"
	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/gateway"
	"github.com/smbgw/smbgw/gateway/front"
	"github.com/smbgw/smbgw/smb2"
)

// What a policy asks of all sessions is the listener's term, and its rules and the
// groups that they name are the gateway's.
func TestPolicyIsServed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		listen, policy string
		want           gateway.Terms
	}{
		"nothing":                {``, ``, gateway.Terms{}},
		"dialect":                {``, `min_dialect = "3.0.2"`, gateway.Terms{MinDialect: smb2.Dialect302}},
		"a dialect that all are": {``, `min_dialect = "2.1"`, gateway.Terms{}},
		"the listener's dialect": {`min_dialect = "3.1.1"`, `min_dialect = "3.0.2"`, gateway.Terms{MinDialect: smb2.Dialect311}},
		"signing":                {``, `sign = "required"`, gateway.Terms{Sign: true}},
		"encryption":             {``, `encrypt = "required"`, gateway.Terms{Encryption: front.EncryptionRequired}},
		"signing on a mount":     {``, "require {\n mounts = [\"projects\"]\n sign = \"required\"\n}", gateway.Terms{Sign: true}},
		"encryption on a mount":  {``, "require {\n mounts = [\"projects\"]\n encrypt = \"required\"\n}", gateway.Terms{}},
		"of another listener":    {``, "require {\n listeners = [\"out\"]\n sign = \"required\"\n}", gateway.Terms{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := served(t, `
listen "in" {
  address = "tcp!127.0.0.1!0"
  policy  = "p"
  `+c.listen+`
}
listen "out" {
  address = "tcp!127.0.0.1!0"
  policy  = "p"
}
policy "p" {
  `+c.policy+`
  allow { users = ["@staff"] }
}
`)
			l := g.Listeners[0]
			c.want.NoPipes = l.Terms.NoPipes
			if l.Terms != c.want || l.Policy == nil || l.Policy.Name() != "p" {
				t.Errorf("terms %+v, policy %v; want %+v", l.Terms, l.Policy, c.want)
			}
			if got := g.Service.Groups("ALICE"); !slices.Equal(got, []string{"staff"}) {
				t.Errorf("alice is in %q", got)
			}
		})
	}
}

// served is the gateway that a file's listeners and policies describe, with a mount
// and with alice.
func served(t *testing.T, text string) *gateway.Gateway {
	t.Helper()
	dir := t.TempDir()
	if _, _, err := users.Set(filepath.Join(dir, "users"), alice.Name, alice.Hash, time.Now()); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "groups"), "staff: alice\n")
	file := filepath.Join(dir, "smbgw.hcl")
	write(t, file, text+`
users {
  file   = "users"
  groups = "groups"
}
mount "projects" { backend = "nas" }
backend "nas" { address = ["tcp!127.0.0.1!1"] }
`)
	c, err := config.Load(file, known(networks))
	if err != nil {
		t.Fatal(err)
	}
	g, err := build(c, networks, new(auth.Limiter), new(hardware), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return g
}
