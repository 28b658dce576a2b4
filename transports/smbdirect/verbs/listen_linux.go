//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"
	"unsafe"

	"github.com/ebitengine/purego"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// listener is an ID that listens, on one device or, with the wildcard address,
// on all that there are and that come.
type listener struct {
	p        *Provider
	l        *library
	config   rdma.Config
	address  netip.AddrPort
	requests chan *queuePair
	closing  chan struct{}
	loop     sync.WaitGroup

	mu      sync.Mutex
	ch      *channel // nil while its device is gone, and while it is bound
	id      pointer
	removed bool // its device, while it was bound
	closed  bool
}

var _ rdma.Listener = (*listener)(nil)

// Listen accepts queue pairs on host:port, of devices of the kind that the
// port is for. Without a host it listens on all devices, later ones included.
func (p *Provider) Listen(ctx context.Context, address string, c rdma.Config) (rdma.Listener, error) {
	l, err := load()
	if err != nil {
		return nil, err
	}
	if err := checkConfig(c); err != nil {
		return nil, err
	}
	list, err := lookup(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("verbs: listen: %w", err)
	}
	s := &listener{
		p: p, l: l, config: c, address: list[0],
		requests: make(chan *queuePair, pending),
		closing:  make(chan struct{}),
	}
	if err := s.bind(); err != nil {
		return nil, fmt.Errorf("verbs: listen %s: %w", address, err)
	}
	return s, nil
}

// bind makes the listening ID.
func (s *listener) bind() error {
	ch, err := newChannel(s.l)
	if err != nil {
		return err
	}
	id, err := ch.newID(s)
	if err != nil {
		ch.close()
		return err
	}
	if err = s.bindID(id); err == nil {
		err = s.begin(ch, id)
	}
	if err != nil {
		ch.destroy(id)
	}
	return err
}

// begin takes requests from now on, unless the ID's device has gone already.
func (s *listener) begin(ch *channel, id pointer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.removed {
		s.removed = false
		return ErrRemoved
	}
	s.ch, s.id = ch, id
	port, _, _ := purego.SyscallN(s.l.getSrcPort, uintptr(id))
	var b [2]byte
	binary.NativeEndian.PutUint16(b[:], uint16(port))
	s.address = netip.AddrPortFrom(s.address.Addr(), binary.BigEndian.Uint16(b[:]))
	return nil
}

func (s *listener) bindID(id pointer) error {
	if err := s.l.status(s.l.bindAddr, uintptr(id), uintptr(unsafe.Pointer(toSockaddr(s.address)))); err != nil {
		return explainErrno("rdma_bind_addr", err)
	}
	// An address of one device is bound to it at once.
	if ctx := at[cmID](id).verbs; ctx != 0 {
		name, kind := identify(at[verbsContext](ctx).device)
		if err := checkPort(name, kind, s.address.Port()); err != nil {
			return err
		}
	}
	if err := s.l.status(s.l.listen, uintptr(id), backlog); err != nil {
		return explainErrno("rdma_listen", err)
	}
	return nil
}

// onEvent takes requests, and the news that the listener's device is gone.
func (s *listener) onEvent(e *event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case e.kind == eventDeviceRemoval && s.ch == nil:
		s.removed = true
	case e.kind == eventDeviceRemoval && !s.closed:
		ch, id := s.ch, s.id
		s.ch, s.id = nil, 0
		s.loop.Go(func() { s.again(ch, id) })
	case e.kind != eventConnectRequest:
	case s.closed || s.ch == nil || len(s.requests) == cap(s.requests):
		s.turnAway(e, errBusy)
	default:
		s.request(e)
	}
}

// request makes a queue pair of a connect request.
func (s *listener) request(e *event) {
	id := at[cmID](e.id)
	name, kind := identify(at[verbsContext](id.verbs).device)
	if err := checkPort(name, kind, s.address.Port()); err != nil {
		s.turnAway(e, err)
		return
	}
	q := newQueuePair(s.p, s.l, s.config)
	q.responder, q.ch, q.id = true, s.ch, e.id
	q.peer = peerOf(e, kind, true)
	q.link = rdma.Link{Provider: "verbs", Device: name, Kind: kind}
	q.remote = net.TCPAddrFromAddrPort(fromSockaddr(at[sockaddr](e.id + dstAddrOffset)))
	s.ch.adopt(e.id, q)
	s.requests <- q
}

// turnAway refuses a request. Nobody else knows the ID.
func (s *listener) turnAway(e *event, why error) {
	peer := fromSockaddr(at[sockaddr](e.id + dstAddrOffset))
	_ = s.l.status(s.l.reject, uintptr(e.id), 0, 0)
	_ = s.l.status(s.l.destroyID, uintptr(e.id))
	if s.p.Refused != nil {
		s.p.Refused(fmt.Errorf("verbs: %v: %w", peer, why))
	}
}

// again waits for a device with the address to come back, as a driver that is
// reset makes it.
func (s *listener) again(ch *channel, id pointer) {
	ch.destroy(id)
	if s.p.Failed != nil {
		s.p.Failed(fmt.Errorf("verbs: listen %v: %w", s.address, ErrRemoved))
	}
	for wait := rebindFirst; ; wait = min(2*wait, rebindMost) {
		select {
		case <-s.closing:
			return
		case <-time.After(wait):
		}
		if s.bind() == nil {
			return
		}
	}
}

// Accept returns the next queue pair, which waits to be established.
func (s *listener) Accept() (rdma.QueuePair, error) {
	select {
	case <-s.closing:
		return nil, fmt.Errorf("verbs: accept: %w", net.ErrClosed)
	default:
	}
	select {
	case q := <-s.requests:
		return q, nil
	case <-s.closing:
		return nil, fmt.Errorf("verbs: accept: %w", net.ErrClosed)
	}
}

// Close ends the listener. What it has accepted lives on, and what waits is
// refused.
func (s *listener) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	close(s.closing)
	s.loop.Wait()
	if s.ch != nil {
		s.ch.destroy(s.id)
	}
	for {
		select {
		case q := <-s.requests:
			q.Close()
		default:
			return nil
		}
	}
}

func (s *listener) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return net.TCPAddrFromAddrPort(s.address)
}

var errBusy = errors.New("too many requests wait")
