//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
	"unsafe"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// establish connects or accepts, with setup held.
func (q *queuePair) establish(ctx context.Context, p rdma.Params) error {
	q.mu.Lock()
	err, state := q.err, q.state
	q.mu.Unlock()
	switch {
	case err != nil:
		return err
	case state != stateNew:
		return errors.New("verbs: establish: called twice")
	case p.IRD < 0 || p.ORD < 0:
		return fmt.Errorf("verbs: establish: IRD %d and ORD %d", p.IRD, p.ORD)
	}
	if q.responder {
		return q.acceptPeer(ctx, p)
	}
	if err := q.dial(ctx, p); err != nil {
		return fmt.Errorf("verbs: dial %s: %w", q.address, err)
	}
	return nil
}

// dial is the initiator's set-up: address, route, queues, connection. Several
// addresses of a host are tried in order until a device has a route to one.
func (q *queuePair) dial(ctx context.Context, p rdma.Params) error {
	list, err := q.lookup(ctx)
	if err != nil {
		return err
	}
	for _, a := range list {
		if err = q.route(ctx, a); err == nil {
			return q.connect(ctx, a, p)
		}
		if !errors.Is(err, ErrNoRoute) {
			return err
		}
		q.forgetID()
	}
	return err
}

// lookup resolves the address, until somebody closes.
func (q *queuePair) lookup(ctx context.Context) ([]netip.AddrPort, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-q.ending:
			cancel()
		case <-ctx.Done():
		}
	}()
	return lookup(ctx, q.address)
}

// route makes an ID and finds the device for an address.
func (q *queuePair) route(ctx context.Context, a netip.AddrPort) error {
	ch, err := newChannel(q.l)
	if err != nil {
		return err
	}
	id, err := ch.newID(q)
	if err != nil {
		ch.close()
		return err
	}
	q.mu.Lock()
	q.ch, q.id = ch, id
	q.remote = net.TCPAddrFromAddrPort(a)
	q.mu.Unlock()
	name, kind, err := resolve(ctx, q, q.l, id, a)
	if err != nil {
		return err
	}
	return checkPort(name, kind, a.Port())
}

// listening is who is told the events of an ID.
type listening interface {
	next(context.Context) (*event, error)
}

// resolve finds the device for an address. The kernel asks the network for the
// neighbour and looks again when it hears of one or when the time is over: an
// answer that is quicker than the kernel is overlooked until then. So it is
// asked for short times, one after another.
func resolve(ctx context.Context, q listening, l *library, id pointer, a netip.AddrPort) (name string, kind Kind, err error) {
	for _, limit := range resolveTimeouts {
		err = resolveOnce(ctx, q, l, id, a, limit)
		if !errors.Is(err, syscall.ETIMEDOUT) || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return "", 0, err
	}
	name, kind = identify(at[verbsContext](at[cmID](id).verbs).device)
	return name, kind, nil
}

func resolveOnce(ctx context.Context, q listening, l *library, id pointer, a netip.AddrPort, limit time.Duration) error {
	err := l.status(l.resolveAddr, uintptr(id), 0, uintptr(unsafe.Pointer(toSockaddr(a))), uintptr(limit.Milliseconds()))
	if err != nil {
		return fmt.Errorf("%w to %v: %w", ErrNoRoute, a.Addr(), err)
	}
	e, err := q.next(ctx)
	switch {
	case err != nil:
		return err
	case e.kind != eventAddrResolved:
		return fmt.Errorf("%w to %v: %w", ErrNoRoute, a.Addr(), e.err())
	}
	return nil
}

// checkPort holds a device to the port of its kind, [MS-SMBD] 1.9.
func checkPort(name string, kind Kind, port uint16) error {
	if !kind.Fits(int(port)) {
		return fmt.Errorf("verbs: %w", &rdma.KindError{Device: name, Kind: kind, Port: int(port)})
	}
	return nil
}

// forgetID gives back an ID that did not lead to the peer.
func (q *queuePair) forgetID() {
	q.mu.Lock()
	id, ch := q.id, q.ch
	q.id, q.ch = 0, nil
	q.mu.Unlock()
	if id != 0 {
		ch.destroy(id)
	}
}

