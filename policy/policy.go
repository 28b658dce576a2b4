package policy

import "fmt"

// A Policy is a set of rules and requirements. The zero Policy denies
// everything.
type Policy struct {
	name         string
	rules        []Rule
	asks         [][len(kinds)]bool // the conditions that each rule has
	requirements []Requirement
}

// New makes a policy of rules, whose order does not matter. They and what they
// refer to are not changed any more.
func New(name string, rules []Rule, requirements []Requirement) (*Policy, error) {
	if len(rules) > MaxRules {
		return nil, fmt.Errorf("policy %q has %d rules; the most is %d", name, len(rules), MaxRules)
	}
	p := &Policy{name: name, rules: rules, requirements: requirements, asks: make([][len(kinds)]bool, len(rules))}
	for i := range rules {
		r := &rules[i]
		for _, path := range r.Paths {
			if len(path) == 0 || len(path) > MaxDepth {
				return nil, fmt.Errorf("policy %q, %v: a path has %d components; it has from 1 to %d", name, r.Place, len(path), MaxDepth)
			}
		}
		for k := range kinds {
			p.asks[i][k] = kinds[k].asks(r)
		}
	}
	return p, nil
}

// Name is what the policy is called.
func (p *Policy) Name() string { return p.name }
