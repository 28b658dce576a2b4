package spnego

import (
	"slices"

	"github.com/smbgw/smbgw/auth"
)

// A Mechanism is a row in the table of what to choose from.
type Mechanism struct {
	Name     string
	OIDs     []OID                   // what it is called; the first is what it is asked for by
	Raw      func(token []byte) bool // knows its own first token without SPNEGO; may be nil
	Accept   func() auth.Acceptor    // nil when it is not for servers
	Initiate func() auth.Initiator   // nil when it is not for clients
}

// Hint is what a server offers in its NEGOTIATE response, [MS-SMB2] 2.2.4: a
// NegTokenInit2 with the mechanisms that have an acceptor.
func Hint(mechanisms []Mechanism) []byte {
	m := Init{Hint: true}
	for _, row := range mechanisms {
		if row.Accept != nil {
			m.Mechanisms = append(m.Mechanisms, row.OIDs...)
		}
	}
	return m.AppendTo(nil)
}

// acceptable is the row that accepts what is called oid.
func acceptable(mechanisms []Mechanism, oid OID) *Mechanism {
	for i := range mechanisms {
		if m := &mechanisms[i]; m.Accept != nil && slices.Contains(m.OIDs, oid) {
			return m
		}
	}
	return nil
}

// bare is the row that knows a token as its own.
func bare(mechanisms []Mechanism, token []byte) *Mechanism {
	for i := range mechanisms {
		if m := &mechanisms[i]; m.Accept != nil && m.Raw != nil && m.Raw(token) {
			return m
		}
	}
	return nil
}
