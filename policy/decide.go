package policy

// A candidate is a rule that matches.
type candidate struct {
	index uint16
	ranks ranks
	// certain says that it matches whatever the facts to come; only then does
	// it stand in the way of others.
	certain bool
	enough  bool // of an allow: the access that is needed is in it
}

// candidates are the rules that match.
type candidates struct {
	list [MaxRules]candidate
	n    int
}

// Decide says whether what the facts describe may go on, as the package
// documentation has it. What it allows is settled at the stage Operation only.
func (p *Policy) Decide(s Stage, f *Facts) Verdict {
	var c candidates
	p.match(&c, s, f)
	v := p.judge(&c)
	if !v.Allowed {
		return v
	}
	if r := p.unmet(s, f); r != nil {
		return Verdict{Policy: p, Reason: ReasonRequirement, Requirement: r}
	}
	return v
}

// match collects the rules that match.
func (p *Policy) match(c *candidates, s Stage, f *Facts) {
	for i := range p.rules {
		if x := &c.list[c.n]; p.matches(i, s, f, x) {
			x.index = uint16(i)
			c.n++
		}
	}
}

// matches says whether rule i does, and how.
func (p *Policy) matches(i int, s Stage, f *Facts, x *candidate) bool {
	r := &p.rules[i]
	*x = candidate{certain: true, enough: true}
	for k := range kinds {
		if !p.asks[i][k] {
			continue
		}
		a, n := kinds[k].ask(r, s, f)
		if !a.counts(r.Verb) {
			return false
		}
		x.certain = x.certain && a != open
		x.ranks[k] = n
	}
	switch need := f.Action.Access; {
	case r.Verb == Deny && s < Operation:
		return r.denies(None)
	case r.Verb == Deny:
		return r.denies(need)
	case s == Operation:
		x.enough = r.allows(need)
	}
	return true
}

// judge is the verdict of the rules that match.
func (p *Policy) judge(c *candidates) Verdict {
	list := c.list[:c.n]
	var short *Rule
	var allowed *Rule
	for i := range list {
		x := &list[i]
		r := &p.rules[x.index]
		switch {
		case p.overrules(list, x) >= 0:
		case r.Verb == Deny:
			return Verdict{Policy: p, Reason: ReasonRule, Rule: r}
		case x.enough && allowed == nil:
			allowed = r
		case !x.enough && short == nil:
			short = r
		}
	}
	switch {
	case allowed != nil:
		return Verdict{Allowed: true, Policy: p, Reason: ReasonRule, Rule: allowed}
	case short != nil:
		return Verdict{Policy: p, Reason: ReasonAccess, Rule: short}
	}
	return Verdict{Policy: p, Reason: ReasonDefault}
}

// overrules is the index in list of a rule that is more specific than x, -1 when
// x counts. A deny gives way to an allow that only may match: the allow's
// conditions that are open are narrower than none, which is what a deny that is
// certain has of their kinds. An allow gives way to a rule that is certain alone.
func (p *Policy) overrules(list []candidate, x *candidate) int {
	deny := p.rules[x.index].Verb == Deny
	for i := range list {
		y := &list[i]
		if (deny || y.certain) && y.ranks.moreSpecific(&x.ranks) {
			return i
		}
	}
	return -1
}
