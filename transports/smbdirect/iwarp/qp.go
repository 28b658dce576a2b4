package iwarp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// A queuePair is one RDMAP stream.
//
// Three locks, in this order: ioMu is held by whoever builds and writes a
// batch, for one system call that does not wait; placeMu by Poll while it
// writes into memory that Deregister may take away; mu guards the state and is
// never held across a system call. rdMu makes Poll and the final drain take
// turns at reading.
//
// There is no goroutine that reads: Poll does. One goroutine writes when the
// socket did not take everything at once, waits for timers, and tears down.
type queuePair struct {
	provider  *Provider
	initiator bool
	address   string // to dial
	config    rdma.Config
	request   mpaFrame // the responder's: what the peer asked for

	// Set when the connection opens, constant after that.
	socket
	remote net.Addr
	peer   rdma.Peer
	crc    bool
	ird    int
	ord    int

	// The functions that raw calls, made once so that a call allocates nothing.
	tryReadFn, tryWriteFn, pumpFn func(handle) bool

	ready chan struct{} // closed when open or ended
	wake  chan struct{} // one slot: the writer has something to look at
	done  chan struct{} // closed when nothing of the connection is left

	rdMu    sync.Mutex
	placeMu sync.Mutex
	rx      receiver // owned by Poll

	ioMu     sync.Mutex
	out      batch
	writeVec vector

	mu      sync.Mutex
	conn    *net.TCPConn            // before the opening: the responder's
	cancel  context.CancelCauseFunc // of Establish
	settled chan struct{}           // closed when Establish is over; nil before it
	opened  bool
	err     error         // why the connection ended; nil while it lives
	closing chan struct{} // not nil while Close waits for what is queued
	rst     bool          // end with a reset
	eof     bool          // the peer's FIN was read
	parked  bool          // Poll waits for the socket and wants to hear of completions
	heard   bool          // a valid frame of the peer has been processed

	sends   ring[work]
	receive ring[receive]
	popped  uint64 // of sends, ever: numbers its entries
	filled  int    // of receive: complete
	regions table

	tx sender
}

// work is an entry of the send queue.
type work struct {
	rdma.Work
	begun bool   // a frame of it has been built
	built bool   // all of it has been built
	off   int    // bytes of it that have been built
	end   uint64 // built: where in the stream it ends
	read  bool   // OpRead: the response is complete, or there was nothing to read
}

// receive is a posted receive.
type receive struct {
	id          uint64
	buf         []byte
	n           int
	stag        uint32
	invalidates bool
}

var _ rdma.Linked = (*queuePair)(nil)

func newQueuePair(p *Provider, c rdma.Config) *queuePair {
	q := &queuePair{
		provider: p,
		config:   c,
		ready:    make(chan struct{}),
		wake:     make(chan struct{}, 1),
		done:     make(chan struct{}),
	}
	if q.config.SendDepth == 0 {
		q.config.SendDepth = defaultSendDepth
	}
	if q.config.ReceiveDepth == 0 {
		q.config.ReceiveDepth = defaultReceiveDepth
	}
	first := p.firstMSN
	if first == 0 && !p.zeroMSN {
		first = 1 // RFC 5041 5.1
	}
	q.rx.msn = [2]uint32{first, first}
	q.tx.sendMSN, q.tx.readMSN = first, first
	q.tryReadFn, q.tryWriteFn, q.pumpFn = q.tryRead, q.tryWrite, q.pump
	return q
}

// open starts full operation on a socket whose start-up frames are done.
func (q *queuePair) open(c *net.TCPConn) error {
	remote := c.RemoteAddr()
	s, err := newSocket(c)
	if err != nil {
		return fmt.Errorf("iwarp: %w", err)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		s.file.Close()
		return q.err
	}
	q.socket, q.remote = s, remote
	q.tx.measure = true
	q.opened = true
	q.conn = nil
	q.provider.open.Add(1)
	go q.run()
	close(q.ready)
	return nil
}

func (q *queuePair) Peer() rdma.Peer {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.peer
}

func (q *queuePair) ORD() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.ord
}

// RemoteInvalidation is possible always: regions are not a device's.
func (q *queuePair) RemoteInvalidation() bool { return true }

// Link is the same for all: TCP has no device.
func (q *queuePair) Link() rdma.Link { return rdma.Link{Provider: "iwarp", Kind: rdma.IWARP} }

// RemoteAddr is the peer's address: as dialled until the connection stands.
func (q *queuePair) RemoteAddr() net.Addr {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.remote != nil {
		return q.remote
	}
	return dialled(q.address)
}

type dialled string

