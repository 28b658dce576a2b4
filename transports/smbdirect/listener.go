package smbdirect

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

var errTooMany = errors.New("smbdirect: too many connections")

// listener hands out connections that are negotiated.
type listener struct {
	*transports.Acceptor[rdma.QueuePair]
	below rdma.Listener
	o     *Options
	open  atomic.Int64 // connections, those under negotiation included

	deferred atomic.Bool
}

var _ transports.Deferrer = (*listener)(nil)

// Defer makes Accept return connections whose negotiate request is in order
// and not answered.
func (l *listener) Defer() { l.deferred.Store(true) }

func newListener(below rdma.Listener, o *Options) *listener {
	l := &listener{below: below, o: o}
	l.Acceptor = transports.NewAcceptor(transports.Accepting[rdma.QueuePair]{
		AcceptRaw: func(context.Context) (rdma.QueuePair, error) { return below.Accept() },
		CloseRaw:  below.Close,
		Handshake: l.handshake,
		Failed:    func(err error) { o.Log.Debug("smbdirect: no connection", "error", err) },
		Timeout:   o.NegotiateTimeout + time.Second, // the core's timer says more
		Pending:   o.Connections,                    // silent peers are counted there, and delay nobody
	})
	return l
}

// Accept passes over a peer that was quicker than Defer: it has its answer, and
// not its owner's.
func (l *listener) Accept() (transports.Conn, error) {
	for {
		c, err := l.Acceptor.Accept()
		if err != nil || !l.deferred.Load() || c.(*Conn).holds() {
			return c, err
		}
		c.Close()
	}
}

func (l *listener) Addr() net.Addr { return l.below.Addr() }

// handshake accepts and negotiates one connection.
func (l *listener) handshake(ctx context.Context, qp rdma.QueuePair) (transports.Conn, error) {
	if l.open.Add(1) > int64(l.o.Connections) {
		return nil, l.turnAway(qp, errTooMany)
	}
	over := linkOf(qp, rdma.Link{})
	params, err := serverParams(l.o, qp.Peer(), over)
	if err != nil {
		return nil, l.turnAway(qp, err)
	}
	c, err := newConn(qp, l.o, true)
	if err != nil {
		l.open.Add(-1)
		return nil, err
	}
	if err := qp.Establish(ctx, params); err != nil {
		c.abandon()
		l.open.Add(-1)
		return nil, err
	}
	c.link = over
	c.core.deferred = l.deferred.Load()
	c.onEnd = func() { l.open.Add(-1) }
	c.start()
	if err := c.negotiated(ctx, 0); err != nil {
		return nil, err
	}
	return c, nil
}

func (l *listener) turnAway(qp rdma.QueuePair, err error) error {
	drain(qp)
	l.open.Add(-1)
	return err
}
