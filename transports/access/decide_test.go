package access

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"strings"
	"testing"
)

// [MS-SMB2] 3.3.1.18: at least one allow entry and no deny entry matches.
func TestDecide(t *testing.T) {
	t.Parallel()
	root := issue(t, pkix.Name{CommonName: "Root", Organization: []string{"Example, Inc"}}, nil)
	middle := issue(t, common("middle"), root)
	alice, bob := issue(t, common("alice"), middle), issue(t, common("bob"), middle)
	presented := []*x509.Certificate{alice.cert, middle.cert}
	verified := [][]*x509.Certificate{{alice.cert, middle.cert, root.cert}}
	withBob := []*x509.Certificate{alice.cert, middle.cert, bob.cert}
	words := strings.NewReplacer("ALICE", hash(alice), "BOB", hash(bob), "MIDDLE", hash(middle), "ROOT", hash(root))
	for _, c := range []struct {
		name      string
		entries   string
		presented []*x509.Certificate
		want      string
	}{
		{"no entries", "", presented, "denied: no entry allows it"},
		{"leaf", "allow leaf:ALICE", presented, "allowed: allow leaf:ALICE at f:1"},
		{"another leaf", "allow leaf:BOB", presented, "denied: no entry allows it"},
		{"not the leaf", "allow leaf:MIDDLE", presented, "denied: no entry allows it"},
		{"chain", "allow chain:MIDDLE", presented, "allowed: allow chain:MIDDLE at f:1"},
		{"leaf in the chain", "allow chain:ALICE", presented, "allowed: allow chain:ALICE at f:1"},
		{"root that is not sent", "allow chain:ROOT", presented, "allowed: allow chain:ROOT at f:1"},
		{"issuer", "allow issuer:CN=Middle", presented, "allowed: allow issuer:CN=Middle at f:1"},
		{"issuer's issuer", `allow issuer:cn = root, o = "Example, Inc"`, presented, `allowed: allow issuer:cn = root, o = "Example, Inc" at f:1`},
		{"half an issuer", "allow issuer:CN=root", presented, "denied: no entry allows it"},
		{"subject is no issuer", "allow issuer:CN=alice", presented, "denied: no entry allows it"},
		{"first that allows", "allow leaf:BOB\nallow chain:MIDDLE\nallow leaf:ALICE", presented, "allowed: allow chain:MIDDLE at f:2"},
		{"deny after allow", "allow leaf:ALICE\ndeny chain:MIDDLE", presented, "denied: deny chain:MIDDLE at f:2"},
		{"deny before allow", "deny issuer:CN=middle\nallow leaf:ALICE", presented, "denied: deny issuer:CN=middle at f:1"},
		{"deny of another", "deny leaf:BOB\nallow leaf:ALICE", presented, "allowed: allow leaf:ALICE at f:2"},
		{"deny alone", "deny leaf:BOB", presented, "denied: no entry allows it"},
		{"allowed is only shown", "allow chain:BOB", withBob, "denied: no entry allows it"},
		{"denied is only shown", "allow leaf:ALICE\ndeny chain:BOB", withBob, "denied: deny chain:BOB at f:2"},
		{"denied is not shown", "allow leaf:ALICE\ndeny chain:ROOT", presented, "denied: deny chain:ROOT at f:2"},
	} {
		entries, err := Parse("f", words.Replace(c.entries))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		v := List(entries).Decide(c.presented, verified)
		if got := v.String(); got != words.Replace(c.want) {
			t.Errorf("%s: %s, want %s", c.name, got, words.Replace(c.want))
		}
		if v.Client != (Client{"CN=alice", "CN=middle", "7", sha256.Sum256(alice.cert.Raw)}) {
			t.Errorf("%s: client %+v", c.name, v.Client)
		}
	}
}

// Who has no certificate, or none that has been verified, is nobody.
func TestDecideUnverified(t *testing.T) {
	t.Parallel()
	alice := issue(t, common("alice"), nil)
	entries, err := Parse("f", "allow leaf:"+hash(alice))
	if err != nil {
		t.Fatal(err)
	}
	l := List(entries)
	for _, v := range []Verdict{l.Decide(nil, nil), l.Decide([]*x509.Certificate{alice.cert}, nil), l.Decide(nil, [][]*x509.Certificate{{alice.cert}})} {
		if v.Allowed {
			t.Error("let in")
		}
	}
}

// A certificate that several chains lead from has the marks of all of them.
func TestDecideSeveralChains(t *testing.T) {
	t.Parallel()
	old, fresh := issue(t, common("old"), nil), issue(t, common("new"), nil)
	alice := issue(t, common("alice"), old)
	l, err := Parse("f", "allow chain:"+hash(fresh))
	if err != nil {
		t.Fatal(err)
	}
	v := List(l).Decide([]*x509.Certificate{alice.cert}, [][]*x509.Certificate{{alice.cert, old.cert}, {alice.cert, fresh.cert}})
	if !v.Allowed {
		t.Error(v.String())
	}
}

func hash(h *holder) string { return fmt.Sprintf("%x", sha256.Sum256(h.cert.Raw)) }
