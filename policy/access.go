package policy

import "fmt"

// An Access is what an operation needs, or what a rule gives or takes. Each
// includes those before it.
type Access uint8

// What operations need.
const (
	None      Access = iota // of an operation: nothing. Of a rule: it does not say
	List                    // names, attributes and what else describes files
	ReadOnly                // their content
	ReadWrite               // to change anything
)

// AccessNames are the words for what rules say.
func AccessNames() map[string]Access {
	return map[string]Access{"list": List, "read-only": ReadOnly, "read-write": ReadWrite}
}

func (a Access) String() string {
	switch a {
	case None:
		return "nothing"
	case List:
		return "list"
	case ReadOnly:
		return "read-only"
	case ReadWrite:
		return "read-write"
	}
	return fmt.Sprintf("access %d", uint8(a))
}

// allows says whether an allow gives what an operation needs.
func (r *Rule) allows(need Access) bool { return r.Access == None || need <= r.Access }

// denies says whether a deny concerns what an operation needs.
func (r *Rule) denies(need Access) bool { return r.Access == None || need >= r.Access }
