package loop

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// ErrLost is the end that Abort gives a connection.
var ErrLost = errors.New("loop: connection lost")

// Queue depths when Config leaves them open: enough for SMB Direct's default
// of 255 credits and as many transfers.
const (
	defaultSendDepth    = 512
	defaultReceiveDepth = 512
)

// link is one connection. Its mutex guards everything of both ends; what is
// copied between them is copied under it, so that Deregister needs no more.
type link struct {
	mu   sync.Mutex
	ends [2]queuePair // initiator, responder
}

type queuePair struct {
	link   *link
	peer   *queuePair
	fabric *Fabric
	config rdma.Config
	remote addr
	cond   sync.Cond // on link.mu: something changed for this end

	params      rdma.Params
	offered     bool // the responder's end is with a listener
	established bool
	heard       bool // the peer's first operation has arrived
	closed      bool // in order, what is on the wire still arrives
	err         error

	ord      int
	reading  int      // reads issued and not served
	sends    []*entry // posted, not polled
	unissued []*entry // of sends: held by ORD or by the responder's rule
	wire     []*entry // issued, not yet taken by the peer
	receives []*receive
	filled   int // of receives: completed, not polled
	regions  map[uint32]*region
	retired  map[uint32]bool // tokens of regions that were given back
}

// entry is one posted work.
type entry struct {
	work rdma.Work
	done bool
	err  error
}

type receive struct {
	buf []byte
	rdma.Completion
}

var _ rdma.Linked = (*queuePair)(nil)

// newLink makes a connection and returns its initiator's end.
func newLink(f *Fabric, c rdma.Config, to addr) *queuePair {
	l := &link{}
	for i := range l.ends {
		q := &l.ends[i]
		*q = queuePair{link: l, peer: &l.ends[1-i], fabric: f, regions: make(map[uint32]*region), retired: make(map[uint32]bool)}
		q.cond.L = &l.mu
	}
	l.ends[0].configure(c)
	l.ends[0].remote, l.ends[1].remote = to, "loop"
	l.ends[0].heard = true
	return &l.ends[0]
}

func (q *queuePair) configure(c rdma.Config) {
	if c.SendDepth == 0 {
		c.SendDepth = defaultSendDepth
	}
	if c.ReceiveDepth == 0 {
		c.ReceiveDepth = defaultReceiveDepth
	}
	q.config = c
}

func (q *queuePair) responder() bool { return q == &q.link.ends[1] }

func (q *queuePair) RemoteAddr() net.Addr { return q.remote }

func (q *queuePair) Link() rdma.Link { return q.fabric.Over }

func (q *queuePair) Peer() rdma.Peer {
	q.link.mu.Lock()
	defer q.link.mu.Unlock()
	return rdma.Peer{Params: q.peer.params, Negotiated: true}
}

func (q *queuePair) ORD() int {
	q.link.mu.Lock()
	defer q.link.mu.Unlock()
	return q.ord
}

func (q *queuePair) RemoteInvalidation() bool { return true }

func (q *queuePair) PostReceive(id uint64, buf []byte) error {
	q.link.mu.Lock()
	defer q.link.mu.Unlock()
	if q.err != nil {
		return fmt.Errorf("loop: post receive: %w", q.err)
	}
	if len(q.receives) >= q.config.ReceiveDepth {
		return fmt.Errorf("loop: post receive: %w", rdma.ErrFull)
	}
	q.receives = append(q.receives, &receive{buf, rdma.Completion{Op: rdma.OpReceive, ID: id}})
	return nil
}

func (q *queuePair) PostSend(list []rdma.Work) error {
	q.link.mu.Lock()
	defer q.link.mu.Unlock()
	if err := q.check(list); err != nil {
		return fmt.Errorf("loop: post send: %w", err)
	}
	for _, w := range list {
		e := &entry{work: w}
		q.sends = append(q.sends, e)
		q.unissued = append(q.unissued, e)
	}
	q.issue()
	return nil
}

func (q *queuePair) check(list []rdma.Work) error {
	switch {
	case q.err != nil:
		return q.err
	case !q.established:
		return errors.New("not established")
	case len(q.sends)+len(list) > q.config.SendDepth:
		return rdma.ErrFull
	}
	return rdma.CheckWork(list, q.ord)
}

// issue moves posted work onto the wire as far as the rules allow.
func (q *queuePair) issue() {
	for len(q.unissued) > 0 && q.heard {
		e := q.unissued[0]
		if e.work.Op == rdma.OpRead {
			if q.reading == q.ord && len(e.work.Body) > 0 {
				return
			}
			q.reading++
		}
		q.unissued = q.unissued[1:]
		q.wire = append(q.wire, e)
		q.peer.cond.Broadcast()
	}
}

