package quic

import (
	"context"
	"net"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/smbgw/smbgw/transports"
)

// A Network dials and announces SMB over QUIC.
type Network struct {
	// Arena makes the messages that are received. Without one every connection
	// dialled and every listener gets its own.
	Arena *transports.Arena

	// TLS names the certificates.
	TLS TLS

	// Limit is the longest message taken from a peer, in bytes; 0 means what
	// the framing can carry.
	Limit int

	// Failed, when set, is told of clients whose handshake failed, as
	// *transports.HandshakeError, and of certificate and access files that
	// cannot be loaded again. It is called from several goroutines and must not
	// block.
	Failed func(error)

	// Admission, when set, is told what TLS.Access says of each client, whether
	// it is let in or not. It is called like Failed.
	Admission func(Admission)

	IdleTimeout      time.Duration // DefaultIdleTimeout when 0
	KeepAlive        time.Duration // DefaultKeepAlive when 0, none when negative
	HandshakeTimeout time.Duration // of accepted clients; transports.DefaultHandshakeTimeout when 0

	// Linger bounds how long Close waits for the peer to take what has been
	// sent: DefaultLinger when 0, no wait when negative.
	Linger time.Duration
}

var _ transports.Network = Network{}

// Dial connects to a's host and port and opens the stream. ctx bounds the
// connecting, not the connection.
func (n Network) Dial(ctx context.Context, a transports.Addr) (transports.Conn, error) {
	n = n.withDefaults()
	address, err := a.DialHostPort()
	if err != nil {
		return nil, err
	}
	config, err := n.TLS.clientConfig(a.Host)
	if err != nil {
		return nil, err
	}
	remotes, err := resolve(ctx, address)
	if err != nil {
		return nil, err
	}
	for _, remote := range remotes {
		var c *conn
		if c, err = n.dial(ctx, remote, func(t *quic.Transport) (*quic.Conn, error) {
			return t.Dial(ctx, remote, config.Clone(), n.clientQUIC())
		}); err == nil {
			return c, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, &ConnError{err}
}

// dial makes one attempt, on a socket of its own.
func (n Network) dial(ctx context.Context, remote *net.UDPAddr, connect func(*quic.Transport) (*quic.Conn, error)) (*conn, error) {
	s, err := newSocket(localFor(remote))
	if err != nil {
		return nil, err
	}
	defer s.release() // the connection has its own hold
	raw, err := connect(s.transport)
	if err != nil {
		return nil, err
	}
	stream, err := raw.OpenStreamSync(ctx)
	if err != nil {
		raw.CloseWithError(codeNone, "")
		return nil, err
	}
	c := n.newConn(raw, s)
	c.adopt(stream)
	return c, nil
}

// resolve finds all addresses behind host:port, in the resolver's order.
func resolve(ctx context.Context, address string) ([]*net.UDPAddr, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	number, err := net.DefaultResolver.LookupPort(ctx, "udp", port)
	if err != nil {
		return nil, err
	}
	ips, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return nil, err
	}
	list := make([]*net.UDPAddr, len(ips))
	for i, ip := range ips {
		list[i] = &net.UDPAddr{IP: ip.IP, Port: number, Zone: ip.Zone}
	}
	return list, nil
}

// localFor is any port of the remote address's family.
func localFor(remote *net.UDPAddr) *net.UDPAddr {
	if remote.IP.To4() != nil {
		return &net.UDPAddr{IP: net.IPv4zero}
	}
	return &net.UDPAddr{IP: net.IPv6unspecified}
}

// Announce listens on a's host and port. ctx bounds the resolving of the host.
func (n Network) Announce(ctx context.Context, a transports.Addr) (transports.Listener, error) {
	n = n.withDefaults()
	local, err := announceAddr(ctx, a)
	if err != nil {
		return nil, err
	}
	first, err := newReloader(n.TLS, n.Failed, time.Now)
	if err != nil {
		return nil, err
	}
	certificates := new(holder)
	certificates.Store(first)
	s, err := newSocket(local)
	if err != nil {
		return nil, err
	}
	// Early means before a client's certificate is checked: the Acceptor waits
	// for that, and so learns of clients that fail it.
	raw, err := s.transport.ListenEarly(certificates.config(), n.serverQUIC())
	if err != nil {
		s.release()
		return nil, err
	}
	return newListener(raw, s, n, certificates), nil
}

func announceAddr(ctx context.Context, a transports.Addr) (*net.UDPAddr, error) {
	address, err := a.HostPort()
	if err != nil {
		return nil, err
	}
	if a.Host == transports.AnyHost {
		return net.ResolveUDPAddr("udp", address)
	}
	list, err := resolve(ctx, address)
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func (n Network) withDefaults() Network {
	if n.Arena == nil {
		n.Arena = new(transports.Arena)
	}
	if n.IdleTimeout == 0 {
		n.IdleTimeout = DefaultIdleTimeout
	}
	if n.KeepAlive == 0 {
		n.KeepAlive = DefaultKeepAlive
	}
	if n.Linger == 0 {
		n.Linger = DefaultLinger
	}
	return n
}

// serverQUIC permits a few streams of the client, of which one is used.
func (n Network) serverQUIC() *quic.Config {
	c := n.baseQUIC()
	c.MaxIncomingStreams = maxStreams
	return c
}

// clientQUIC permits no streams of the server.
func (n Network) clientQUIC() *quic.Config {
	c := n.baseQUIC()
	c.MaxIncomingStreams = -1
	return c
}

func (n Network) baseQUIC() *quic.Config {
	return &quic.Config{
		MaxIdleTimeout:                 n.IdleTimeout,
		KeepAlivePeriod:                max(n.KeepAlive, 0),
		MaxIncomingUniStreams:          -1,
		InitialStreamReceiveWindow:     window,
		InitialConnectionReceiveWindow: window,
		MaxStreamReceiveWindow:         window,
		MaxConnectionReceiveWindow:     window,
	}
}
