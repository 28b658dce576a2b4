package policy

// A kind is a sort of condition that rules have.
type kind struct {
	name  string
	stage Stage // from which on its fact is known
	// asks says whether the rule has such a condition.
	asks func(*Rule) bool
	// meets says whether the facts meet it, and the rank of the narrowest
	// entry that they meet.
	meets func(*Rule, *Facts) (answer, rank)
	// fact is what the facts say about it, for people.
	fact func(*Facts) string
}

// kinds is THE table of the conditions that rules have.
var kinds = [...]kind{
	{"listeners", Connection, asksListeners, meetsListeners, factListener},
	{"transports", Connection, asksTransports, meetsTransports, factTransport},
	{"addresses", Connection, asksAddresses, meetsAddresses, factAddress},
	{"certificates", Connection, asksCertificates, meetsCertificates, factCertificate},
	{"users", Session, asksUsers, meetsUsers, factUser},
	{"dialects", Session, asksDialects, meetsDialects, factDialect},
	{"mounts", Tree, asksMounts, meetsMounts, factMount},
	{"paths", Operation, asksPaths, meetsPaths, factPath},
	{"operations", Operation, asksOperations, meetsOperations, factOperation},
}

// An answer is whether a condition is met.
type answer uint8

const (
	no     answer = iota
	yes           //
	open          // the fact is not known yet
	unsure        // the fact cannot be known
)

// counts says whether a condition with that answer counts as met, so that what
// is denied in doubt stays denied: package documentation, Stages and Paths.
func (a answer) counts(v Verb) bool {
	switch a {
	case yes:
		return true
	case open:
		return v == Allow
	case unsure:
		return v == Deny
	}
	return false
}

// A rank says how narrow a condition is: 0 is none.
type rank uint8

// ranks are a rule's, in the order of kinds.
type ranks [len(kinds)]rank

// moreSpecific says that a is narrower somewhere and nowhere wider.
func (a *ranks) moreSpecific(b *ranks) bool {
	narrower := false
	for i := range a {
		if a[i] < b[i] {
			return false
		}
		narrower = narrower || a[i] > b[i]
	}
	return narrower
}

// ask is one kind's answer for a rule that has its condition.
func (k *kind) ask(r *Rule, s Stage, f *Facts) (answer, rank) {
	if k.stage > s {
		return open, 1
	}
	return k.meets(r, f)
}