// connect goes on from a resolved address.
func (q *queuePair) connect(ctx context.Context, a netip.AddrPort, p rdma.Params) error {
	if err := q.l.status(q.l.resolveRoute, uintptr(q.id), uintptr(routeTimeout.Milliseconds())); err != nil {
		return fmt.Errorf("route to %v: %w", a.Addr(), err)
	}
	e, err := q.next(ctx)
	switch {
	case err != nil:
		return err
	case e.kind != eventRouteResolved:
		return fmt.Errorf("route to %v: %w", a.Addr(), e.err())
	}
	if err := q.create(); err != nil {
		return err
	}
	if err := q.fillParam(p, p.ORD, maxConnectPrivate); err != nil {
		return err
	}
	if err := q.l.status(q.l.connect, uintptr(q.id), uintptr(unsafe.Pointer(q.param))); err != nil {
		return explainErrno("rdma_connect", err)
	}
	if e, err = q.answer(ctx); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.peer = peerOf(e, q.dev.kind, false)
	q.ord = int(q.param.initiator)
	if q.peer.Negotiated {
		q.ord = min(q.ord, q.peer.IRD)
	}
	q.heard = true
	q.open()
	if q.dev.kind == IWARP {
		go q.cure()
	}
	return nil
}

// acceptPeer is the responder's set-up.
func (q *queuePair) acceptPeer(ctx context.Context, p rdma.Params) error {
	if err := q.create(); err != nil {
		return err
	}
	ord := p.ORD
	if q.peer.Negotiated {
		ord = min(ord, q.peer.IRD)
	}
	if err := q.fillParam(p, ord, maxAcceptPrivate); err != nil {
		return err
	}
	q.mu.Lock()
	q.connected = true
	q.mu.Unlock()
	if err := q.l.status(q.l.accept, uintptr(q.id), uintptr(unsafe.Pointer(q.param))); err != nil {
		return explainErrno("rdma_accept", err)
	}
	if _, err := q.answer(ctx); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ord = int(q.param.initiator)
	q.open()
	return nil
}

// open lets work go to the device.
func (q *queuePair) open() {
	q.connected = true
	q.state = stateEstablished
	q.cond.Broadcast()
	q.push()
}

// fillParam fills in what the connection manager tells the peer.
func (q *queuePair) fillParam(p rdma.Params, ord, limit int) error {
	if q.dev.kind == IWARP {
		limit = maxIWARPPrivate
	}
	if len(p.Private) > limit {
		return fmt.Errorf("private data of %d bytes, limit %d on %v", len(p.Private), limit, q.dev.kind)
	}
	*q.param = connParam{
		responder: resources(p.IRD, q.dev.attr.maxQPReadAtomic),
		initiator: resources(ord, q.dev.attr.maxQPInitReadAtomic),
		retry:     retryCount,
		rnrRetry:  rnrRetry,
	}
	if len(p.Private) > 0 {
		q.param.private = pointer(address(q.note))
		q.param.privateLength = uint8(copy(q.note, p.Private))
	}
	return nil
}

// resources is a number of reads that the device can take: 255 would mean its
// maximum.
func resources(n int, device int32) uint8 { return uint8(min(n, int(device), 254)) }

// answer waits for the peer's.
func (q *queuePair) answer(ctx context.Context) (*event, error) {
	for {
		e, err := q.next(ctx)
		if err != nil {
			return nil, err
		}
		switch e.kind {
		case eventEstablished:
			return e, nil
		case eventRejected:
			return nil, &RefusedError{Private: e.private}
		case eventUnreachable, eventConnectError, eventRouteError, eventAddrError:
			return nil, e.err()
		}
	}
}

// err is what an event says went wrong.
func (e *event) err() error {
	if e.status < 0 {
		return syscall.Errno(-e.status)
	}
	switch e.kind {
	case eventUnreachable:
		return syscall.ETIMEDOUT
	case eventAddrError, eventRouteError:
		return syscall.EHOSTUNREACH
	}
	return fmt.Errorf("the connection manager reports event %d, status %d", e.kind, e.status)
}

// peerOf is what an event says of the peer, in its perspective. In a request
// the numbers are ours: what we should serve is what the peer issues. To an
// iWARP initiator Linux gives them the other way round and from memory of what
// it sent, so that they say nothing of the peer.
func peerOf(e *event, k Kind, request bool) rdma.Peer {
	p := rdma.Peer{Params: rdma.Params{
		IRD: int(e.param.initiator), ORD: int(e.param.responder), Private: e.private,
	}}
	switch {
	case k != IWARP:
		p.Negotiated = true
	case !request:
		p.IRD, p.ORD = 0, 0
	}
	return p
}
