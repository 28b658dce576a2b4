package transports

import (
	"net/netip"
	"strings"
)

// A Named is a Conn whose peer has said in its set-up what it calls us: the
// server name of TLS. Found by assertion.
type Named interface {
	Conn

	// ServerName is the name as the peer wrote it, "" when it gave none.
	ServerName() string
}

// CanonicalName is the name of a server in the form in which names are compared:
// without regard to case and to a dot at the end, and addresses in one form.
func CanonicalName(name string) string {
	name = strings.TrimSuffix(name, ".")
	if a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")); err == nil {
		return a.Unmap().String()
	}
	return strings.ToLower(name)
}
