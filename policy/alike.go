package policy

import "slices"

// Alike says that the policy decides the same of two connections, whatever comes
// after: each condition on connections is met by both, and as narrowly, or by
// neither.
func (p *Policy) Alike(f, g *Facts) bool {
	if f.Secure != g.Secure {
		return false
	}
	for i := range p.rules {
		for k := range kinds {
			if kinds[k].stage != Connection || !p.asks[i][k] {
				continue
			}
			a, m := kinds[k].meets(&p.rules[i], f)
			b, n := kinds[k].meets(&p.rules[i], g)
			if a != b || m != n {
				return false
			}
		}
	}
	return !slices.ContainsFunc(p.requirements, func(r Requirement) bool {
		return len(r.Listeners) > 0 && slices.Contains(r.Listeners, f.Listener) != slices.Contains(r.Listeners, g.Listener)
	})
}
