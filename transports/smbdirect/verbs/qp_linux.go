//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// A queuePair is one connection. Its mutex guards the books; nothing blocks
// under it but the registration of new memory.
//
// Work goes from the queue to the device as far as the device has room, and
// comes back in the same order. Whoever holds the mutex may take completions
// from the device: Poll, and who waits for the end of a window or of the
// connection.
type queuePair struct {
	p       *Provider
	l       *library
	config  rdma.Config
	address string // what Dial was told

	setup  sync.Mutex // held by Establish, and by teardown after it
	events chan *event

	mu        sync.Mutex
	cond      sync.Cond // ended, ready, windows
	remote    net.Addr
	link      rdma.Link
	peer      rdma.Peer
	ord       int
	state     state
	err       error         // why it ends; the first reason that is one
	ending    chan struct{} // closed when err is set
	torn      chan struct{} // closed when teardown is done
	stopped   bool          // nothing goes to the device any more
	responder bool
	connected bool // the peer has been told
	heard     bool // a responder may send
	told      bool // the connection manager has said how the connection ended

	ch  *channel
	id  pointer
	dev *device
	pd  *domain
	qp  pointer
	wire
	completionQueue
	sendQueue
	receiveQueue
	regions     map[uint32]*region // by token
	idleWindows []*window
	done        completions // taken from the device, for Poll
}

// state is how far a queue pair has come.
type state uint8

const (
	stateNew         state = iota // before Establish; a responder has an ID
	stateReady                    // the device's queues exist
	stateEstablished              // may send, when heard
	stateEnded                    // nothing of the device's is left
)

var _ rdma.Linked = (*queuePair)(nil)

func newQueuePair(p *Provider, l *library, c rdma.Config) *queuePair {
	if c.SendDepth == 0 {
		c.SendDepth = defaultSendDepth
	}
	if c.ReceiveDepth == 0 {
		c.ReceiveDepth = defaultReceiveDepth
	}
	q := &queuePair{
		p: p, l: l, config: c,
		events:  make(chan *event, 16),
		ending:  make(chan struct{}),
		torn:    make(chan struct{}),
		regions: make(map[uint32]*region),
	}
	q.cond.L = &q.mu
	q.receiveQueue.init(c.ReceiveDepth)
	p.open.Add(1)
	return q
}

func checkConfig(c rdma.Config) error {
	if c.SendDepth < 0 || c.SendDepth > maxDepth || c.ReceiveDepth < 0 || c.ReceiveDepth > maxDepth {
		return fmt.Errorf("verbs: queue depths %d and %d, limit %d", c.SendDepth, c.ReceiveDepth, maxDepth)
	}
	return nil
}

