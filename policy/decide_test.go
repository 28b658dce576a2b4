package policy

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func paths(t testing.TB, list ...string) []Path {
	t.Helper()
	var out []Path
	for _, s := range list {
		p, err := ParsePath(s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// build makes a policy whose rules stand in lines 1, 2...
func build(t testing.TB, rules []Rule, requirements ...Requirement) *Policy {
	t.Helper()
	for i := range rules {
		rules[i].Place = Place{"f", i + 1}
	}
	for i := range requirements {
		requirements[i].Place = Place{"f", 100 + i}
	}
	p, err := New("p", rules, requirements)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// alice is somebody who reads a file.
func alice() Facts {
	return Facts{
		Listener: "internet", Transport: "quic", Address: netip.MustParseAddr("192.0.2.7"),
		Certificates: []Certificate{{[32]byte{1}, "CN=ca"}, {[32]byte{2}, "CN=root"}},
		User:         "Alice", Groups: []string{"staff", "eng"}, Dialect: smb2.Dialect311,
		Mount: "projects", Path: `Pub\x\y`, Action: Action{Access: ReadOnly},
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	all := func(r Rule) Rule { r.Verb = Allow; return r }
	for _, c := range []struct {
		name  string
		rules []Rule
		want  string
	}{
		{"nothing is allowed by default", nil, "denied: no rule allows it"},
		{"an allow without conditions", []Rule{all(Rule{})}, "allowed: allow at f:1"},
		{"the user, whatever the case", []Rule{all(Rule{Users: []string{"ALICE"}})}, "allowed: allow at f:1"},
		{"another user", []Rule{all(Rule{Users: []string{"bob"}})}, "denied: no rule allows it"},
		{"a group", []Rule{all(Rule{Users: []string{"@Staff"}})}, "allowed: allow at f:1"},
		{"a group is no user", []Rule{all(Rule{Users: []string{"staff", "@alice"}})}, "denied: no rule allows it"},
		{"deny beats allow", []Rule{all(Rule{}), {}}, "denied: deny at f:2"},
		{"in any order", []Rule{{}, all(Rule{})}, "denied: deny at f:1"},
		{"what is more specific beats deny", []Rule{{}, all(Rule{Users: []string{"alice"}})}, "allowed: allow at f:2"},
		{"a user is narrower than a group", []Rule{{Users: []string{"@staff"}}, all(Rule{Users: []string{"alice"}})}, "allowed: allow at f:2"},
		{"a group is not narrower than a user", []Rule{{Users: []string{"alice"}}, all(Rule{Users: []string{"@staff"}})}, "denied: deny at f:1"},
		{"what is not comparable does not overrule", []Rule{{Addresses: prefixes("192.0.2.0/24")}, all(Rule{Users: []string{"alice"}})}, "denied: deny at f:1"},
		{"naming both does", []Rule{{Addresses: prefixes("192.0.2.0/24")}, all(Rule{Users: []string{"alice"}, Addresses: prefixes("192.0.2.7/32")})}, "allowed: allow at f:2"},
		{"a wider network does not", []Rule{{Addresses: prefixes("192.0.2.0/24")}, all(Rule{Users: []string{"alice"}, Addresses: prefixes("192.0.0.0/16")})}, "denied: deny at f:1"},
		{"the narrowest entry counts", []Rule{{Addresses: prefixes("192.0.2.0/24")}, all(Rule{Addresses: prefixes("0.0.0.0/0", "192.0.2.7/32")})}, "allowed: allow at f:2"},
		{"a deny of an overruling allow", []Rule{{}, all(Rule{Users: []string{"alice"}}), {Users: []string{"alice"}, Mounts: []string{"projects"}}}, "denied: deny at f:3"},
		{"the leaf is narrower than the chain", []Rule{
			{Certificates: []CertificateMatch{{SHA256: [32]byte{1}}}},
			all(Rule{Certificates: []CertificateMatch{{SHA256: [32]byte{1}, Leaf: true}}}),
		}, "allowed: allow at f:2"},
		{"the chain is narrower than the issuer", []Rule{
			{Certificates: []CertificateMatch{{Issuer: "CN=ca"}}},
			all(Rule{Certificates: []CertificateMatch{{SHA256: [32]byte{2}}}}),
		}, "allowed: allow at f:2"},
		{"the leaf alone", []Rule{all(Rule{Certificates: []CertificateMatch{{SHA256: [32]byte{2}, Leaf: true}}})}, "denied: no rule allows it"},
		{"the issuer of any certificate in the chain", []Rule{all(Rule{Certificates: []CertificateMatch{{Issuer: "CN=root"}}})}, "allowed: allow at f:1"},
		{"all conditions at once", []Rule{all(Rule{
			Users: []string{"alice"}, Certificates: []CertificateMatch{{Issuer: "CN=ca"}}, Addresses: prefixes("192.0.2.7/32"),
			Listeners: []string{"internet"}, Transports: []string{"quic"}, Dialects: []smb2.Dialect{smb2.Dialect311},
			Mounts: []string{"PROJECTS"}, Paths: paths(t, "pub/X"), Access: ReadOnly,
		})}, "allowed: allow at f:1"},
		{"another listener", []Rule{all(Rule{Listeners: []string{"office"}})}, "denied: no rule allows it"},
		{"another transport", []Rule{all(Rule{Transports: []string{"tcp"}})}, "denied: no rule allows it"},
		{"another dialect", []Rule{all(Rule{Dialects: []smb2.Dialect{smb2.Dialect30}})}, "denied: no rule allows it"},
		{"another mount", []Rule{all(Rule{Mounts: []string{"project"}})}, "denied: no rule allows it"},
		{"another class", []Rule{all(Rule{Operations: []OperationMatch{{Class: ClassPipe}}})}, "denied: no rule allows it"},
		{"a longer path beats a shorter", []Rule{{Paths: paths(t, "pub")}, all(Rule{Paths: paths(t, "pub/x")})}, "allowed: allow at f:2"},
		{"less access than needed", []Rule{all(Rule{Access: List})}, "denied: allow at f:1 gives list only"},
		{"the most specific allow says how much", []Rule{all(Rule{}), all(Rule{Users: []string{"alice"}, Access: List})}, "denied: allow at f:2 gives list only"},
		{"of equal ones the larger access", []Rule{all(Rule{Users: []string{"@eng"}, Access: List}), all(Rule{Users: []string{"@staff"}})}, "allowed: allow at f:2"},
		{"a deny of writing does not concern reading", []Rule{all(Rule{}), {Users: []string{"alice"}, Access: ReadWrite}}, "allowed: allow at f:1"},
		{"a deny of reading does", []Rule{all(Rule{}), {Access: ReadOnly}}, "denied: deny at f:2"},
		{"a deny of listing includes reading", []Rule{all(Rule{}), {Access: List}}, "denied: deny at f:2"},
	} {
		f := alice()
		p := build(t, c.rules)
		if got := p.Decide(Operation, &f).String(); got != `policy "p": `+c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestZero(t *testing.T) {
	t.Parallel()
	f := alice()
	if new(Policy).Decide(Operation, &f).Allowed || (Verdict{}).Allowed {
		t.Error("what is empty allows")
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	p := build(t, []Rule{{Verb: Allow, Addresses: prefixes("192.0.2.0/24", "2001:db8::/32", "fe80::/10")}})
	for from, want := range map[string]bool{
		"192.0.2.7": true, "::ffff:192.0.2.7": true, "192.0.3.7": false, "2001:db8::1": true, "2001:db9::1": false, "fe80::1%eth0": true,
	} {
		f := Facts{Address: netip.MustParseAddr(from)}
		if got := p.Decide(Connection, &f).Allowed; got != want {
			t.Errorf("%s: %v", from, got)
		}
	}
	if p.Decide(Connection, &Facts{}).Allowed {
		t.Error("no address is in a network")
	}
}

// What depends on later facts is open: an allow may match, a deny may not.
func TestStages(t *testing.T) {
	t.Parallel()
	p := build(t, []Rule{
		{Verb: Allow, Users: []string{"alice"}, Mounts: []string{"projects"}, Paths: paths(t, "pub"), Access: ReadOnly},
		{Verb: Deny, Transports: []string{"quic"}, Mounts: []string{"secret"}},
		{Verb: Deny, Addresses: prefixes("198.51.100.0/24")},
		{Verb: Deny, Users: []string{"alice"}, Dialects: []smb2.Dialect{smb2.Dialect21}, Access: ReadWrite},
	})
	for _, c := range []struct {
		name   string
		change func(*Facts)
		last   Stage // the last that is allowed; Operation+1 none
	}{
		{"all", func(*Facts) {}, Operation},
		{"writing", func(f *Facts) { f.Action.Access = ReadWrite }, Tree},
		{"another path", func(f *Facts) { f.Path = "" }, Tree},
		{"another mount", func(f *Facts) { f.Mount = "secret" }, Session},
		{"another user", func(f *Facts) { f.User, f.Groups = "bob", nil }, Connection},
		{"another address", func(f *Facts) { f.Address = netip.MustParseAddr("198.51.100.1") }, Operation + 1},
		{"a dialect that does not write", func(f *Facts) { f.Dialect = smb2.Dialect21 }, Operation},
	} {
		f := alice()
		c.change(&f)
		for s := range Operation + 1 {
			want := c.last <= Operation && s <= c.last
			if v := p.Decide(s, &f); v.Allowed != want {
				t.Errorf("%s, %v: %v", c.name, s, v)
			}
		}
	}
}

func TestRequirements(t *testing.T) {
	t.Parallel()
	p := build(t, []Rule{{Verb: Allow}},
		Requirement{MinDialect: smb2.Dialect30},
		Requirement{Listeners: []string{"internet"}, Sign: true},
		Requirement{Mounts: []string{"Secret"}, MinDialect: smb2.Dialect311, Encrypt: true})
	for _, c := range []struct {
		name    string
		stage   Stage
		facts   Facts
		demands Demands
		want    string
	}{
		{"nobody yet", Connection, Facts{}, Demands{MinDialect: smb2.Dialect30}, "allow at f:1"},
		{"an old dialect", Session, Facts{Dialect: smb2.Dialect21}, Demands{MinDialect: smb2.Dialect30}, "dialect 3.0 or later is required at f:100"},
		{"no signing", Session, Facts{Dialect: smb2.Dialect30, Listener: "internet"}, Demands{smb2.Dialect30, true, false}, "signing is required at f:101"},
		{"signing", Session, Facts{Dialect: smb2.Dialect30, Listener: "internet", Signed: true}, Demands{smb2.Dialect30, true, false}, "allow at f:1"},
		{"encryption is as good", Session, Facts{Dialect: smb2.Dialect30, Listener: "internet", Encrypted: true}, Demands{smb2.Dialect30, true, false}, "allow at f:1"},
		{"so is the transport's", Session, Facts{Dialect: smb2.Dialect30, Listener: "internet", Secure: true}, Demands{smb2.Dialect30, false, false}, "allow at f:1"},
		{"a mount is none yet", Session, Facts{Dialect: smb2.Dialect30, Mount: "secret"}, Demands{MinDialect: smb2.Dialect30}, "allow at f:1"},
		{"a mount in the clear", Tree, Facts{Dialect: smb2.Dialect311, Mount: "secret", Signed: true}, Demands{smb2.Dialect311, false, true}, "dialect 3.1.1 or later, encryption is required at f:102"},
		{"a mount with encryption", Tree, Facts{Dialect: smb2.Dialect311, Mount: "secret", Encrypted: true}, Demands{smb2.Dialect311, false, true}, "allow at f:1"},
		{"a mount by an old dialect", Operation, Facts{Dialect: smb2.Dialect302, Mount: "secret", Encrypted: true}, Demands{smb2.Dialect311, false, true}, "dialect 3.1.1 or later, encryption is required at f:102"},
		{"a mount over QUIC", Operation, Facts{Dialect: smb2.Dialect311, Mount: "secret", Secure: true}, Demands{smb2.Dialect311, false, false}, "allow at f:1"},
	} {
		if got := p.Demands(c.stage, &c.facts); got != c.demands {
			t.Errorf("%s: demands %+v, want %+v", c.name, got, c.demands)
		}
		if got := p.Decide(c.stage, &c.facts).String(); !strings.HasSuffix(got, ": "+c.want) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	denied := build(t, nil, Requirement{Sign: true})
	if got := denied.Decide(Session, &Facts{}); got.Reason != ReasonDefault {
		t.Errorf("what no rule allows is denied for %v", got)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	if _, err := New("p", make([]Rule, MaxRules), nil); err != nil {
		t.Error(err)
	}
	if _, err := New("p", make([]Rule, MaxRules+1), nil); err == nil {
		t.Error("too many rules are taken")
	}
	for _, p := range []Path{{}, make(Path, MaxDepth+1)} {
		if _, err := New("p", []Rule{{Paths: []Path{p}}}, nil); err == nil {
			t.Errorf("a path of %d components is taken", len(p))
		}
	}
}

func TestAllocations(t *testing.T) {
	f := alice()
	rules := make([]Rule, MaxRules)
	for i := range rules {
		rules[i] = Rule{Verb: Allow, Users: []string{"bob", "@STAFF"}, Mounts: []string{"a", "Projects"}, Paths: paths(t, "PUB/x", "ÄÖ")}
	}
	p := build(t, rules)
	if n := testing.AllocsPerRun(10, func() {
		if !p.Decide(Operation, &f).Allowed {
			t.Error("denied")
		}
	}); n != 0 {
		t.Errorf("a decision allocates %v times", n)
	}
}

func BenchmarkDecide(b *testing.B) {
	f := alice()
	p := build(b, []Rule{
		{Verb: Allow, Users: []string{"@staff"}, Mounts: []string{"projects"}},
		{Verb: Deny, Mounts: []string{"projects"}, Paths: paths(b, "finance")},
		{Verb: Allow, Users: []string{"bob"}},
		{Verb: Deny, Operations: []OperationMatch{{Class: ClassSnapshot}}},
	})
	b.ReportAllocs()
	for b.Loop() {
		p.Decide(Operation, &f)
	}
}

// Nobody has no name that a rule could mean.
func TestNobody(t *testing.T) {
	t.Parallel()
	p := build(t, []Rule{{Verb: Allow, Users: []string{""}}})
	f := alice()
	f.User, f.Groups = "", nil
	if v := p.Decide(Session, &f); v.Allowed {
		t.Error(v)
	}
}
