package config

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/policy"
)

var policySchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "min_dialect"}, {Name: "sign"}, {Name: "encrypt"}},
	Blocks:     []hcl.BlockHeaderSchema{{Type: "require"}, {Type: "allow"}, {Type: "deny"}},
}

var requireSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "listeners"}, {Name: "mounts"}, {Name: "min_dialect"}, {Name: "sign"}, {Name: "encrypt"}},
}

// A scope is what the rules of one policy may name.
type scope struct {
	config    *Config
	name      string
	listeners []*Listener // that have the policy
}

// policies decodes all policies, and gives them to their listeners.
func (l *loader) policies(blocks, listeners hcl.Blocks, c *Config) {
	used := l.policyUses(blocks, listeners, c)
	for _, b := range blocks {
		s := &scope{config: c, name: b.Labels[0], listeners: used[b.Labels[0]]}
		if len(s.listeners) == 0 {
			l.report(b.DefRange, "policy %q is of no use: no listener has it; add policy = %[1]q to a listen block", s.name)
		}
		p := l.policy(b, s)
		c.Policies = append(c.Policies, p)
		for _, lis := range s.listeners {
			lis.Policy = p
		}
	}
}

// policyUses are the listeners of each policy that there is, by its name.
func (l *loader) policyUses(blocks, listeners hcl.Blocks, c *Config) map[string][]*Listener {
	var known []string
	for _, b := range blocks {
		known = append(known, b.Labels[0])
	}
	used := map[string][]*Listener{}
	for i := range c.Listeners {
		a := l.attributes(listeners[i])["policy"]
		if a == nil {
			continue
		}
		w, ok := l.str(a.Expr, "policy")
		if ok && l.isOne(w, "policy", known) {
			used[w.value] = append(used[w.value], &c.Listeners[i])
		}
	}
	return used
}

// isOne reports a word that is none of those known.
func (l *loader) isOne(w word, what string, known []string) bool {
	if slices.Contains(known, w.value) {
		return true
	}
	l.report(w.at, "%s %q does not exist%s", what, w.value, wayOut(w.value, known, "there is none"))
	return false
}

func (l *loader) policy(b *hcl.Block, s *scope) *policy.Policy {
	content := l.content(b, policySchema)
	var requirements []policy.Requirement
	if len(content.Attributes) > 0 {
		requirements = append(requirements, l.requirement(b, content.Attributes, s))
	}
	var rules []policy.Rule
	for _, x := range content.Blocks {
		if x.Type == "require" {
			requirements = append(requirements, l.requirement(x, l.content(x, requireSchema).Attributes, s))
			continue
		}
		rules = append(rules, l.rule(x, s))
	}
	if !slices.ContainsFunc(rules, func(r policy.Rule) bool { return r.Verb == policy.Allow }) {
		l.report(b.DefRange, "policy %q allows nothing; what no rule allows is denied: add allow { }, which allows everything, or one with conditions", s.name)
	}
	p, err := policy.New(s.name, rules, requirements)
	if err != nil {
		l.report(b.DefRange, "%v", err)
	}
	return p
}

func (l *loader) place(b *hcl.Block) policy.Place {
	return policy.Place{File: l.file, Line: b.DefRange.Start.Line}
}

func (l *loader) requirement(b *hcl.Block, attrs hcl.Attributes, s *scope) policy.Requirement {
	var sign, encrypt Demand
	r := policy.Requirement{Place: l.place(b)}
	choose(l, attrs["min_dialect"], dialects, &r.MinDialect)
	choose(l, attrs["sign"], demands, &sign)
	choose(l, attrs["encrypt"], demands, &encrypt)
	r.Sign, r.Encrypt = sign == Required, encrypt == Required
	for _, w := range l.listed(attrs["listeners"], `"NAME"`) {
		if l.listenerOf(w, s) {
			r.Listeners = append(r.Listeners, w.value)
		}
	}
	for _, w := range l.listed(attrs["mounts"], `"NAME"`) {
		if l.mountOf(w, s) {
			r.Mounts = append(r.Mounts, w.value)
		}
	}
	if b.Type == "require" && attrs["min_dialect"] == nil && attrs["sign"] == nil && attrs["encrypt"] == nil {
		l.report(b.DefRange, `require asks for nothing; add min_dialect = "3.0", sign = "required" or encrypt = "required"`)
	}
	l.reachable(attrs["encrypt"], &r, s)
	return r
}

// reachable reports encryption that is required of whom it is refused.
func (l *loader) reachable(a *hcl.Attribute, r *policy.Requirement, s *scope) {
	for _, lis := range s.listeners {
		concerned := len(r.Listeners) == 0 || slices.Contains(r.Listeners, lis.Name)
		network, known := l.networks[lis.Addr.Network]
		if r.Encrypt && concerned && lis.Encrypt == Off && known && !network.TLS {
			l.report(a.Range, `encryption is required, and listen %q refuses it with encrypt = "off"; remove one of the two`, lis.Name)
		}
	}
}

// listed is the list that an attribute has to be; none when there is none.
func (l *loader) listed(a *hcl.Attribute, example string) []word {
	if a == nil {
		return nil
	}
	return l.strings(a, example)
}

// listenerOf reports a listener that does not have the policy.
func (l *loader) listenerOf(w word, s *scope) bool {
	var all, own []string
	for i := range s.config.Listeners {
		all = append(all, s.config.Listeners[i].Name)
	}
	for _, lis := range s.listeners {
		own = append(own, lis.Name)
	}
	if !l.isOne(w, "listener", all) {
		return false
	}
	if !slices.Contains(own, w.value) {
		l.report(w.at, "listener %q does not have policy %q, so this never holds; add policy = %[2]q to it, or remove it here", w.value, s.name)
		return false
	}
	return true
}

// pipes is the mount that the gateway serves by itself.
const pipes = "IPC$"

// mounts are the names of what clients see.
func (s *scope) mounts() []string {
	names := []string{pipes}
	for _, m := range s.config.Mounts {
		names = append(names, m.Name)
	}
	return names
}

// mountOf reports a mount that does not exist.
func (l *loader) mountOf(w word, s *scope) bool {
	names := s.mounts()
	same := func(m string) bool { return auth.Upper(m) == auth.Upper(w.value) }
	return slices.ContainsFunc(names, same) || l.isOne(w, "mount", names)
}

// networkNames are what the transport of a connection can be.
func (l *loader) networkNames() []string { return slices.Sorted(maps.Keys(l.networks)) }
