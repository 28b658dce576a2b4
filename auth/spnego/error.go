package spnego

import (
	"fmt"

	"github.com/smbgw/smbgw/auth"
)

// A ParseError says which token is wrong, and how.
type ParseError struct {
	Structure string // NegTokenInit
	Section   string // [RFC 4178] 4.2.1
	Problem   string
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("%s (%s): %s", e.Structure, e.Section, e.Problem)
}

func fail(kind auth.Kind, problem string) *auth.Error {
	return &auth.Error{Kind: kind, Mechanism: "SPNEGO", Problem: problem}
}

func malformed(err error) *auth.Error {
	return &auth.Error{Kind: auth.Malformed, Mechanism: "SPNEGO", Err: err}
}

// shown is a peer's identifier for an error.
func shown(oid OID) string {
	if len(oid) > maxOID {
		oid = oid[:maxOID]
	}
	if oid == "" {
		return "nothing"
	}
	return oid.String()
}
