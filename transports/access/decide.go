package access

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
)

// A List is entries, in any order.
type List []Entry

// A Verdict says whether somebody may connect, and why.
type Verdict struct {
	Allowed bool
	Entry   *Entry // that has decided; nil when no entry matches
	Client  Client
}

// A Client is who has shown a certificate.
type Client struct {
	Subject string
	Issuer  string
	Serial  string
	SHA256  [sha256.Size]byte
}

// Decide says whether a client may connect that presents certificates, its own
// first, which chains of authorities have been found for. [MS-SMB2] 3.3.1.18:
// any deny entry that matches decides, and an allow entry has to match.
func (l List) Decide(presented []*x509.Certificate, verified [][]*x509.Certificate) Verdict {
	if len(presented) == 0 || len(verified) == 0 {
		return Verdict{}
	}
	proven := marksOf(verified...)
	shown := marksOf(presented)
	own := presented[0]
	v := Verdict{Client: Client{own.Subject.String(), own.Issuer.String(), own.SerialNumber.String(), sha256.Sum256(own.Raw)}}
	for _, entry := range l {
		e := &entry // not the list's own, all of which it would keep
		switch {
		case e.Deny && (proven.has(e) || shown.has(e)):
			v.Allowed, v.Entry = false, e
			return v
		case !e.Deny && v.Entry == nil && proven.has(e):
			v.Allowed, v.Entry = true, e
		}
	}
	return v
}

// A chained is the marks of chains that begin with one certificate.
type chained struct {
	leaf    [sha256.Size]byte
	hashes  map[[sha256.Size]byte]bool
	issuers map[name]bool
}

func marksOf(chains ...[]*x509.Certificate) chained {
	c := chained{hashes: map[[sha256.Size]byte]bool{}, issuers: map[name]bool{}}
	for _, certificates := range chains {
		for i, x := range certificates {
			sum := sha256.Sum256(x.Raw)
			if i == 0 {
				c.leaf = sum
			}
			c.hashes[sum] = true
			c.issuers[nameOf(&x.Issuer)] = true
		}
	}
	return c
}

func (c *chained) has(e *Entry) bool {
	switch e.mark {
	case leaf:
		return e.sha256 == c.leaf
	case chain:
		return c.hashes[e.sha256]
	}
	return c.issuers[e.issuer]
}

// Reason is the entry that has decided, and where it is written.
func (v *Verdict) Reason() string {
	if v.Entry == nil {
		return "no entry allows it"
	}
	return fmt.Sprintf("%v at %s", v.Entry, v.Entry.Place)
}

// String is the verdict in a line.
func (v *Verdict) String() string {
	verb := "denied"
	if v.Allowed {
		verb = "allowed"
	}
	return fmt.Sprintf("%s: %s", verb, v.Reason())
}
