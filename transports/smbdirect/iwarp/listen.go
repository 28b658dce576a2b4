package iwarp

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// A listener accepts TCP connections and reads their start-up frames, many at
// a time, so that a silent peer delays nobody.
type listener struct {
	provider *Provider
	config   rdma.Config
	tcp      *net.TCPListener
	ready    chan *queuePair
	closed   chan struct{}
	wg       sync.WaitGroup

	mu       sync.Mutex
	halfOpen list.List // of *net.TCPConn, oldest first
	closing  bool
}

// Listen accepts queue pairs on host:port until Close. ctx bounds the lookup
// of the host only.
func (p *Provider) Listen(ctx context.Context, address string, c rdma.Config) (rdma.Listener, error) {
	if err := checkConfig(c); err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	tcp, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("iwarp: %w", err)
	}
	l := &listener{
		provider: p,
		config:   c,
		tcp:      tcp.(*net.TCPListener),
		ready:    make(chan *queuePair, backlog),
		closed:   make(chan struct{}),
	}
	l.wg.Go(l.run)
	return l, nil
}

// Why a peer is not let in, for Provider.Refused.
var (
	errCrowded = errors.New("its start-up frame is late, and others wait")
	errRequest = errors.New("its MPA request asks for markers or is malformed")
	errBacklog = errors.New("too many connections wait for Accept")
)

func (l *listener) Addr() net.Addr { return l.tcp.Addr() }

// Accept returns the next connection whose request has arrived. Establish
// answers it, Close refuses it.
func (l *listener) Accept() (rdma.QueuePair, error) {
	select {
	case <-l.closed:
	default:
		select {
		case q := <-l.ready:
			return q, nil
		case <-l.closed:
		}
	}
	return nil, fmt.Errorf("iwarp: accept: %w", net.ErrClosed)
}

// Close ends Accept and all start-ups; connections that were accepted live on.
func (l *listener) Close() error {
	l.mu.Lock()
	if l.closing {
		l.mu.Unlock()
		return nil
	}
	l.closing = true
	close(l.closed)
	err := l.tcp.Close()
	for e := l.halfOpen.Front(); e != nil; e = e.Next() {
		e.Value.(*net.TCPConn).Close()
	}
	l.mu.Unlock()
	l.wg.Wait()
	for { // side by side: each may wait CloseTimeout for its peer's FIN
		select {
		case q := <-l.ready:
			l.wg.Go(func() { q.Close() })
		default:
			l.wg.Wait()
			return err
		}
	}
}

func (l *listener) run() {
	const pause = 10 * time.Millisecond // out of file descriptors, most likely
	for {
		c, err := l.tcp.AcceptTCP()
		if err != nil {
			select {
			case <-l.closed:
				return
			default:
			}
			if l.provider.Failed != nil {
				l.provider.Failed(fmt.Errorf("iwarp: %w", err))
			}
			select {
			case <-l.closed:
				return
			case <-time.After(pause):
				continue
			}
		}
		if e := l.enter(c); e != nil {
			l.wg.Go(func() { l.startUp(c, e) })
		}
	}
}

// enter counts a connection as half open; the oldest makes room.
func (l *listener) enter(c *net.TCPConn) *list.Element {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing {
		c.Close()
		return nil
	}
	if l.halfOpen.Len() >= or(l.provider.HalfOpen, defaultHalfOpen) {
		oldest := l.halfOpen.Front()
		l.halfOpen.Remove(oldest)
		out := oldest.Value.(*net.TCPConn)
		l.provider.refuse(out.RemoteAddr(), errCrowded)
		out.Close()
	}
	return l.halfOpen.PushBack(c)
}

func (l *listener) leave(e *list.Element) {
	l.mu.Lock()
	l.halfOpen.Remove(e)
	l.mu.Unlock()
}

// startUp reads the request of one connection and hands it to Accept.
func (l *listener) startUp(c *net.TCPConn, e *list.Element) {
	c.SetDeadline(time.Now().Add(l.provider.requestTimeout()))
	req, _, err := readMPA(c, false)
	switch {
	case err != nil || req.rev != 1 && req.rev != 2:
		// Nothing is said to who does not speak MPA, RFC 5044 7.1.2 rule 5.
		if err == nil {
			err = fmt.Errorf("MPA revision %d", req.rev)
		}
		l.provider.refuse(c.RemoteAddr(), err)
		c.Close()
		l.leave(e)
		return
	case req.markers || req.short || req.enhanced && req.rev != 2:
		l.provider.refuse(c.RemoteAddr(), errRequest)
		farewell(c, rejection(&req), min(l.provider.closeTimeout(), l.provider.requestTimeout()))
		l.leave(e)
		return
	}
	l.leave(e)
	c.SetDeadline(time.Time{})
	q := newQueuePair(l.provider, l.config)
	q.conn, q.request, q.remote = c, req, c.RemoteAddr()
	q.peer = rdma.Peer{Params: rdma.Params{Private: req.private}}
	if req.enhanced {
		q.peer.IRD, q.peer.ORD, q.peer.Negotiated = int(req.words.ird), int(req.words.ord), true
	}
	select {
	case l.ready <- q:
	default: // nobody accepts: better a clear no than a wait
		l.provider.refuse(c.RemoteAddr(), errBacklog)
		c.Write(rejection(&req))
		c.Close()
	}
}

// rejection is the reply to a request that cannot be met: markers, or enhanced
// data that are not there. Markers are refused as siw refuses them.
func rejection(req *mpaFrame) []byte {
	f := mpaFrame{reply: true, reject: true, crc: req.crc, enhanced: req.enhanced, rev: req.rev}
	return f.append(nil)
}

// reject refuses a connection that Accept handed out.
func (q *queuePair) reject(c *net.TCPConn) {
	farewell(c, rejection(&q.request), q.provider.closeTimeout())
}

// accepted answers the request: the responder's Establish.
func (q *queuePair) accepted(ctx context.Context, have rdma.Params) error {
	q.mu.Lock()
	c := q.conn
	q.conn = nil
	q.mu.Unlock()
	if c == nil {
		return net.ErrClosed
	}
	// The peer may not have sent anything behind its request.
	if early(c) {
		c.Close()
		return &rdma.ProtocolError{Remote: true, Err: &mpaError{"RFC 5044 7.1.2", "a frame before the reply"}}
	}
	rep, n := q.provider.reply(&q.request, have)
	q.adopt(n)
	q.mu.Lock()
	q.tx.firstBy = time.Now().Add(q.provider.firstTimeout())
	q.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(past) })
	_, err := c.Write(rep.append(nil))
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		c.Close()
		return fmt.Errorf("iwarp: MPA reply: %w", err)
	}
	return q.open(c)
}
