package main

import (
	"path/filepath"
	"testing"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/users"
)

// Who is meant by users and groups, in any case; nobody is whom the gateway does
// not know by name.
func TestAmong(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "groups")
	write(t, file, "staff: alice, carol\n")
	groups, err := users.OpenGroups(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		list []string
		who  auth.Identity
		want bool
	}{
		{[]string{"alice"}, auth.Identity{User: "Alice"}, true},
		{[]string{"alice"}, auth.Identity{User: "bob"}, false},
		{[]string{"bob", "@Staff"}, auth.Identity{User: "alice"}, true},
		{[]string{"@staff"}, auth.Identity{User: "bob"}, false},
		{[]string{"@staff"}, auth.Identity{User: "staff"}, false},
		{[]string{"alice", ""}, auth.Identity{User: "alice", Guest: true}, false},
		{[]string{"alice", ""}, auth.Identity{Anonymous: true}, false},
	} {
		if got := among(c.list, groups, c.who); got != c.want {
			t.Errorf("%q: %+v: %v", c.list, c.who, got)
		}
	}
}
