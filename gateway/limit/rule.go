package limit

import (
	"fmt"
	"net/netip"
	"slices"
)

// A Per is a sort of subject.
type Per uint8

// Sorts of subjects.
const (
	Listener Per = iota
	Address      // of clients
	User
	Mount
	numberOfPers
)

var perNames = [numberOfPers]string{"listener", "address", "user", "mount"}

// String is the sort as the configuration calls it.
func (p Per) String() string {
	if p < numberOfPers {
		return perNames[p]
	}
	return fmt.Sprintf("per %d", uint8(p))
}

// A Subject is who or what has a budget. The Name of an Address is an IP address or
// a network, and one that is neither is matched by no prefix. Names of one subject
// are always spelt the same.
type Subject struct {
	Per  Per
	Name string
}

// A Rule is what subjects of one sort may have.
type Rule struct {
	Per      Per
	Only     []string       // these; and
	Prefixes []netip.Prefix // addresses in these; all, when there is neither
	Limits   Limits
}

// Rules are all of a configuration, in any order.
type Rules []Rule

// For is what a subject may have: what the rule says that means it most closely.
func (rs Rules) For(s Subject) Limits {
	best, found := Limits{}, -1
	for _, r := range rs {
		if close := r.matches(s); close > found {
			best, found = r.Limits, close
		}
	}
	return best
}

// matches says how closely a rule means a subject: more bits are closer; below 0 it
// does not.
func (r *Rule) matches(s Subject) int {
	const byName = 1 + 128 // bits of the longest prefix, plus one
	switch {
	case r.Per != s.Per:
		return -1
	case slices.Contains(r.Only, s.Name):
		return byName + 1
	case len(r.Prefixes) > 0:
		return r.covers(s.Name)
	case len(r.Only) == 0:
		return 0
	}
	return -1
}

// covers is how many bits, plus one, of an address or a network are those of the
// rule's closest prefix.
func (r *Rule) covers(name string) int {
	a, err := netip.ParseAddr(name)
	if err != nil {
		network, err := netip.ParsePrefix(name)
		if err != nil {
			return -1
		}
		a = network.Addr()
	}
	most := -1
	for _, p := range r.Prefixes {
		if p.Contains(a) {
			most = max(most, 1+p.Bits())
		}
	}
	return most
}
