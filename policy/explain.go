package policy

import (
	"fmt"
	"strings"
)

// A Consideration is what became of one rule in a decision.
type Consideration struct {
	Rule   *Rule
	Result Result
	Why    string // for people
}

// A Result is what becomes of a rule.
type Result uint8

// The results.
const (
	Unmet     Result = iota // a condition is not met, or it does not concern the operation
	Overruled               // it matches, and a more specific one does too
	Short                   // it counts, and allows less than is needed
	Counts                  // it counts
)

func (r Result) String() string {
	return [...]string{"no match", "overruled", "falls short", "counts"}[r]
}

// Explain is Decide with what became of every rule, in the order of New, and the
// requirements that hold.
func (p *Policy) Explain(s Stage, f *Facts) (Verdict, []Consideration, []*Requirement) {
	var c candidates
	p.match(&c, s, f)
	var list []Consideration
	at := 0
	for i := range p.rules {
		x := Consideration{Rule: &p.rules[i]}
		if at < c.n && int(c.list[at].index) == i {
			x.Result, x.Why = p.weigh(&c, &c.list[at], s, f)
			at++
		} else {
			x.Why = p.missed(i, s, f)
		}
		list = append(list, x)
	}
	var asked []*Requirement
	for i := range p.requirements {
		if r := &p.requirements[i]; r.applies(s, f) {
			asked = append(asked, r)
		}
	}
	return p.Decide(s, f), list, asked
}

// weigh says what becomes of a rule that matches.
func (p *Policy) weigh(c *candidates, x *candidate, s Stage, f *Facts) (Result, string) {
	if by := p.overrules(c.list[:c.n], x); by >= 0 {
		other := &p.rules[c.list[by].index]
		return Overruled, fmt.Sprintf("%v at %v is more specific", other.Verb, other.Place)
	}
	r := &p.rules[x.index]
	if !x.enough {
		return Short, fmt.Sprintf("it gives %v, and %v is needed", r.Access, f.Action.Access)
	}
	met := "it has no conditions"
	if known := p.answered(int(x.index), s, f); len(known) > 0 {
		met = strings.Join(known, "; ")
	}
	return Counts, met
}

// answered lists the conditions of rule i that let it match, with their facts.
func (p *Policy) answered(i int, s Stage, f *Facts) []string {
	var list []string
	for k := range kinds {
		if !p.asks[i][k] {
			continue
		}
		text := kinds[k].name + ": "
		switch a, _ := kinds[k].ask(&p.rules[i], s, f); a {
		case open:
			text += "not known yet"
		case unsure:
			text += kinds[k].fact(f) + " may be meant"
		default:
			text += kinds[k].fact(f)
		}
		list = append(list, text)
	}
	return list
}

// missed is why rule i does not match.
func (p *Policy) missed(i int, s Stage, f *Facts) string {
	r := &p.rules[i]
	for k := range kinds {
		if !p.asks[i][k] {
			continue
		}
		a, _ := kinds[k].ask(r, s, f)
		switch {
		case a.counts(r.Verb):
		case a == open:
			return kinds[k].name + ": not known yet"
		case a == unsure:
			return fmt.Sprintf("%s: %s is not for sure among them", kinds[k].name, kinds[k].fact(f))
		default:
			return fmt.Sprintf("%s: %s is not among them", kinds[k].name, kinds[k].fact(f))
		}
	}
	if s < Operation {
		return fmt.Sprintf("access: it denies %v, and what will be asked for is not known yet", r.Access)
	}
	return fmt.Sprintf("access: it denies from %v on, and %v is needed", r.Access, f.Action.Access)
}
