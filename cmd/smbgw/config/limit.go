package config

import (
	"maps"
	"net/netip"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/limit"
)

var limitSchema = limitKeys()

// limitKeys is the schema of limit: who is limited, and each kind of limit.
func limitKeys() *hcl.BodySchema {
	s := &hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: "per"}, {Name: "only"}}}
	for k := range limit.NumberOfKinds {
		s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: k.String()})
	}
	return s
}

// pers is whose limits there are. The last is nobody's: see share.
var pers = map[string]limit.Per{
	limit.Listener.String(): limit.Listener,
	limit.Address.String():  limit.Address,
	limit.User.String():     limit.User,
	limit.Mount.String():    limit.Mount,
	perConnection:           nobodys,
}

// A limitBlock is a limit on its way to a rule.
type limitBlock struct {
	rule limit.Rule
	said [limit.NumberOfKinds]bool // which limits it sets, or lifts
}

// limits decodes all limits, and adds what there is without them.
func (l *loader) limits(blocks hcl.Blocks, c *Config) limit.Rules {
	general := map[limit.Per]*limitBlock{}
	lines := map[limit.Subject]int{}
	lineOf := map[limit.Per]int{}
	var special []*limitBlock
	c.Share = DefaultShare
	shared := 0 // line
	for _, b := range blocks {
		if isShare(b) {
			l.share(b, c, &shared)
			continue
		}
		x, ok := l.limit(b, c, lines)
		switch {
		case !ok:
		case len(x.rule.Only)+len(x.rule.Prefixes) > 0:
			special = append(special, x)
		case general[x.rule.Per] != nil:
			l.report(b.DefRange, "there is a limit per %v already, at line %d; put everything into one block, or say with only whom this one is for", x.rule.Per, lineOf[x.rule.Per])
		default:
			general[x.rule.Per], lineOf[x.rule.Per] = x, b.DefRange.Start.Line
		}
	}
	var rules limit.Rules
	for p := range nobodys {
		base := limit.Limits{}
		if p == limit.Address {
			base = AddressLimits
		}
		if x := general[p]; x != nil {
			base = x.over(base)
		}
		if base != (limit.Limits{}) {
			rules = append(rules, limit.Rule{Per: p, Limits: base})
		}
		for _, x := range special {
			if x.rule.Per == p {
				x.rule.Limits = x.over(base)
				rules = append(rules, x.rule)
			}
		}
	}
	return rules
}

// over is what the block says, and for the rest what it stands on.
func (x *limitBlock) over(base limit.Limits) limit.Limits {
	for k, said := range x.said {
		if said {
			base[k] = x.rule.Limits[k]
		}
	}
	return base
}

// limit decodes one block; it is false when nobody knows for whom it is.
func (l *loader) limit(b *hcl.Block, c *Config, lines map[limit.Subject]int) (*limitBlock, bool) {
	mistakes := len(l.mistakes)
	attrs := l.content(b, limitSchema).Attributes
	set := len(l.mistakes) > mistakes // what it sets may be misspelt
	x := &limitBlock{}
	mistakes = len(l.mistakes)
	choose(l, attrs["per"], pers, &x.rule.Per)
	if attrs["per"] == nil {
		l.report(b.DefRange, `limit has no per; add per = "address", "user", "mount", "listener" or "connection"`)
	}
	known := len(l.mistakes) == mistakes
	for k := range limit.NumberOfKinds {
		if a := attrs[k.String()]; a != nil {
			set = true
			x.said[k] = l.quantity(a, k, &x.rule.Limits[k])
		}
	}
	if !set {
		l.report(b.DefRange, "limit sets nothing; add a line like connections = 100")
	}
	if !known {
		return nil, false
	}
	if a := attrs["only"]; a != nil {
		for _, w := range l.strings(a, onlyExample(x.rule.Per)) {
			l.only(w, &x.rule, c, lines)
		}
		if len(x.rule.Only)+len(x.rule.Prefixes) == 0 {
			return nil, false
		}
	}
	l.limitable(b, attrs, &x.rule, c)
	return x, true
}