// create makes the device's queues for q, whose ID has one, and posts the
// receives that wait for it.
func (q *queuePair) create() error {
	dev, err := q.p.use(q.l, q.id)
	if err != nil {
		return err
	}
	pd, err := dev.ownDomain()
	if err != nil {
		dev.release()
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dev, q.pd = dev, pd
	q.link = rdma.Link{Provider: "verbs", Device: dev.name, Kind: dev.kind}
	if err := q.createQueues(); err != nil {
		return fmt.Errorf("verbs: %s: %w", dev.name, err)
	}
	dev.enter(q.qp, q)
	q.state = stateReady
	q.cond.Broadcast()
	return q.fillReceives()
}

func (q *queuePair) createQueues() error {
	most := int(q.dev.attr.maxQPWR)
	sends, receives := min(q.config.SendDepth+windowSlots, most), min(q.config.ReceiveDepth, most)
	entries := sends + receives + 1
	if most := int(q.dev.attr.maxCQE); entries > most {
		return fmt.Errorf("%d completions may come at a time, the device takes %d", entries, most)
	}
	q.sendQueue.init(q.config.SendDepth) // not before: peers that only knock cost little
	q.wire.init(q.p.memory(), q.config.SendDepth)
	if err := q.completionQueue.create(q.l, q.dev, entries, q.wcs, q.out); err != nil {
		return err
	}
	a := &qpInit{
		sendCQ: q.cq, recvCQ: q.cq,
		sendWR: uint32(sends), recvWR: uint32(receives),
		sendSGE: uint32(min(2, q.dev.attr.maxSGE)), recvSGE: 1,
		inline: maxInline, kind: qpReliable,
	}
	err := q.l.status(q.l.createQP, uintptr(q.id), uintptr(q.pd.pd), uintptr(unsafe.Pointer(a)))
	if err != nil {
		a.inline = 0
		err = q.l.status(q.l.createQP, uintptr(q.id), uintptr(q.pd.pd), uintptr(unsafe.Pointer(a)))
	}
	if err != nil {
		return explainErrno("rdma_create_qp", err)
	}
	// The device may give more than was asked for, and writes that back.
	q.qp = at[cmID](q.id).qp
	q.postArgs[0], q.receiveArgs[0] = uintptr(q.qp), uintptr(q.qp)
	q.slots = min(int(a.sendWR), sends)
	q.inline = int(min(a.inline, maxInline))
	q.sges = int(a.sendSGE)
	return nil
}

func (q *queuePair) RemoteAddr() net.Addr {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.remote
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

// RemoteInvalidation says whether the peer may end our regions: only a window
// can be used again after that.
func (q *queuePair) RemoteInvalidation() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dev != nil && q.dev.windows
}

// Link is what the connection goes over. See rdma.Linked.
func (q *queuePair) Link() rdma.Link {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.link
}

// Poll takes completions: see rdma.QueuePair.
func (q *queuePair) Poll(dst []rdma.Completion) (int, error) {
	if len(dst) == 0 {
		return 0, errors.New("verbs: poll: no room for a completion")
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for idle := 0; ; {
		if q.state == stateReady || q.state == stateEstablished {
			q.reap()
		}
		if n := q.done.take(dst); n > 0 {
			return n, nil
		}
		switch {
		case q.state == stateEnded:
			return 0, q.err
		case q.state == stateNew:
			q.cond.Wait()
		case idle < spins:
			idle++
		case !q.armed:
			if err := q.arm(); err != nil {
				q.end(whenGone(err))
			}
		default:
			q.await()
			idle = 0
		}
	}
}

// await waits for the completion queue's event, without the mutex.
func (q *queuePair) await() {
	q.waiting = true
	q.mu.Unlock()
	err := q.event()
	q.mu.Lock()
	q.waiting = false
	q.armed = false
	q.cond.Broadcast()
	switch {
	case err == nil:
		return
	case errors.Is(err, os.ErrDeadlineExceeded): // a kick, and not for good before the end
		if q.state != stateEnded {
			_ = q.file.SetReadDeadline(time.Time{})
		}
		return
	default:
		q.end(whenGone(fmt.Errorf("verbs: completion channel: %w", err)))
	}
	for q.state != stateEnded {
		q.cond.Wait() // there are no more events: teardown takes what is left
	}
}

// whenGone says ErrRemoved for EIO, with which the kernel answers whatever is
// asked of a device that is gone.
func whenGone(err error) error {
	if errors.Is(err, syscall.EIO) {
		return ErrRemoved
	}
	return err
}

// Establish connects. See rdma.QueuePair.
func (q *queuePair) Establish(ctx context.Context, p rdma.Params) error {
	q.setup.Lock()
	defer q.setup.Unlock()
	err := q.establish(ctx, p)
	if err != nil {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.end(err)
	}
	return err
}

// next waits for what the connection manager says to the ID.
func (q *queuePair) next(ctx context.Context) (*event, error) {
	select {
	case e := <-q.events: // before the end, which may come right behind
		return e, nil
	default:
	}
	select {
	case e := <-q.events:
		return e, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-q.ending:
		q.mu.Lock()
		defer q.mu.Unlock()
		return nil, q.err
	}
}

// onEvent is told by the channel's goroutine what concerns the ID.
func (q *queuePair) onEvent(e *event) {
	switch e.kind {
	case eventDisconnected, eventDeviceRemoval:
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.inError() && e.kind == eventDisconnected {
			return // the device's event says why, or nobody does
		}
		q.told = true
		switch {
		case e.kind == eventDeviceRemoval:
			q.end(ErrRemoved)
		case q.reading() > 0:
			q.end(fmt.Errorf("verbs: the peer closed with reads outstanding: %w", io.ErrUnexpectedEOF))
		default:
			q.end(errEOF)
		}
		q.cond.Broadcast()
	case eventAddrChange, eventTimewaitExit:
	default:
		select {
		case q.events <- e:
		default: // more than set-up has steps: nobody waits for it
		}
	}
}

// inError says that the device has flushed work before anybody has ended the
// connection: on InfiniBand and RoCE it has found a mistake then. iWARP flushes
// at every end.
func (q *queuePair) inError() bool {
	if q.state != stateReady && q.state != stateEstablished || q.dev.kind == IWARP {
		return false
	}
	q.reap()
	return q.err == errLost
}

// onAsync is told what the device found wrong: the peer has broken a rule, or
// the device.
func (q *queuePair) onAsync(kind int32) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch kind {
	case asyncQPAccess:
		q.blame(&rdma.ProtocolError{Remote: true, Err: errors.New("access to memory that is not exposed to it")})
	case asyncQPRequest:
		q.blame(&rdma.ProtocolError{Remote: true, Err: errors.New("a request that the device refuses")})
	case asyncCQError:
		q.blame(errors.New("verbs: the completion queue has failed"))
	case asyncDeviceFatal: // and of a device that is taken from the program
		q.blame(ErrRemoved)
	case asyncQPFatal:
		q.end(errLost) // the stream under an iWARP connection has broken, as a rule
		q.cond.Broadcast()
	default:
		q.blame(fmt.Errorf("verbs: %s has failed: %w", q.dev.name, syscall.EIO))
	}
}
