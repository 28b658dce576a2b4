package policy

import (
	"crypto/sha256"
	"net/netip"

	"github.com/smbgw/smbgw/smb2"
)

// Facts are all that a decision depends on. Those of later stages than the one
// that is decided are not looked at.
type Facts struct {
	// Of the connection.
	Listener     string
	Transport    string // the network of the listener's address
	Address      netip.Addr
	Certificates []Certificate // the client's own first, then who vouches for it
	Secure       bool          // the transport encrypts by itself

	// Of the session.
	User      string // "" for nobody, and for guests, whose names anybody can give
	Groups    []string
	Dialect   smb2.Dialect
	Signed    bool // messages are, or must be, signed
	Encrypted bool // messages are, or must be, encrypted

	// Of the tree.
	Mount string // IPC$ for named pipes

	// Of the operation.
	Path   string // relative to the mount, "" for its root
	Action Action
}

// A Certificate is one that a client has shown.
type Certificate struct {
	SHA256 [sha256.Size]byte // of its DER form
	Issuer string            // the name of who issued it, as access.Issuer writes it
}

// A Stage says which facts are known.
type Stage uint8

// The stages, in their order.
const (
	Connection Stage = iota
	Session
	Tree
	Operation
)

func (s Stage) String() string {
	return [...]string{"connection", "session", "tree", "operation"}[s]
}
