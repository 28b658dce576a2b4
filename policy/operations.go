package policy

import (
	"strings"

	"github.com/smbgw/smbgw/smb2"
)

// A Class is a set of sorts of operations that rules name.
type Class uint8

// The sorts of operations.
const (
	ClassPipe     Class = 1 << iota // on a named pipe
	ClassFSCTL                      // any FSCTL that is about a file
	ClassSecurity                   // sets a security descriptor
	ClassSnapshot                   // lists snapshots, or opens what is in one
)

// ClassNames are the words for them, by which configuration files name them.
func ClassNames() map[string]Class {
	return map[string]Class{"named-pipes": ClassPipe, "fsctl": ClassFSCTL, "security": ClassSecurity, "snapshots": ClassSnapshot}
}

func (c Class) String() string {
	var words []string
	for _, x := range []struct {
		class Class
		name  string
	}{{ClassPipe, "named-pipes"}, {ClassFSCTL, "fsctl"}, {ClassSecurity, "security"}, {ClassSnapshot, "snapshots"}} {
		if c&x.class != 0 {
			words = append(words, x.name)
		}
	}
	if len(words) == 0 {
		return "ordinary"
	}
	return strings.Join(words, ", ")
}

// An Action is what an operation does, as far as rules ask.
type Action struct {
	Access  Access
	Class   Class
	FSCTL   smb2.FSCTL // 0: none
	Unnamed bool       // what is opened is not known by the path
}

func (a Action) String() string {
	return factOperation(&Facts{Action: a}) + ", needs " + a.Access.String()
}

// The ranks of what a rule names.
const (
	rankClass rank = 1 + iota
	rankFSCTL
)

func asksOperations(r *Rule) bool { return len(r.Operations) > 0 }

func meetsOperations(r *Rule, f *Facts) (a answer, best rank) {
	for _, m := range r.Operations {
		switch x := f.Action; {
		case m.Class&x.Class != 0:
			a, best = yes, max(best, rankClass)
		case m.Class == 0 && x.FSCTL != 0 && m.FSCTL == x.FSCTL:
			a, best = yes, rankFSCTL
		}
	}
	return a, best
}

func factOperation(f *Facts) string {
	if f.Action.FSCTL != 0 {
		return f.Action.Class.String() + ": " + f.Action.FSCTL.String()
	}
	return f.Action.Class.String()
}

func (m OperationMatch) String() string {
	if m.Class != 0 {
		return m.Class.String()
	}
	return "fsctl " + m.FSCTL.String()
}