func (dialled) Network() string  { return "tcp" }
func (a dialled) String() string { return string(a) }

func (q *queuePair) PostReceive(id uint64, buf []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return fmt.Errorf("iwarp: post receive: %w", q.err)
	}
	if q.receive.len() >= q.config.ReceiveDepth {
		return fmt.Errorf("iwarp: post receive: %w", rdma.ErrFull)
	}
	r := q.receive.push()
	r.id, r.buf = id, buf
	return nil
}

// PostSend queues list and, when nobody else is writing, hands what the socket
// takes at once to TCP. The rest is the writer's.
func (q *queuePair) PostSend(list []rdma.Work) error {
	q.mu.Lock()
	if err := q.check(list); err != nil {
		q.mu.Unlock()
		return fmt.Errorf("iwarp: post send: %w", err)
	}
	for i := range list {
		w := q.sends.push()
		w.Work = list[i]
	}
	mine := q.claim()
	q.mu.Unlock()
	if mine {
		q.raw.Write(q.tryWriteFn)
		q.release()
	}
	return nil
}

var errNotEstablished = errors.New("not established")

func (q *queuePair) check(list []rdma.Work) error {
	switch {
	case q.err != nil:
		return q.err
	case !q.opened:
		return errNotEstablished
	case q.closing != nil:
		return net.ErrClosed
	case q.sends.len()+len(list) > q.config.SendDepth:
		return rdma.ErrFull
	}
	for i := range list {
		if w := &list[i]; uint64(len(w.Head))+uint64(len(w.Body)) > 1<<32-1 {
			return fmt.Errorf("work %d: longer than a DDP message", i) // RFC 5041 5.2
		}
	}
	return rdma.CheckWork(list, q.ord)
}

// Poll returns completions, reading the socket until there are some.
func (q *queuePair) Poll(dst []rdma.Completion) (int, error) {
	if len(dst) == 0 {
		return 0, errors.New("iwarp: poll: no room for a completion")
	}
	<-q.ready
	for {
		q.mu.Lock()
		n, err := 0, q.err
		// Completions of our own sends do not keep us from reading for long.
		if err != nil || q.rx.skipped < maxSkipped {
			n = q.take(dst)
		}
		q.parked = false
		q.mu.Unlock()
		if n > 0 {
			q.rx.skipped++
			return n, nil
		}
		if err != nil {
			return 0, err
		}
		q.rx.skipped = 0
		q.rdMu.Lock()
		q.receiveSome()
		q.rdMu.Unlock()
	}
}

// take fills dst with what is complete: after the end that is everything.
func (q *queuePair) take(dst []rdma.Completion) int {
	n := 0
	for n < len(dst) && q.receive.len() > 0 && (q.filled > 0 || q.err != nil) {
		r := q.receive.at(0)
		dst[n] = rdma.Completion{Op: rdma.OpReceive, ID: r.id}
		if q.filled > 0 {
			q.filled--
			dst[n].Len, dst[n].Invalidate, dst[n].Invalidates = r.n, r.stag, r.invalidates
		} else {
			dst[n].Err = rdma.ErrFlushed
		}
		q.receive.pop()
		n++
	}
	for n < len(dst) && q.sends.len() > 0 {
		w := q.sends.at(0)
		c := rdma.Completion{Op: w.Op, ID: w.ID}
		if !q.complete(w) {
			if q.err == nil {
				break
			}
			c.Err = rdma.ErrFlushed
		}
		dst[n] = c
		n++
		q.sends.pop()
		q.popped++
		q.tx.next = max(q.tx.next-1, 0)
	}
	return n
}

// complete reports whether the oldest work is done. A send or write is when
// TCP has all of it: that says nothing about the peer.
func (q *queuePair) complete(w *work) bool {
	if w.Op == rdma.OpRead {
		return w.read
	}
	return w.built && w.end <= q.tx.sent
}

// completions reports whether Poll has something to give.
func (q *queuePair) completions() bool {
	return q.filled > 0 || q.sends.len() > 0 && q.complete(q.sends.at(0))
}

// unpark wakes a Poll that waits for the socket when there is something for
// it. It is called with mu held, which nothing waits for in it: an interrupt
// that came later could cut short what teardown reads after the end.
func (q *queuePair) unpark() {
	if q.parked && (q.completions() || q.err != nil) {
		q.parked = false
		q.interrupt()
	}
}

// past is a deadline that is over.
var past = time.Unix(1, 0)

// interrupt makes a Poll that waits for the socket look at its queues.
func (q *queuePair) interrupt() { q.file.SetReadDeadline(past) }

func (q *queuePair) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
