package policy

import "fmt"

// A Verdict is a decision and its reason. The zero Verdict is no.
type Verdict struct {
	Allowed     bool
	Policy      *Policy
	Reason      Reason
	Rule        *Rule        // of ReasonRule and ReasonAccess
	Requirement *Requirement // of ReasonRequirement
}

// A Reason says what a verdict is based on.
type Reason uint8

// The reasons.
const (
	ReasonDefault     Reason = iota // no rule matches
	ReasonRule                      // the rule allows, or denies
	ReasonAccess                    // the rule allows, but less
	ReasonRequirement               // the rules allow, but the requirement is not met
)

func (v Verdict) String() string {
	name := ""
	if v.Policy != nil {
		name = v.Policy.name
	}
	what := "denied"
	if v.Allowed {
		what = "allowed"
	}
	return fmt.Sprintf("policy %q: %s: %s", name, what, v.why())
}

func (v Verdict) why() string {
	switch v.Reason {
	case ReasonRule:
		return fmt.Sprintf("%v at %v", v.Rule.Verb, v.Rule.Place)
	case ReasonAccess:
		return fmt.Sprintf("allow at %v gives %v only", v.Rule.Place, v.Rule.Access)
	case ReasonRequirement:
		return fmt.Sprintf("%v is required at %v", v.Requirement, v.Requirement.Place)
	}
	return "no rule allows it"
}