func onlyExample(p limit.Per) string {
	if p == limit.Address {
		return `"192.0.2.0/24"`
	}
	return `"NAME"`
}

// only adds somebody whom a limit is for, who has to exist.
func (l *loader) only(w word, r *limit.Rule, c *Config, lines map[limit.Subject]int) {
	s := limit.Subject{Per: r.Per, Name: auth.Upper(w.value)}
	switch r.Per {
	case limit.Address:
		p, ok := l.network(w)
		if !ok {
			return
		}
		s.Name = p.String()
		r.Prefixes = append(r.Prefixes, p)
	case limit.User:
		if l.users != nil && !l.hasUser(w.value) {
			l.isOne(w, "user", l.users.Names())
			return
		}
		r.Only = append(r.Only, s.Name)
	case limit.Mount:
		var names []string
		for _, m := range c.Mounts {
			names = append(names, m.Name)
		}
		if !slices.ContainsFunc(names, func(n string) bool { return auth.Upper(n) == s.Name }) {
			l.isOne(w, "mount", names)
			return
		}
		r.Only = append(r.Only, s.Name)
	case limit.Listener:
		var names []string
		for i := range c.Listeners {
			names = append(names, c.Listeners[i].Name)
		}
		if !l.isOne(w, "listener", names) {
			return
		}
		s.Name = w.value
		r.Only = append(r.Only, w.value)
	}
	if line, ok := lines[s]; ok {
		l.report(w.at, "%v %q has a limit of its own already, at line %d", r.Per, w.value, line)
		return
	}
	lines[s] = w.at.Start.Line
}

// network is an address, or all with a prefix.
func (l *loader) network(w word) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(w.value); err == nil && a.Zone() == "" {
		a = a.Unmap()
		if a.Is4() {
			return netip.PrefixFrom(a, 32), true
		}
		l.report(w.at, "clients with IPv6 count by networks of 64 bits; write %v", netip.PrefixFrom(a, limitNetwork).Masked())
		return netip.Prefix{}, false
	}
	p, err := netip.ParsePrefix(w.value)
	switch {
	case err != nil:
		l.report(w.at, "%q is no network; write an address and the bits of its prefix: 192.0.2.0/24, 2001:db8::/32", w.value)
	case p.Addr().Is4In6():
		l.report(w.at, "%q means IPv4 addresses; write the network as IPv4 has it", w.value)
	case p != p.Masked():
		l.report(w.at, "%v has bits behind the prefix; write %v", p, p.Masked())
	case p.Addr().Is6() && p.Bits() > limitNetwork:
		l.report(w.at, "clients with IPv6 count by networks of 64 bits; write %v", netip.PrefixFrom(p.Addr(), limitNetwork).Masked())
	default:
		return p, true
	}
	return netip.Prefix{}, false
}

// limitable reports limits that can never be met.
func (l *loader) limitable(b *hcl.Block, attrs hcl.Attributes, r *limit.Rule, c *Config) {
	served := slices.ContainsFunc(c.Listeners, func(lis Listener) bool {
		concerned := r.Per != limit.Listener || len(r.Only) == 0 || slices.Contains(r.Only, lis.Name)
		return concerned && !l.relaying[lis.Name]
	})
	if served || len(c.Listeners) == 0 {
		return
	}
	if r.Per == limit.User || r.Per == limit.Mount {
		l.report(b.DefRange, "limit per %v is of no use: every listener relays, and what passes is between client and backend", r.Per)
		return
	}
	for _, k := range slices.Sorted(maps.Keys(attrs)) {
		switch k {
		case "per", "only", limit.Connections.String(), limit.BytesPerSecond.String():
		default:
			l.report(attrs[k].NameRange, "%s is of no use: what passes a relay is not looked at; its connections and bytes_per_second can be limited", k)
		}
	}
}
