package quic

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/smbgw/smbgw/transports"
)

type listener struct {
	raw      *quic.EarlyListener
	socket   *socket
	network  Network
	acceptor *transports.Acceptor[*quic.Conn]
	once     sync.Once

	certificates *holder
}

var _ transports.Adopter = (*listener)(nil)

func newListener(raw *quic.EarlyListener, s *socket, n Network, certificates *holder) *listener {
	l := &listener{raw: raw, socket: s, network: n, certificates: certificates}
	l.acceptor = transports.NewAcceptor(transports.Accepting[*quic.Conn]{
		AcceptRaw: raw.Accept,
		CloseRaw:  l.closeRaw,
		Handshake: l.handshake,
		Failed:    n.Failed,
		Timeout:   n.HandshakeTimeout,
	})
	return l
}

func (l *listener) Accept() (transports.Conn, error) { return l.acceptor.Accept() }

// handshake waits until the client's part is done, its certificate included.
func (l *listener) handshake(ctx context.Context, raw *quic.Conn) (transports.Conn, error) {
	select {
	case <-raw.HandshakeComplete():
		l.network.audit(raw)
		c := l.network.newConn(raw, l.socket)
		c.name = raw.ConnectionState().TLS.ServerName
		c.background.Go(c.acceptStreams)
		return c, nil
	case <-raw.Context().Done():
		l.network.audit(raw)
		return nil, &ConnError{context.Cause(raw.Context())}
	case <-ctx.Done():
		raw.CloseWithError(codeNone, "")
		return nil, ctx.Err()
	}
}

// closeRaw also closes the clients that the library has queued.
func (l *listener) closeRaw() error {
	err := l.raw.Close()
	for {
		raw, acceptErr := l.raw.Accept(context.Background())
		if acceptErr != nil {
			break
		}
		raw.CloseWithError(codeNone, "")
	}
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (l *listener) Close() error {
	err := l.acceptor.Close()
	l.once.Do(l.socket.release)
	return err
}

// Adopt takes the certificates; times and limits stay the listener's own.
func (l *listener) Adopt(n transports.Network) (commit func(), err error) {
	other, ok := n.(Network)
	if !ok {
		return nil, fmt.Errorf("a QUIC listener cannot go on as a %T", n)
	}
	r, err := newReloader(other.TLS, other.Failed, time.Now)
	if err != nil {
		return nil, err
	}
	return func() { l.certificates.Store(r) }, nil
}

func (l *listener) Addr() net.Addr { return l.raw.Addr() }
