package policy

import (
	"fmt"
	"slices"
	"strings"
)

// The ranks of the marks of a certificate.
const (
	rankIssuer rank = 1 + iota
	rankChain
	rankLeaf
)

func asksCertificates(r *Rule) bool { return len(r.Certificates) > 0 }

func meetsCertificates(r *Rule, f *Facts) (a answer, best rank) {
	for i := range r.Certificates {
		if k := r.Certificates[i].rank(f.Certificates); k > 0 {
			a, best = yes, max(best, k)
		}
	}
	return a, best
}

// rank is how narrowly m means the chain, 0 when it does not.
func (m *CertificateMatch) rank(chain []Certificate) rank {
	switch {
	case len(chain) == 0:
		return 0
	case m.Issuer != "":
		if slices.ContainsFunc(chain, func(c Certificate) bool { return c.Issuer == m.Issuer }) {
			return rankIssuer
		}
		return 0
	case m.Leaf:
		if m.SHA256 == chain[0].SHA256 {
			return rankLeaf
		}
		return 0
	}
	for i := range chain {
		if m.SHA256 == chain[i].SHA256 {
			return rankChain
		}
	}
	return 0
}

func factCertificate(f *Facts) string {
	if len(f.Certificates) == 0 {
		return "no certificate"
	}
	c := &f.Certificates[0]
	return fmt.Sprintf("certificate %x issued by %q", c.SHA256, strings.ReplaceAll(c.Issuer, "\x00", ", "))
}
