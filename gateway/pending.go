package gateway

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/smbgw/smbgw/smb2"
)

// pending holds the requests that were converted and not answered yet, by
// message id, and what they cost. It is shared by the workers of one
// connection.
//
// Message ids are the client's and run upwards, so their low bits spread over
// the buckets; one that does not behave meets chains of at most maxPending.
type pending struct {
	mu      sync.Mutex
	room    sync.Cond // something was given back, or closed
	buckets [pendingBuckets]*part
	parts   int // in buckets
	ops     int // taken, not freed
	bytes   uint64
	pushing uint64 // bytes of transfers to the client that have not ended
	pushes  int    // transfers to the client that have not ended
	closed  bool
	idle    *op // for reuse, linked by sibling
	stall   *time.Timer
	failed  error // the first transfer to the client that failed
}

func (t *pending) init() { t.room.L = &t.mu }

// reserve waits until n more operations of bytes together fit. It is called
// before any of them is started, by one worker, so what it waits for is
// answered without it. It fails with errStalled when that does not happen, and
// with net.ErrClosed once the connection is hung up.
func (t *pending) reserve(n int, bytes uint64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.full(n, bytes) && !t.closed {
		t.wait(n, bytes)
	}
	switch {
	case t.closed:
		return net.ErrClosed
	case t.full(n, bytes):
		return fmt.Errorf("%w: %d requests, %d bytes", errStalled, t.ops, t.bytes)
	}
	t.ops += n
	t.bytes += bytes
	return nil
}

var errStalled = errors.New("nothing is answered for " + stallTime.String())

func (t *pending) full(n int, bytes uint64) bool {
	return t.ops > 0 && (t.ops+n > maxPending || t.bytes+bytes > maxPendingBytes)
}

// wait waits for room, at most stallTime.
func (t *pending) wait(n int, bytes uint64) {
	deadline := time.Now().Add(stallTime)
	if t.stall == nil {
		t.stall = time.AfterFunc(stallTime, t.wake)
	} else {
		t.stall.Reset(stallTime)
	}
	defer t.stall.Stop()
	for t.full(n, bytes) && !t.closed && time.Now().Before(deadline) {
		t.room.Wait()
	}
}

func (t *pending) wake() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.room.Broadcast()
}

// take returns a record for an operation that was reserved.
func (t *pending) take() *op {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := t.idle
	if o == nil {
		return newOp(t)
	}
	t.idle, o.sibling = o.sibling, nil
	return o
}

// free takes a record back with what was reserved for it. The buffers it held
// are released.
func (t *pending) free(o *op) {
	o.release()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ops--
	t.bytes -= uint64(o.reserved)
	o.reset()
	o.sibling, t.idle = t.idle, o
	t.room.Broadcast()
}

// insert publishes the operations of one message. It says false, and inserts
// none, when one of their message ids is in use.
func (t *pending) insert(first *op) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for o := first; o != nil; o = o.sibling {
		for i := range o.parts {
			if p := &o.parts[i]; !t.link(p) {
				t.unlinkUntil(first, p)
				return false
			}
		}
	}
	return true
}

func (t *pending) unlinkUntil(first *op, end *part) {
	for o := first; o != nil; o = o.sibling {
		for i := range o.parts {
			p := &o.parts[i]
			if p == end {
				return
			}
			t.unlink(p.id)
		}
	}
}

func (t *pending) link(p *part) bool {
	if t.at(p.id) != nil {
		return false
	}
	b := &t.buckets[p.id%pendingBuckets]
	p.next, *b = *b, p
	t.parts++
	return true
}

func (t *pending) unlink(id smb2.MessageID) *part {
	for at := &t.buckets[id%pendingBuckets]; *at != nil; at = &(*at).next {
		if p := *at; p.id == id {
			*at, p.next = p.next, nil
			t.parts--
			return p
		}
	}
	return nil
}

// at is the part with this id, or nil.
func (t *pending) at(id smb2.MessageID) *part {
	for p := t.buckets[id%pendingBuckets]; p != nil; p = p.next {
		if p.id == id {
			return p
		}
	}
	return nil
}

// recall takes back an operation of one part that was inserted but never sent.
// It says false when a reply has been faster.
func (t *pending) recall(id smb2.MessageID) *op {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.unlink(id); p != nil {
		return p.op
	}
	return nil
}

// push waits until n bytes more may be on their way to the client.
func (t *pending) push(n uint32) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for !t.closed && t.pushes > 0 && t.pushing+uint64(n) > maxPushBytes {
		t.room.Wait()
	}
	if t.closed {
		return false
	}
	t.pushing += uint64(n)
	t.pushes++
	return true
}

// pushed is the end of such a transfer. The operation is over with it.
func (t *pending) pushed(o *op, err error) {
	n := uint64(o.moved)
	t.mu.Lock()
	t.pushing -= n
	if err != nil && t.failed == nil {
		t.failed = err
	}
	t.mu.Unlock()
	t.free(o)
	t.mu.Lock()
	t.pushes--
	t.room.Broadcast()
	t.mu.Unlock()
}

// failure is why a transfer to the client failed, if one did.
func (t *pending) failure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

// close makes everyone who waits for room go home.
func (t *pending) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	t.room.Broadcast()
}

// sweep frees what was never answered. Both legs are closed and no worker is
// left, so nobody reaches the memory any more; transfers to the client have
// been told their end, or are about to be.
func (t *pending) sweep() {
	for p := t.any(); p != nil; p = t.any() {
		p.revoke()
		if p.op.left--; p.op.left == 0 {
			t.free(p.op)
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.pushes > 0 {
		t.room.Wait()
	}
}

// any takes out some part, nil when there is none.
func (t *pending) any() *part {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.buckets {
		if p != nil {
			return t.unlink(p.id)
		}
	}
	return nil
}
