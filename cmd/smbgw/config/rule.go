package config

import (
	"encoding/hex"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports/access"
)

// A condition is a list that rules may have. Its decode adds one entry to the
// rule, or reports it.
type condition struct {
	name    string
	example string
	decode  func(l *loader, w word, r *policy.Rule, s *scope)
}

// conditions is THE table of what rules may be about: package policy's kinds by
// their names.
func conditions() []condition {
	return []condition{
		{"users", `"NAME", "@GROUP"`, (*loader).ruleUser},
		{"certificates", `"leaf:SHA256", "chain:SHA256", "issuer:NAME"`, (*loader).ruleCertificate},
		{"addresses", `"192.0.2.0/24", "2001:db8::1"`, (*loader).ruleAddress},
		{"listeners", `"NAME"`, (*loader).ruleListener},
		{"transports", `"tcp"`, (*loader).ruleTransport},
		{"dialects", `"3.1.1"`, (*loader).ruleDialect},
		{"mounts", `"NAME"`, (*loader).ruleMount},
		{"paths", `"FOLDER/FOLDER"`, (*loader).rulePath},
		{"operations", `"named-pipes", "fsctl:SET_SPARSE"`, (*loader).ruleOperation},
	}
}

func ruleSchema() *hcl.BodySchema {
	s := &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "access"}}}
	for _, c := range conditions() {
		s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: c.name})
	}
	return s
}

// rule decodes an allow or a deny.
func (l *loader) rule(b *hcl.Block, s *scope) policy.Rule {
	r := policy.Rule{Place: l.place(b)}
	if b.Type == "allow" {
		r.Verb = policy.Allow
	}
	attrs := l.content(b, ruleSchema()).Attributes
	choose(l, attrs["access"], policy.AccessNames(), &r.Access)
	for _, c := range conditions() {
		for _, w := range l.listed(attrs[c.name], c.example) {
			c.decode(l, w, &r, s)
		}
	}
	return r
}

// ruleUser takes users of the users file alone: a name that is misspelt in a
// deny would let in whom it means.
func (l *loader) ruleUser(w word, r *policy.Rule, s *scope) {
	if l.someone(w, s.config.Users) {
		r.Users = append(r.Users, w.value)
	}
}

// someone reports a user or a group that does not exist. It is false where there
// is a mistake already, or nobody can log in.
func (l *loader) someone(w word, u *Users) bool {
	group, ok := strings.CutPrefix(w.value, "@")
	switch {
	case u == nil || u.File == "" || l.users == nil:
		return false
	case ok && u.Groups == nil:
		l.report(w.at, `there are no groups; add groups = "FILE" to users, a file with lines name: members`)
	case ok && !u.Groups.Has(group):
		l.isOne(w, "group", groupWords(u.Groups.Names()))
	case !ok && !l.hasUser(w.value):
		l.isOne(w, "user", l.users.Names())
	}
	return true
}

func groupWords(names []string) []string {
	var words []string
	for _, n := range names {
		words = append(words, "@"+n)
	}
	return words
}

func (l *loader) hasUser(name string) bool {
	return slices.ContainsFunc(l.users.Names(), func(n string) bool { return auth.Upper(n) == auth.Upper(name) })
}

func (l *loader) ruleCertificate(w word, r *policy.Rule, s *scope) {
	sort, value, _ := strings.Cut(w.value, ":")
	m := policy.CertificateMatch{Leaf: sort == "leaf"}
	switch sort {
	case "issuer":
		var err error
		if m.Issuer, err = access.ParseName(value); err != nil {
			l.report(w.at, "issuer: %v", err)
		}
	case "leaf", "chain":
		digits := strings.NewReplacer(":", "", " ", "").Replace(value)
		b, err := hex.DecodeString(digits)
		if err != nil || len(b) != len(m.SHA256) {
			l.report(w.at, "%s: is followed by a certificate's SHA-256, 64 digits in hexadecimal", sort)
		}
		copy(m.SHA256[:], b)
	default:
		l.report(w.at, `certificate %q is neither leaf:SHA256, chain:SHA256 nor issuer:NAME`, w.value)
	}
	if !slices.ContainsFunc(s.listeners, func(lis *Listener) bool { return lis.TLS != nil && lis.TLS.ClientCA != "" }) {
		l.report(w.at, "no listener of policy %q asks clients for certificates; add client_ca to its tls block", s.name)
	}
	r.Certificates = append(r.Certificates, m)
}

