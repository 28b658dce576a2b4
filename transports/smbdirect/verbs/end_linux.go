//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"time"
	"unsafe"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// end begins the end of the connection. The first reason stays, unless it is
// none. It is called with the mutex held.
func (q *queuePair) end(err error) {
	if q.err != nil {
		if q.err == errLost && err != errLost {
			q.err = err
		}
		return
	}
	q.err = err
	q.stopped = err != errClosed
	close(q.ending)
	q.cond.Broadcast()
	go q.teardown()
}

// Close ends the connection and waits until nothing of it is left but what
// Poll has to give. See rdma.QueuePair.
func (q *queuePair) Close() error {
	q.mu.Lock()
	q.end(errClosed)
	q.mu.Unlock()
	<-q.torn
	return nil
}

// teardown takes the connection down: rest sent, disconnected, flushed, and
// then the objects in the order in which they depend on each other.
func (q *queuePair) teardown() {
	defer close(q.torn)
	q.setup.Lock() // Establish has seen the end and returned
	defer q.setup.Unlock()

	q.mu.Lock()
	q.sendRest()
	q.stopped = true
	id, connected := q.id, q.connected
	q.mu.Unlock()
	switch {
	case id == 0:
	case connected:
		_ = q.l.status(q.l.disconnect, uintptr(id))
	case q.responder:
		_ = q.l.status(q.l.reject, uintptr(id), 0, 0)
	}

	q.mu.Lock()
	q.drain()
	q.releaseAll() // a window that is bound keeps its queue pair
	q.destroyQP()
	for q.first < q.last {
		q.complete(q.entry(q.first), rdma.ErrFlushed)
	}
	for q.firstRecv < q.nextRecv {
		q.flushReceive()
	}
	q.state = stateEnded
	q.cond.Broadcast()
	q.kick()
	for q.waiting {
		q.cond.Wait()
	}
	cq, block := q.completionQueue, q.wire
	q.completionQueue, q.wire = completionQueue{}, wire{}
	dev, pd, ch := q.dev, q.pd, q.ch
	q.mu.Unlock()

	cq.destroy() // waits until onAsync, which takes the mutex, has seen its events
	block.free()
	if pd != nil {
		dev.disown(pd)
	}
	if dev != nil {
		dev.release()
	}
	if id != 0 {
		ch.destroy(id)
	}
	q.p.open.Add(-1)
}

// sendRest waits until what was posted before Close has been taken.
func (q *queuePair) sendRest() {
	if q.err != errClosed || q.state != stateEstablished {
		return
	}
	q.pause(closeTimeout, func() bool { return q.works == 0 || !q.heard || q.told })
}

// drain waits for the flushed work, and for the reason of the end when that is
// not known yet.
func (q *queuePair) drain() {
	if q.qp == 0 {
		return
	}
	flushed := func() bool { return q.first == q.posted && q.firstRecv == q.postedRecv }
	q.pause(drainTimeout, flushed)
	if !flushed() { // the device has not noticed: say it more clearly
		_ = q.l.status(q.l.modifyQP, uintptr(q.qp), uintptr(unsafe.Pointer(&qpAttr{state: stateError})), attrState)
		if q.err != ErrRemoved { // a device that is gone flushes nothing, and its driver waits for us
			q.pause(drainTimeout, flushed)
		}
	}
	switch {
	case q.err == errLost:
		q.pause(reasonTimeout, func() bool { return q.told })
	case q.err == errEOF && q.dev.kind != IWARP:
		q.pause(goodbyeTimeout, func() bool { return q.err != errEOF })
	}
}

// pause takes completions until done, or for that long.
func (q *queuePair) pause(limit time.Duration, done func() bool) {
	wait := 20 * time.Microsecond
	for end := time.Now().Add(limit); ; wait = min(2*wait, 5*time.Millisecond) {
		q.reap()
		if done() || time.Now().After(end) {
			return
		}
		q.mu.Unlock()
		time.Sleep(wait)
		q.mu.Lock()
	}
}

// destroyQP ends the device's access to all that was posted. What it has
// completed before is taken.
func (q *queuePair) destroyQP() {
	if q.qp == 0 {
		return
	}
	q.dev.leave(q.qp)
	q.mu.Unlock()
	q.ch.reading.Lock()
	_ = q.l.status(q.l.destroyQP, uintptr(q.id))
	q.ch.reading.Unlock()
	q.mu.Lock()
	q.reap()
}

func (q *queuePair) hasCQ(cq pointer) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.cq == cq
}