// Poll executes the peer's work until something of this end's own completed.
func (q *queuePair) Poll(dst []rdma.Completion) (int, error) {
	if len(dst) == 0 {
		return 0, errors.New("loop: poll: no room for a completion")
	}
	q.link.mu.Lock()
	defer q.link.mu.Unlock()
	for {
		if n := q.take(dst); n > 0 {
			return n, nil
		}
		if q.err != nil {
			return 0, q.err
		}
		if !q.established || !q.arrive() {
			q.cond.Wait()
		}
	}
}

// take fills dst with what is complete.
func (q *queuePair) take(dst []rdma.Completion) int {
	n := 0
	for n < len(dst) && q.filled > 0 {
		dst[n] = q.receives[0].Completion
		q.receives = slices.Delete(q.receives, 0, 1)
		q.filled--
		n++
	}
	for n < len(dst) && len(q.sends) > 0 && q.sends[0].done {
		e := q.sends[0]
		dst[n] = rdma.Completion{Op: e.work.Op, ID: e.work.ID, Err: e.err}
		q.sends = slices.Delete(q.sends, 0, 1)
		n++
	}
	return n
}

// arrive takes the next operation of the peer from the wire, or its end. It
// reports whether there was one.
func (q *queuePair) arrive() bool {
	p := q.peer
	if len(p.wire) == 0 {
		if !p.closed {
			return false
		}
		err := error(io.EOF)
		if q.reading > 0 {
			err = fmt.Errorf("loop: the peer closed with reads outstanding: %w", io.ErrUnexpectedEOF)
		}
		q.end(err)
		return true
	}
	e := p.wire[0]
	p.wire = p.wire[1:]
	if err := q.execute(&e.work); err != nil {
		q.end(&rdma.ProtocolError{Remote: true, Err: err})
		p.end(&rdma.ProtocolError{Err: err})
		return true
	}
	e.done = true
	if e.work.Op == rdma.OpRead {
		p.reading--
	}
	q.heard = true
	p.issue()
	q.issue()
	p.cond.Broadcast()
	return true
}

// execute performs one operation of the peer on this end.
func (q *queuePair) execute(w *rdma.Work) error {
	switch {
	case w.Op == rdma.OpSend:
		return q.deliver(w)
	case len(w.Body) == 0:
		return nil // names no memory, so none is checked
	case w.Op == rdma.OpWrite:
		mem, err := q.memory(w.Remote, len(w.Body), rdma.RemoteWrite)
		copy(mem, w.Body)
		return err
	default:
		mem, err := q.memory(w.Remote, len(w.Body), rdma.RemoteRead)
		copy(w.Body, mem)
		return err
	}
}

func (q *queuePair) deliver(w *rdma.Work) error {
	if q.filled == len(q.receives) {
		return errors.New("loop: a send found no posted receive")
	}
	r := q.receives[q.filled]
	n := len(w.Head) + len(w.Body)
	if n > len(r.buf) {
		return fmt.Errorf("loop: a send of %d bytes for a receive of %d", n, len(r.buf))
	}
	copy(r.buf[copy(r.buf, w.Head):], w.Body)
	if w.Invalidates {
		if err := q.invalidate(w.Invalidate); err != nil {
			return err
		}
	}
	r.Len, r.Invalidate, r.Invalidates = n, w.Invalidate, w.Invalidates
	q.filled++
	return nil
}

// end flushes everything of this end, once.
func (q *queuePair) end(err error) {
	if q.err != nil {
		return
	}
	q.err = err
	for _, r := range q.regions {
		r.revoked = true
	}
	for _, e := range q.sends {
		if !e.done {
			e.done, e.err = true, rdma.ErrFlushed
		}
	}
	for _, r := range q.receives[q.filled:] {
		r.Err = rdma.ErrFlushed
	}
	q.filled = len(q.receives)
	q.unissued, q.wire = nil, nil
	q.cond.Broadcast()
}

// Close ends the connection in order: what has been issued still arrives, from
// copies, because its owner gets it back now.
func (q *queuePair) Close() error {
	q.link.mu.Lock()
	defer q.link.mu.Unlock()
	if q.err != nil {
		return nil
	}
	if !q.established {
		q.end(net.ErrClosed)
		if q.responder() {
			q.peer.end(rdma.ErrRefused)
		} else if q.offered {
			q.peer.end(io.EOF)
		}
		return nil
	}
	var rest []*entry
	for _, e := range q.wire {
		if e.work.Op == rdma.OpRead {
			continue
		}
		w := e.work
		w.Head, w.Body = slices.Clone(w.Head), slices.Clone(w.Body)
		rest = append(rest, &entry{work: w})
	}
	q.end(net.ErrClosed)
	q.wire, q.closed = rest, true
	q.peer.cond.Broadcast()
	return nil
}

// Abort ends the connection for both ends at once.
func (q *queuePair) Abort() {
	q.link.mu.Lock()
	defer q.link.mu.Unlock()
	q.end(ErrLost)
	q.peer.end(ErrLost)
	q.wire, q.peer.wire = nil, nil
}
