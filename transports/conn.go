package transports

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
)

// A Conn carries whole SMB2 messages, in order, both ways.
//
// Receive and Send may run at the same time as each other, but neither with
// itself. There is no context on the two: a connection's only interruption is
// its end, and a context per message would cost an allocation on the hot path.
type Conn interface {
	// Receive blocks until the next message is whole. The caller owns it until
	// Release. Zero-length messages are never returned: no network that SMB2
	// runs on has them. After the peer's orderly end it returns io.EOF, after
	// Close an error that is net.ErrClosed, else the reason of the failure.
	Receive() (*Message, error)

	// Send takes ownership of m, also on error, and blocks while the peer is
	// slow. When it returns, m has been accepted, not necessarily delivered.
	// A message longer than the peer takes fails with *MessageSizeError and
	// leaves the connection as it was, one without bytes with ErrEmpty.
	Send(m *Message) error

	// Close unblocks both and waits until nothing of the connection is left:
	// no goroutine, no buffer, no exposed memory. What Send has accepted is
	// still delivered where the network can do so in a bounded time. It may be
	// called from any goroutine and more than once.
	Close() error

	// RemoteAddr is the peer's address, for logs.
	RemoteAddr() net.Addr
}

// A Listener hands out connections that are ready: transport security and
// negotiation are done when Accept returns, and one slow peer delays no other.
type Listener interface {
	Accept() (Conn, error) // net.ErrClosed after Close
	Close() error          // unblocks Accept; accepted connections live on
	Addr() net.Addr
}

// A Deferrer is a Listener that can leave the last word of a connection's
// set-up to whoever accepts it. Found by assertion.
type Deferrer interface {
	Listener

	// Defer makes the connections that come from now on Deferred ones. One that
	// is on its way already may still be made without; Admit does it no harm.
	Defer()
}

// An Adopter is a Listener that can go on with what another Network of its kind is
// made of. Found by assertion.
type Adopter interface {
	Listener

	// Adopt makes ready what connections that come later need of n, and returns
	// what puts it in force, which does not fail. The error says why n cannot be
	// used, and nothing has changed.
	Adopt(n Network) (commit func(), err error)
}

// A Deferred is a connection whose peer still waits for our answer. Before
// Admit it can only be closed, which the peer sees as a failure to connect.
type Deferred interface {
	Conn

	// Admit sends the answer. The peer learns that we take messages of at most
	// limit bytes, as far as the network can say so, and what the network
	// itself takes when limit is 0. It fails when the peer has gone.
	Admit(limit int) error
}

// A Carried is a Conn of a network that has several things to carry it: which
// provider of RDMA, which device. Found by assertion.
type Carried interface {
	Conn
	Carrier() Carrier
}

// A Carrier is what carries a connection, in words for logs. The zero Carrier is
// not known.
type Carrier struct {
	Provider string // iwarp, verbs
	Device   string // mlx5_0; "" where there is none
	Kind     string // of wire: iWARP, RoCE, InfiniBand
	Reason   string // why it was chosen, "" where there was no choice
}

// LogValue leaves out what there is not.
func (c Carrier) LogValue() slog.Value {
	list := make([]slog.Attr, 0, 4)
	for _, a := range [...]slog.Attr{
		slog.String("provider", c.Provider), slog.String("device", c.Device),
		slog.String("kind", c.Kind), slog.String("reason", c.Reason),
	} {
		if a.Value.String() != "" {
			list = append(list, a)
		}
	}
	return slog.GroupValue(list...)
}

// CarrierOf is a connection's, the zero Carrier when it does not say.
func CarrierOf(c Conn) Carrier {
	if k, ok := c.(Carried); ok {
		return k.Carrier()
	}
	return Carrier{}
}

// A Certified is a Conn whose peer may have shown a certificate that an authority
// vouches for. Found by assertion.
type Certified interface {
	Conn

	// Certificates is the peer's own and what leads from it to the authority;
	// nothing when it has shown none. It may be called once the connection is
	// there.
	Certificates() []*x509.Certificate
}

// A Bounded is a Conn that knows the longest message its peer takes, in bytes.
// Found by assertion.
type Bounded interface {
	Conn
	MaxSend() int
}

// A Limited is a Conn whose owner can bound the messages it takes from its
// peer, because memory is set aside on the word of somebody who has not logged
// in. Found by assertion.
type Limited interface {
	Conn

	// SetLimit bounds the messages that begin to arrive from now on, in bytes;
	// 0 means what the network was made for. A longer one ends the connection
	// with *MessageSizeError.
	SetLimit(n int)
}

// A Network is one way to reach peers: what the first word of a dial string
// names.
type Network interface {
	Dial(ctx context.Context, a Addr) (Conn, error)
	Announce(ctx context.Context, a Addr) (Listener, error)
}

// MessageSizeError says that a message is longer than the peer or the framing
// takes.
type MessageSizeError struct {
	Size, Limit int
	Remote      bool // the peer sent it; otherwise we were asked to send it
}

func (e *MessageSizeError) Error() string {
	who := "message to send"
	if e.Remote {
		who = "peer's message"
	}
	return fmt.Sprintf("%s has %d bytes, limit %d", who, e.Size, e.Limit)
}

// ErrEmpty is Send's answer to a message without bytes: no network that SMB2
// runs on carries one. The connection stays as it was.
var ErrEmpty = errors.New("empty message")

// ErrFraming is wrapped by errors about bytes that are no framing of this
// network.
var ErrFraming = errors.New("not SMB framing")
