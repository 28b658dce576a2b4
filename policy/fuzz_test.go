package policy

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

// slow decides like the package documentation, by the letter: it makes the list
// of rules that match, strikes out what another is more specific than, and looks
// at what is left. Facts and rules are those of randomFacts and randomRule.
func slow(rules []Rule, f *Facts) bool {
	var matching []*Rule
	for i := range rules {
		if slowMatches(&rules[i], f) {
			matching = append(matching, &rules[i])
		}
	}
	allowed := false
	for _, r := range matching {
		if slices.ContainsFunc(matching, func(s *Rule) bool { return slowMoreSpecific(s, r, f) }) {
			continue
		}
		if r.Verb == Deny {
			return false
		}
		if r.Access == None || f.Action.Access <= r.Access {
			allowed = true
		}
	}
	return allowed
}

func slowMatches(r *Rule, f *Facts) bool {
	for _, n := range slowRanks(r, f) {
		if n < 0 {
			return false
		}
	}
	return r.Verb == Allow || r.Access == None || f.Action.Access >= r.Access
}

func slowMoreSpecific(a, b *Rule, f *Facts) bool {
	x, y := slowRanks(a, f), slowRanks(b, f)
	wider := false
	for i := range x {
		if x[i] < y[i] {
			return false
		}
		wider = wider || x[i] != y[i]
	}
	return wider
}

