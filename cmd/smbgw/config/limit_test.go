package config

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"github.com/smbgw/smbgw/gateway/limit"
)

// withoutLimits is what there is when the file has no limit.
var withoutLimits = limit.Rules{{Per: limit.Address, Limits: AddressLimits}}

// What a block does not say is as in the block for all, or as it is by itself.
func TestLimits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := writeFile(t, dir, "smbgw.hcl", `
listen "office" { address = "tcp!*!445" }
users { file = "users" }
backend "nas" { address = ["tcp!nas!445"] }
mount "Projects" { backend = "nas" }
limit {
  per              = "address"
  only             = ["192.0.2.7", "2001:db8::/32"]
  connections      = 10
  bytes            = "unlimited"
  bytes_per_second = "100MiB"
}
limit {
  per      = "address"
  sessions = "unlimited"
  opens    = 100
  bytes    = 1048576
}
limit {
  per   = "user"
  only  = ["alice"]
  opens = 7
}
limit {
  per                 = "mount"
  only                = ["projects"]
  requests_per_second = 10
}
limit {
  per    = "listener"
  memory = "1 GiB"
}
limit {
  per   = "connection"
  bytes = "8MiB"
}
`)
	writeFile(t, dir, "users", "alice:1000:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:8846F7EAEE8FB117AD06BDD830B7586C:[U          ]:LCT-00000000:\n")
	got, err := Load(file, networks())
	if err != nil {
		t.Fatal(err)
	}
	if got.Share != 8<<20 {
		t.Errorf("a share of %d", got.Share)
	}
	all := AddressLimits
	all[limit.Sessions], all[limit.Opens], all[limit.Bytes] = 0, 100, 1<<20
	branch := all
	branch[limit.Connections], branch[limit.Bytes], branch[limit.BytesPerSecond] = 10, 0, 100<<20
	want := limit.Rules{
		{Per: limit.Listener, Limits: limit.Limits{limit.Memory: 1 << 30}},
		{Per: limit.Address, Limits: all},
		{Per: limit.Address, Limits: branch, Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("2001:db8::/32")}},
		{Per: limit.User, Only: []string{"ALICE"}, Limits: limit.Limits{limit.Opens: 7}},
		{Per: limit.Mount, Only: []string{"PROJECTS"}, Limits: limit.Limits{limit.RequestsPerSecond: 10}},
	}
	if !reflect.DeepEqual(got.Limits, want) {
		t.Errorf("got  %+v\nwant %+v", got.Limits, want)
	}
}

// Where every listener relays, users and mounts have no limits.
func TestLimitsOfRelays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := writeFile(t, dir, "smbgw.hcl", `
listen "a" {
  address = "tcp!*!445"
  relay   = "nas"
}
backend "nas" { address = ["tcp!nas!445"] }
limit {
  per         = "user"
  connections = 10
}
limit {
  per              = "address"
  connections      = 10
  bytes_per_second = "1MiB"
  sessions         = 10
  bytes            = "1MiB"
}
`)
	_, err := Load(file, networks())
	mistakes, _ := errors.AsType[Mistakes](err)
	var got []string
	for _, m := range mistakes {
		got = append(got, fmt.Sprintf("%d: %s", m.Line, m.Text))
	}
	want := []string{
		"7: limit per user is of no use: every listener relays, and what passes is between client and backend",
		"15: sessions is of no use: what passes a relay is not looked at; its connections and bytes_per_second can be limited",
		"16: bytes is of no use: what passes a relay is not looked at; its connections and bytes_per_second can be limited",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
