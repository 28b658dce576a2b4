package tcp

import (
	"context"
	"net"
	"time"

	"github.com/smbgw/smbgw/transports"
)

// A Network dials and announces Direct TCP. The zero Network works.
type Network struct {
	// Arena makes the messages that are received. Without one every connection
	// dialled and every listener gets its own.
	Arena *transports.Arena

	// Limit is the longest message taken from a peer, in bytes; 0 means what
	// the framing can carry.
	Limit int

	// Failed, when set, is told each time a listener cannot accept for a while,
	// such as for want of file descriptors.
	Failed func(error)

	// KeepAlive probes idle peers; DefaultKeepAlive when zero.
	KeepAlive net.KeepAliveConfig

	// UserTimeout is how long what we sent may go unacknowledged before the
	// peer counts as gone: DefaultUserTimeout when 0, the system's own when
	// negative.
	UserTimeout time.Duration

	// Linger bounds how long Close waits for the peer to take what has been
	// sent: DefaultLinger when 0, no wait when negative.
	Linger time.Duration
}

var _ transports.Network = Network{}

// Dial connects to a's host and port. All addresses of a name are tried, as
// net.Dialer does it. ctx bounds the connecting, not the connection.
func (n Network) Dial(ctx context.Context, a transports.Addr) (transports.Conn, error) {
	n = n.withDefaults()
	address, err := a.DialHostPort()
	if err != nil {
		return nil, err
	}
	d := net.Dialer{KeepAliveConfig: n.KeepAlive}
	d.SetMultipathTCP(false)
	raw, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return n.newConn(raw.(*net.TCPConn)), nil
}

// Announce listens on a's host and port. ctx bounds the resolving of the host.
func (n Network) Announce(ctx context.Context, a transports.Addr) (transports.Listener, error) {
	n = n.withDefaults()
	address, err := a.HostPort()
	if err != nil {
		return nil, err
	}
	lc := net.ListenConfig{KeepAliveConfig: n.KeepAlive}
	// Multipath sockets, which Go prefers for listeners, lack options that
	// plain ones have; SMB has its own multichannel.
	lc.SetMultipathTCP(false)
	raw, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return newListener(raw.(*net.TCPListener), n), nil
}

func (n Network) withDefaults() Network {
	if n.Arena == nil {
		n.Arena = new(transports.Arena)
	}
	if n.KeepAlive == (net.KeepAliveConfig{}) {
		n.KeepAlive = DefaultKeepAlive()
	}
	if n.UserTimeout == 0 {
		n.UserTimeout = DefaultUserTimeout
	}
	if n.Linger == 0 {
		n.Linger = DefaultLinger
	}
	return n
}