// slowRanks are the ranks by kind, -1 for a condition that is not met.
func slowRanks(r *Rule, f *Facts) []int {
	return []int{
		best(r.Listeners, func(s string) int { return one(s == f.Listener) }),
		best(r.Transports, func(s string) int { return one(s == f.Transport) }),
		best(r.Dialects, func(d smb2.Dialect) int { return one(d == f.Dialect) }),
		best(r.Mounts, func(s string) int { return one(strings.EqualFold(s, f.Mount)) }),
		best(r.Addresses, func(p netip.Prefix) int {
			masked, err := f.Address.Prefix(p.Bits())
			return (1 + p.Bits()) * one(err == nil && masked == p)
		}),
		best(r.Users, func(s string) int {
			group := func(g string) bool { return strings.EqualFold("@"+g, s) }
			return 2*one(strings.EqualFold(s, f.User)) + one(slices.ContainsFunc(f.Groups, group))
		}),
		best(r.Certificates, func(m CertificateMatch) int {
			for i, c := range f.Certificates {
				switch {
				case m.Issuer != "":
					return one(slices.ContainsFunc(f.Certificates, func(c Certificate) bool { return c.Issuer == m.Issuer }))
				case c.SHA256 == m.SHA256 && (i == 0 && m.Leaf):
					return 3
				case c.SHA256 == m.SHA256 && !m.Leaf:
					return 2
				}
			}
			return 0
		}),
		best(r.Paths, func(p Path) int {
			text := strings.ToUpper(p.String()) + `\`
			return len(p) * one(r.Verb == Deny && f.Action.Unnamed || !f.Action.Unnamed && strings.HasPrefix(strings.ToUpper(f.Path)+`\`, text))
		}),
		best(r.Operations, func(m OperationMatch) int {
			if m.Class != 0 {
				return one(m.Class&f.Action.Class != 0)
			}
			return 2 * one(f.Action.FSCTL != 0 && m.FSCTL == f.Action.FSCTL)
		}),
	}
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// best is the highest rank of the entries, 0 without any, -1 when none is met.
func best[T any](entries []T, rank func(T) int) int {
	if len(entries) == 0 {
		return 0
	}
	top := 0
	for _, e := range entries {
		top = max(top, rank(e))
	}
	if top == 0 {
		return -1
	}
	return top
}

// pick returns from none to two of a list, none most often.
func pick[T any](r *rand.Rand, list ...T) []T {
	var out []T
	for range max(0, r.IntN(6)-3) {
		out = append(out, list[r.IntN(len(list))])
	}
	return out
}

func randomRule(r *rand.Rand) Rule {
	return Rule{
		Verb:      Verb(r.IntN(2)),
		Users:     pick(r, "alice", "BOB", "@staff", "@eng"),
		Listeners: pick(r, "a", "b"), Transports: pick(r, "tcp", "quic"),
		Certificates: pick(r, CertificateMatch{SHA256: [32]byte{1}, Leaf: true}, CertificateMatch{SHA256: [32]byte{1}}, CertificateMatch{SHA256: [32]byte{2}}, CertificateMatch{Issuer: "ca"}),
		Addresses:    pick(r, prefixes("0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "::/0", "2001:db8::/32")...),
		Dialects:     pick(r, smb2.Dialect30, smb2.Dialect311),
		Mounts:       pick(r, "projects", "ALL"),
		Paths:        pick(r, Path{"pub"}, Path{"PUB", "x"}, Path{"other"}),
		Operations:   pick(r, OperationMatch{Class: ClassPipe}, OperationMatch{Class: ClassFSCTL}, OperationMatch{FSCTL: 1}, OperationMatch{FSCTL: 2}, OperationMatch{Class: ClassSnapshot | ClassSecurity}),
		Access:       Access(r.IntN(4)),
	}
}

func oneOf[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func randomFacts(r *rand.Rand) Facts {
	f := Facts{
		Listener: oneOf(r, "a", "b"), Transport: oneOf(r, "tcp", "quic"),
		Address:      netip.MustParseAddr(oneOf(r, "10.1.2.3", "10.1.2.4", "10.2.0.1", "192.0.2.1", "2001:db8::1", "::1")),
		Certificates: oneOf(r, nil, []Certificate{{[32]byte{1}, "ca"}}, []Certificate{{[32]byte{3}, "ca"}, {[32]byte{2}, "x"}}, []Certificate{{[32]byte{2}, "x"}, {[32]byte{1}, "ca"}}),
		User:         oneOf(r, "", "Alice", "bob"), Groups: oneOf(r, nil, []string{"Staff"}, []string{"eng", "staff"}),
	}
	randomRest(r, &f)
	return f
}

// randomRest changes the facts of the stages from Tree on.
func randomRest(r *rand.Rand, f *Facts) {
	f.Mount, f.Path = oneOf(r, "Projects", "all", "IPC$"), oneOf(r, "", "pub", `pub\x`, `Pub\X\y`, "public", "other")
	f.Action = Action{Access: Access(r.IntN(4)), Class: Class(r.IntN(16)), FSCTL: smb2.FSCTL(r.IntN(3)), Unnamed: r.IntN(8) == 0}
	if r.IntN(3) > 0 {
		f.Action.Class = 0
	}
	f.Dialect = oneOf(r, smb2.Dialect30, smb2.Dialect311)
}

// check compares one random policy with the slow one, on random facts.
func check(t *testing.T, seed uint64) (allowed int) {
	r := rand.New(rand.NewPCG(seed, 1))
	rules := make([]Rule, r.IntN(8))
	for i := range rules {
		rules[i] = randomRule(r)
	}
	p := build(t, rules)
	f := randomFacts(r)
	for range 16 {
		randomRest(r, &f)
		v, considered, _ := p.Explain(Operation, &f)
		if v.Allowed != slow(rules, &f) {
			t.Fatalf("%v, and it should not be\n%+v\n%+v", v, f, considered)
		}
		checkExplanation(t, v, considered)
		if v.Allowed {
			allowed++
			checkEarlier(t, p, &f)
		}
	}
	return allowed
}

// An explanation and its verdict say the same.
func checkExplanation(t *testing.T, v Verdict, list []Consideration) {
	results := map[Result]bool{}
	for _, c := range list {
		results[c.Result] = true
		if c.Why == "" || c.Result == Counts && c.Rule.Verb == Deny && v.Allowed || c.Rule == v.Rule && c.Result != Counts && c.Result != Short {
			t.Fatalf("%v, but %v: %v: %s", v, c.Rule.Place, c.Result, c.Why)
		}
	}
	if v.Reason == ReasonDefault && (results[Counts] || results[Short] || results[Overruled]) {
		t.Fatalf("%v, but some rule matches: %+v", v, list)
	}
}

// What is allowed in the end has been allowed at each stage before: no is final.
func checkEarlier(t *testing.T, p *Policy, f *Facts) {
	for s := range Operation {
		early := *f
		if s < Tree {
			early.Mount = ""
		}
		if s < Session {
			early.User, early.Groups, early.Dialect = "", nil, 0
		}
		early.Path, early.Action = "", Action{}
		if v := p.Decide(s, &early); !v.Allowed {
			t.Fatalf("allowed in the end, and at stage %v %v: %+v", s, v, f)
		}
	}
}

func TestSlow(t *testing.T) {
	t.Parallel()
	allowed := 0
	for seed := range uint64(2000) {
		allowed += check(t, seed)
	}
	if all := 2000 * 16; allowed < all/20 || allowed > all*19/20 {
		t.Errorf("%d of %d are allowed: the rules are not worth the test", allowed, all)
	}
}

func FuzzDecide(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { check(t, seed) })
}

// Paths are what clients send.
func FuzzPath(f *testing.F) {
	for _, s := range []string{`pub\x`, `pub::$INDEX_ALLOCATION`, `\\..\pub`, "PUB~1", "\xff\xfe", "pub. "} {
		f.Add(s)
	}
	rule := Path{"pub", "x"}
	f.Fuzz(func(t *testing.T, s string) {
		a := rule.prefixOf(s)
		if below := rule.prefixOf(s + `\y`); a == yes && below != yes {
			t.Errorf("%q is %v, below it is %v", s, a, below)
		}
		if upper := rule.prefixOf(strings.ToUpper(s)); a == yes && upper == no {
			t.Errorf("%q is %v, in upper case it is %v", s, a, upper)
		}
		if p, err := ParsePath(s); err == nil && p.prefixOf(s) != yes {
			t.Errorf("%q is not below itself", s)
		}
	})
}
