package iwarp

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// sender is the state of the sending side, guarded by mu.
type sender struct {
	writing bool // somebody builds and writes; nobody else may
	handed  bool // that somebody is the writer goroutine, from now on

	sendMSN, readMSN uint32 // of the next message of each queue
	next             int    // of sends: the first that is not built
	reads            ring[pendingRead]
	serve            ring[response]

	built, sent uint64 // bytes of the stream
	tagged      int    // largest payload of a tagged segment
	untagged    int
	measure     bool   // ask TCP for its segment size
	measured    uint64 // built when it was last asked

	rtr       rtrKind // to be sent before anything else
	cure      bool    // a zero-length RDMA Write is to be sent
	hold      bool    // Sends wait for the end of the peer's stall
	holdUntil time.Time
	firstSend time.Time // when the first Send was built
	cures     int       // sent so far
	firstBy   time.Time // responder: the first frame's time is over
}

// rtrKind is the frame that a peer-to-peer set-up begins with, RFC 6581 9.2.
type rtrKind uint8

const (
	rtrNone rtrKind = iota
	rtrWrite
	rtrRead
)

// A pendingRead is an RDMA Read that has been requested, RFC 5040 5.2.
type pendingRead struct {
	stag  uint32
	to    uint64
	buf   []byte
	off   int
	index uint64 // which work of the stream it belongs to; noWork for an RTR
}

// A response is an RDMA Read of the peer that waits to be served.
type response struct {
	request readRequest // srcTO, sinkTO and size move on as segments are built
	msn     uint32
	region  *region
	off     uint64 // of srcTO in the region
	begun   bool
}

func again(err error) bool { return err == syscall.EAGAIN }

// stop forgets what is not to be sent any more.
func (t *sender) stop() {
	t.rtr, t.cure, t.hold = rtrNone, false, false
	for t.serve.len() > 0 {
		t.serve.pop()
	}
	for t.reads.len() > 0 {
		t.reads.pop()
	}
}

// claim makes the caller the one who writes, if there is something to write
// and nobody does. It then calls raw.Write and release.
func (q *queuePair) claim() bool {
	if q.tx.writing || q.err != nil || !q.transmittable() {
		return false
	}
	q.tx.writing = true
	return true
}

// release ends a claim. What is left goes to the writer.
func (q *queuePair) release() {
	q.mu.Lock()
	more := q.err != nil || q.transmittable()
	if more {
		q.tx.handed = true
	} else {
		q.quiet()
	}
	wake := more || !q.tx.firstSend.IsZero() && !q.heard
	q.unpark()
	q.mu.Unlock()
	if wake {
		q.signal()
	}
}

// quiet ends the writing, and tells Close when there is nothing left to write.
func (q *queuePair) quiet() {
	q.tx.writing = false
	if q.closing != nil && !q.transmittable() && !q.tx.hold {
		q.closeIdle()
	}
}

// kick sends what has become ready: responses, and what a gate held back. A
// long response is the writer's from the start, so that Poll goes on reading.
func (q *queuePair) kick() {
	q.mu.Lock()
	mine := q.claim()
	long := mine && q.canRespond() && q.tx.serve.at(0).request.size >= longResponse
	if long {
		q.tx.handed = true
	}
	q.mu.Unlock()
	switch {
	case long:
		q.signal()
	case mine:
		q.raw.Write(q.tryWriteFn)
		q.release()
	}
}

// transmittable reports whether there is something that may be sent now.
func (q *queuePair) transmittable() bool {
	return q.out.left > 0 || q.tx.rtr != rtrNone || q.canCure() || q.canRespond() || q.canSend()
}

// midWrite and midResponse report a tagged message that is sent in part: no
// other tagged message may begin inside it.
func (q *queuePair) midWrite() bool {
	if q.tx.next >= q.sends.len() {
		return false
	}
	w := q.sends.at(q.tx.next)
	return w.begun && w.Op == rdma.OpWrite
}

func (q *queuePair) midResponse() bool {
	return q.tx.serve.len() > 0 && q.tx.serve.at(0).begun
}

// canCure: the cure never goes into a message (iWARP peers take a tagged
// message in another as an error).
func (q *queuePair) canCure() bool {
	return q.tx.cure && !q.midResponse() && (q.tx.next >= q.sends.len() || !q.sends.at(q.tx.next).begun)
}

func (q *queuePair) canRespond() bool { return q.tx.serve.len() > 0 && !q.midWrite() }

// canSend reports whether the send queue's next entry may go: the responder
// has heard the peer, nothing is held, a tagged message is not in the way, and
// a read is within ORD.
func (q *queuePair) canSend() bool {
	if q.tx.next >= q.sends.len() || q.tx.hold || !q.initiator && !q.heard {
		return false
	}
	switch w := q.sends.at(q.tx.next); w.Op {
	case rdma.OpRead:
		return len(w.Body) == 0 || q.tx.reads.len() < q.ord
	case rdma.OpWrite:
		return !q.midResponse()
	default:
		return true
	}
}

// tryWrite is one attempt: what does not fit the socket is left.
func (q *queuePair) tryWrite(fd handle) bool {
	q.transmit(fd)
	return true
}

// pump writes until nothing is left; raw.Write waits and calls it again when
// the socket is full.
func (q *queuePair) pump(fd handle) bool {
	for {
		progress, blocked := q.transmit(fd)
		if progress {
			q.file.SetWriteDeadline(time.Now().Add(q.provider.writeTimeout()))
		}
		if blocked {
			return false
		}
		q.mu.Lock()
		over, idle := q.err != nil, !q.transmittable()
		q.mu.Unlock()
		if over {
			q.file.SetWriteDeadline(past) // as end did, before it was moved above
		}
		if over || idle {
			return true
		}
	}
}

// transmit builds a batch if there is none and writes what the socket takes.
func (q *queuePair) transmit(fd handle) (progress, blocked bool) {
	q.ioMu.Lock()
	q.mu.Lock()
	var lost *response
	if q.err == nil && q.out.left == 0 {
		lost = q.build(fd)
	}
	live, left := q.err == nil, q.out.left
	q.mu.Unlock()
	var n int
	var err error
	if live && left > 0 {
		n, err = writev(fd, &q.writeVec, q.out.parts[q.out.first:])
	}
	q.mu.Lock()
	q.out.sent(n)
	q.tx.sent += uint64(n)
	if q.out.left == 0 {
		q.out.over(&q.provider.buffers)
	}
	q.unpark()
	q.mu.Unlock()
	q.ioMu.Unlock()
	q.lost(lost)
	if err != nil && !again(err) {
		q.end(fmt.Errorf("iwarp: write: %w", os.NewSyscallError("writev", err)), nil)
		return false, false
	}
	return n > 0, again(err)
}

// lost ends the connection when a region was taken away while the peer reads
// it: the response can neither go on nor be left out.
func (q *queuePair) lost(r *response) {
	if r == nil {
		return
	}
	s := segment{op: opReadRequest, last: true, qn: queueRead, msn: r.msn}
	header := r.request.append(s.append(nil))
	f := &fault{layerRDMAP, 1, 0, quoteRead, "region revoked while the peer reads it"}
	last := appendFPDU(nil, f.appendTerminate(nil, header, len(header)), q.crc)
	q.end(&rdma.ProtocolError{Remote: true, Err: f.err()}, last)
}
