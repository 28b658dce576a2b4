//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"fmt"
	"syscall"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// receiveQueue holds the posted receives, in order: the device fills them so.
type receiveQueue struct {
	receives   []receive // ring
	firstRecv  uint64    // the oldest that is not complete
	postedRecv uint64    // the next to go to the device
	nextRecv   uint64
}

type receive struct {
	id     uint64
	buf    []byte
	bounce []byte // mapped memory instead of buf, when buf is not
	mr     pointer
}

func (r *receiveQueue) init(depth int) { r.receives = make([]receive, depth) }

func (r *receiveQueue) at(n uint64) *receive { return &r.receives[n%uint64(len(r.receives))] }

// PostReceive adds a receive. Before Establish it waits for the device.
func (q *queuePair) PostReceive(id uint64, buf []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return fmt.Errorf("verbs: post receive: %w", q.err)
	}
	if q.nextRecv-q.firstRecv == uint64(len(q.receives)) {
		return fmt.Errorf("verbs: post receive: %w", rdma.ErrFull)
	}
	*q.receiveQueue.at(q.nextRecv) = receive{id: id, buf: buf}
	q.nextRecv++
	if q.state == stateNew {
		return nil
	}
	if err := q.fillReceives(); err != nil {
		q.nextRecv--
		return err
	}
	return nil
}

// fillReceives gives the device what it does not have.
func (q *queuePair) fillReceives() error {
	for q.postedRecv < q.nextRecv {
		if err := q.postOne(q.receiveQueue.at(q.postedRecv), q.postedRecv); err != nil {
			return fmt.Errorf("verbs: post receive: %w", err)
		}
		q.postedRecv++
	}
	return nil
}

func (q *queuePair) postOne(r *receive, n uint64) error {
	buf := r.buf
	mr, err := q.pd.chunk(buf)
	if err != nil {
		return err
	}
	if mr == 0 {
		r.bounce = q.memory.Alloc(max(len(buf), 1))
		buf = r.bounce[:len(buf)]
		if mr, err = q.pd.chunk(r.bounce); err == nil && mr == 0 {
			mr, err = q.pd.register(r.bounce, accessLocalWrite)
			r.mr = mr
		}
		if err != nil {
			q.unbounce(r)
			return err
		}
	}
	q.recv.id = n | receiveBit
	*q.recvSG = sge{addr: address(buf), length: uint32(len(buf)), lkey: at[memoryRegion](mr).lkey}
	if res := call(uintptr(q.dev.ops.receive), q.receiveArgs[:]); res != 0 {
		q.unbounce(r)
		return syscall.Errno(res)
	}
	return nil
}

func (q *queuePair) unbounce(r *receive) {
	if r.mr != 0 {
		q.pd.deregister(r.mr)
	}
	if r.bounce != nil {
		q.memory.Free(r.bounce)
	}
	r.bounce, r.mr = nil, 0
}

// received completes the oldest receive.
func (q *queuePair) received(wc *completion) {
	r := q.receiveQueue.at(q.firstRecv)
	c := rdma.Completion{Op: rdma.OpReceive, ID: r.id, Len: int(wc.length)}
	if c.Len > len(r.buf) { // no device does that
		q.end(fmt.Errorf("verbs: the device received %d bytes into %d", c.Len, len(r.buf)))
		return
	}
	if r.bounce != nil {
		copy(r.buf, r.bounce[:c.Len])
		q.unbounce(r)
	}
	if g := q.retiredBy(wc); g != nil {
		c.Invalidate, c.Invalidates = g.segment.Token, true
		g.invalidated()
	}
	r.buf = nil
	q.firstRecv++
	q.done.add(c)
	if !q.heard {
		q.heard = true
		q.push()
	}
}

// retiredBy is the region that the peer has invalidated with a message. rxe
// says so with the bit that the kernel has for it, not with the library's.
func (q *queuePair) retiredBy(wc *completion) *region {
	if wc.flags&wcWithInv == 0 && (wc.flags&rxeWithInv == 0 || !q.dev.isRXE()) {
		return nil
	}
	return q.regions[wc.invalidated]
}
