package config

import (
	"net/netip"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/users"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
)

// withPolicy is a file with users alice and bob, group staff, and a policy that
// has the given content.
func withPolicy(t *testing.T, content string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"alice", "bob"} {
		if _, _, err := users.Set(filepath.Join(dir, "users"), name, auth.NewSecret(make([]byte, 16)), time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, dir, "groups", "staff: bob\n")
	writePair(t, dir, "gw")
	return writeFile(t, dir, "smbgw.hcl", `policy "remote" {
`+content+`
}
listen "internet" {
  address = "quic!*!443"
  policy  = "remote"
  encrypt = "off"
  tls {
    cert      = "gw.pem"
    key       = "gw.key"
    client_ca = "gw.pem"
  }
}
listen "office" {
  address = "tcp!*!445"
}
backend "nas" { address = ["tcp!nas!445"] }
users {
  file   = "users"
  groups = "groups"
}
mount "projects" { backend = "nas" }
`)
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	file := withPolicy(t, `
  min_dialect = "3.0"
  require {
    mounts  = ["PROJECTS"]
    sign    = "required"
    encrypt = "required"
  }
  allow {
    users        = ["Alice", "@STAFF"]
    certificates = ["leaf:01000000000000000000000000000000000000000000000000000000000000ff", "chain:02`+strings.Repeat(":00", 31)+`", "issuer:CN=ca"]
    addresses    = ["192.0.2.0/24", "2001:db8::1", "::ffff:192.0.2.9"]
    listeners    = ["internet"]
    transports   = ["quic"]
    dialects     = ["3.1.1"]
    mounts       = ["Projects", "ipc$"]
    paths        = ["a/b", "c\\d e"]
    operations   = ["named-pipes", "snapshots", "fsctl:SET_SPARSE", "fsctl:FSCTL_SRV_COPYCHUNK", "fsctl:0x12"]
    access       = "read-only"
  }
  deny {
  }`)
	c, err := Load(file, networks())
	if err != nil {
		t.Fatal(err)
	}
	leaf, chain := [32]byte{0: 1, 31: 0xff}, [32]byte{2}
	want, err := policy.New("remote", []policy.Rule{{
		Verb: policy.Allow, Place: policy.Place{File: file, Line: 9},
		Users:        []string{"Alice", "@STAFF"},
		Certificates: []policy.CertificateMatch{{SHA256: leaf, Leaf: true}, {SHA256: chain}, {Issuer: "2.5.4.3=ca"}},
		Addresses:    []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::1/128"), netip.MustParsePrefix("192.0.2.9/32")},
		Listeners:    []string{"internet"}, Transports: []string{"quic"}, Dialects: []smb2.Dialect{smb2.Dialect311},
		Mounts: []string{"Projects", "ipc$"}, Paths: []policy.Path{{"a", "b"}, {"c", "d e"}},
		Operations: []policy.OperationMatch{{Class: policy.ClassPipe}, {Class: policy.ClassSnapshot},
			{FSCTL: smb2.FsctlSetSparse}, {FSCTL: smb2.FsctlCopyChunk}, {FSCTL: 0x12}},
		Access: policy.ReadOnly,
	}, {
		Place: policy.Place{File: file, Line: 21},
	}}, []policy.Requirement{
		{Place: policy.Place{File: file, Line: 1}, MinDialect: smb2.Dialect30},
		{Place: policy.Place{File: file, Line: 4}, Mounts: []string{"PROJECTS"}, Sign: true, Encrypt: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Listeners[0].Policy; !reflect.DeepEqual(got, want) || got != c.Policies[0] {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if c.Listeners[1].Policy != nil {
		t.Error("a listener without a policy has one")
	}
	if got := c.Users.Groups.Of("bob"); !reflect.DeepEqual(got, []string{"staff"}) {
		t.Errorf("bob is in %q", got)
	}
}

// What depends on files that are no part of the source.
func TestPolicyMistakes(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		`allow { users = ["alcie"] }`:                        `:2:19: user "alcie" does not exist; did you mean "alice"?`,
		`allow { users = ["xerxes"] }`:                       `:2:19: user "xerxes" does not exist; there are alice, bob`,
		`allow { users = ["@stuff"] }`:                       `:2:19: group "@stuff" does not exist; did you mean "@staff"?`,
		`allow { users = ["@alice"] }`:                       `:2:19: group "@alice" does not exist`,
		`allow { listeners = ["office"] }`:                   `:2:23: listener "office" does not have policy "remote"`,
		strings.Repeat("allow {\n}\n", policy.MaxRules+1):    `:1:1: policy "remote" has 257 rules`,
		"allow {\n}\nencrypt = \"required\"\nusers = [\"\"]": `:5:1: Unsupported argument`,
	} {
		_, err := Load(withPolicy(t, content), networks())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want %s", content, err, want)
		}
	}
	// The network's own encryption is enough where the listener refuses SMB's.
	if _, err := Load(withPolicy(t, "encrypt = \"required\"\nallow {\n}"), networks()); err != nil {
		t.Error(err)
	}
	file := withPolicy(t, `allow { users = ["@staff"] }`)
	dir := filepath.Dir(file)
	text := readFileText(t, file)
	without := writeFile(t, dir, "without.hcl", strings.Replace(text, `groups = "groups"`, "", 1))
	if _, err := Load(without, networks()); err == nil || !strings.Contains(err.Error(), "there are no groups; add groups") {
		t.Errorf("no file of groups: %v", err)
	}
	open := writeFile(t, dir, "open.hcl", strings.NewReplacer(`client_ca = "gw.pem"`, "", `users = ["@staff"]`, `certificates = ["issuer:CN=x"]`).Replace(text))
	if _, err := Load(open, networks()); err == nil || !strings.Contains(err.Error(), "asks clients for certificates; add client_ca") {
		t.Errorf("nobody asks for certificates: %v", err)
	}
}

// Every condition of package policy can be written.
func TestConditions(t *testing.T) {
	t.Parallel()
	var names []string
	for _, c := range conditions() {
		names = append(names, c.name)
	}
	fields := reflect.TypeFor[policy.Rule]()
	for i := range fields.NumField() {
		f := fields.Field(i)
		if f.Type.Kind() == reflect.Slice && !strings.Contains(strings.Join(names, " "), strings.ToLower(f.Name)) {
			t.Errorf("no word for a rule's %s", f.Name)
		}
	}
}

func readFileText(t *testing.T, file string) string {
	t.Helper()
	b, err := readFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