func (l *loader) ruleAddress(w word, r *policy.Rule, _ *scope) {
	if a, err := netip.ParseAddr(w.value); err == nil && a.Zone() == "" {
		a = a.Unmap()
		r.Addresses = append(r.Addresses, netip.PrefixFrom(a, a.BitLen()))
		return
	}
	p, err := netip.ParsePrefix(w.value)
	switch {
	case err != nil:
		l.report(w.at, "%q is no network; write an address and the bits of its prefix: 192.0.2.0/24, 2001:db8::/32", w.value)
		return
	case p.Addr().Is4In6():
		l.report(w.at, "%q means IPv4 addresses; write the network as IPv4 has it", w.value)
	case p != p.Masked():
		l.report(w.at, "%v has bits behind the prefix; write %v, or one address without a prefix", p, p.Masked())
	}
	r.Addresses = append(r.Addresses, p)
}

func (l *loader) ruleListener(w word, r *policy.Rule, s *scope) {
	if l.listenerOf(w, s) {
		r.Listeners = append(r.Listeners, w.value)
	}
}

func (l *loader) ruleTransport(w word, r *policy.Rule, _ *scope) {
	if l.isOne(w, "transport", l.networkNames()) {
		r.Transports = append(r.Transports, w.value)
	}
}

func (l *loader) ruleDialect(w word, r *policy.Rule, _ *scope) {
	if d, ok := oneOf(l, w, "dialect", dialects); ok {
		r.Dialects = append(r.Dialects, d)
	}
}

func (l *loader) ruleMount(w word, r *policy.Rule, s *scope) {
	if l.mountOf(w, s) {
		r.Mounts = append(r.Mounts, w.value)
	}
}

func (l *loader) rulePath(w word, r *policy.Rule, _ *scope) {
	p, err := policy.ParsePath(w.value)
	if err != nil {
		l.report(w.at, "path: %v", err)
		return
	}
	r.Paths = append(r.Paths, p)
}

func (l *loader) ruleOperation(w word, r *policy.Rule, _ *scope) {
	if m, ok := l.operation(w); ok {
		r.Operations = append(r.Operations, m)
	}
}

// operation is a class by its name, or an FSCTL by its name or number.
func (l *loader) operation(w word) (policy.OperationMatch, bool) {
	classes := policy.ClassNames()
	if c, ok := classes[w.value]; ok {
		return policy.OperationMatch{Class: c}, true
	}
	name, ok := strings.CutPrefix(w.value, "fsctl:")
	if !ok {
		known := slices.Sorted(maps.Keys(classes))
		l.report(w.at, "operation %q is unknown; it is one of %s, fsctl:NAME, fsctl:NUMBER%s", w.value, among(known), didYouMean(w.value, known))
		return policy.OperationMatch{}, false
	}
	if code, err := strconv.ParseUint(name, 0, 32); err == nil && code > 0 {
		return policy.OperationMatch{FSCTL: smb2.FSCTL(code)}, true
	}
	code, ok := smb2.FSCTLNamed(strings.TrimPrefix(name, "FSCTL_"))
	if !ok {
		l.report(w.at, "fsctl %q is unknown; write its number, or a name like SET_SPARSE%s", name, didYouMean(name, smb2.FSCTLNames()))
	}
	return policy.OperationMatch{FSCTL: code}, ok
}
