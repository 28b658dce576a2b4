package policy

import (
	"crypto/sha256"
	"fmt"
	"net/netip"

	"github.com/smbgw/smbgw/smb2"
)

// A Verb is what a rule does.
type Verb uint8

// The verbs.
const (
	Deny Verb = iota
	Allow
)

func (v Verb) String() string {
	if v == Allow {
		return "allow"
	}
	return "deny"
}

// A Rule allows or denies what meets all its conditions. The zero Rule denies
// everything.
type Rule struct {
	Verb  Verb
	Place Place

	// Conditions; an empty one is always met.
	Users        []string // a group's begins with @
	Certificates []CertificateMatch
	Addresses    []netip.Prefix
	Listeners    []string
	Transports   []string
	Dialects     []smb2.Dialect
	Mounts       []string
	Paths        []Path
	Operations   []OperationMatch

	Access Access // of an allow the most, of a deny the least; None: all
}

// A CertificateMatch is one of a certificate's marks.
type CertificateMatch struct {
	// SHA256 is that of a certificate anywhere in the chain; of the client's
	// own only when Leaf is set. Not looked at when there is an Issuer.
	SHA256 [sha256.Size]byte
	Leaf   bool

	// Issuer is the name of who issued a certificate anywhere in the chain, in the
	// form of Certificate.Issuer.
	Issuer string
}

// An OperationMatch is a class of operations, or one FSCTL.
type OperationMatch struct {
	Class Class
	FSCTL smb2.FSCTL // when Class is 0
}

// A Place is where a rule was written.
type Place struct {
	File string
	Line int
}

func (p Place) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }
