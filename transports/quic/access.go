package quic

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/smbgw/smbgw/transports/access"
)

// An Access is where the entries of client access control are, [MS-SMB2]
// 3.3.1.18.
type Access struct {
	Entries []access.Entry
	File    string // more of them, read again when it changes; "" for none
}

// read puts together all entries.
func (a *Access) read() (access.List, error) {
	if a.File == "" {
		return a.Entries, nil
	}
	text, err := readFile("access", a.File)
	if err != nil {
		return nil, err
	}
	more, err := access.Parse(a.File, string(text))
	if err != nil {
		return nil, &TLSError{"access", a.File, err}
	}
	return slices.Concat(a.Entries, more), nil
}

// watch reads the entries, and tells when they let nobody in: whoever has taken
// the last one out is obeyed.
func (a *Access) watch(failed func(error), now func() time.Time) (*watched[access.List], error) {
	read := func() (access.List, error) {
		l, err := a.read()
		if err == nil && !access.Allows(l) && failed != nil {
			failed(&TLSError{"access", a.File, errors.New("no entry allows anybody: all clients are denied")})
		}
		return l, err
	}
	return watch("the old entries", read, failed, now, a.File)
}

// An Admission is what access control says of a client whose certificate an
// authority of the listener's vouches for.
type Admission struct {
	Peer net.Addr
	access.Verdict
}

// The alerts of [MS-SMB2] 3.3.1.18, by their numbers in RFC 8446 6.
const (
	alertAccessDenied  tls.AlertError = 49
	alertInternalError tls.AlertError = 80
)

// A DeniedError is the end of a handshake that access control does not let
// through. The peer hears no more of it than the alert access_denied.
type DeniedError struct{ Verdict access.Verdict }

func (e *DeniedError) Error() string { return e.Verdict.String() }

// Unwrap is the alert.
func (e *DeniedError) Unwrap() error { return alertAccessDenied }

// A verdict is one connection's, from the handshake to the listener.
type verdict struct{ atomic.Pointer[access.Verdict] }

type verdictKey struct{}

// withVerdict makes room for a connection's verdict.
func withVerdict(ctx context.Context, _ *quic.ClientInfo) (context.Context, error) {
	return context.WithValue(ctx, verdictKey{}, new(verdict)), nil
}

func verdictOf(ctx context.Context) *verdict {
	v, _ := ctx.Value(verdictKey{}).(*verdict)
	return v
}

// admit is the last word on a certificate, after TLS has verified it, for a
// connection with room for the verdict.
func admit(ctx context.Context, l access.List) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		room := verdictOf(ctx)
		if room == nil || len(s.VerifiedChains) == 0 {
			return errors.Join(errors.New("a handshake without a chain, or without room for what is said of it"), alertInternalError)
		}
		v := l.Decide(s.PeerCertificates, s.VerifiedChains)
		l = nil // the connection keeps this function, and would keep the list
		room.Store(&v)
		if !v.Allowed {
			return &DeniedError{v}
		}
		return nil
	}
}

// audit tells what has been said of a client, once its handshake is over. That
// it is let in is said when it has shown that the certificate is its own.
func (n Network) audit(raw *quic.Conn) {
	room := verdictOf(raw.Context())
	if n.Admission == nil || room == nil {
		return
	}
	v := room.Load()
	if v == nil {
		return
	}
	select {
	case <-raw.HandshakeComplete():
		n.Admission(Admission{raw.RemoteAddr(), *v})
	default:
		if !v.Allowed {
			n.Admission(Admission{raw.RemoteAddr(), *v})
		}
	}
}
