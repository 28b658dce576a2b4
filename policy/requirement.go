package policy

import (
	"slices"
	"strings"

	"github.com/smbgw/smbgw/smb2"
)

// A Requirement is what is asked of sessions and of their use of mounts.
type Requirement struct {
	Place Place

	// Conditions; an empty one is always met.
	Listeners []string
	Mounts    []string // with them it is about these mounts only

	MinDialect    smb2.Dialect // 0: any
	Sign, Encrypt bool
}

// Demands are what all requirements ask together.
type Demands struct {
	MinDialect    smb2.Dialect
	Sign, Encrypt bool
}

// Demands says what is asked of who has come this far. A session on a transport
// that is secure by itself need not encrypt.
func (p *Policy) Demands(s Stage, f *Facts) Demands {
	var d Demands
	for i := range p.requirements {
		r := &p.requirements[i]
		if !r.applies(s, f) {
			continue
		}
		d.MinDialect = max(d.MinDialect, r.MinDialect)
		d.Sign = d.Sign || r.Sign && !f.Secure
		d.Encrypt = d.Encrypt || r.Encrypt && !f.Secure
	}
	return d
}

// applies says whether the requirement is about what the facts describe. What
// concerns a mount does so from the tree on.
func (r *Requirement) applies(s Stage, f *Facts) bool {
	if len(r.Listeners) > 0 && !slices.Contains(r.Listeners, f.Listener) {
		return false
	}
	return len(r.Mounts) == 0 || s >= Tree && hasName(r.Mounts, f.Mount)
}

// unmet is the first requirement that the session does not meet, nil when it
// meets all. Before there is a session there is nothing to meet them.
func (p *Policy) unmet(s Stage, f *Facts) *Requirement {
	if s < Session {
		return nil
	}
	for i := range p.requirements {
		if r := &p.requirements[i]; r.applies(s, f) && !r.met(f) {
			return r
		}
	}
	return nil
}

func (r *Requirement) met(f *Facts) bool {
	sealed := f.Encrypted || f.Secure
	return f.Dialect >= r.MinDialect && (!r.Encrypt || sealed) && (!r.Sign || f.Signed || sealed)
}

func (r *Requirement) String() string {
	var asks []string
	if r.MinDialect != 0 {
		asks = append(asks, "dialect "+r.MinDialect.String()+" or later")
	}
	if r.Sign {
		asks = append(asks, "signing")
	}
	if r.Encrypt {
		asks = append(asks, "encryption")
	}
	return strings.Join(asks, ", ")
}
