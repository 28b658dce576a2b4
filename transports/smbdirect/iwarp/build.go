package iwarp

import (
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// noWork marks a pendingRead that no work waits for.
const noWork = 1<<64 - 1

// build fills the empty batch: the RTR, the cure, then responses and the send
// queue in turns of burst frames. It is called with ioMu and mu held. It
// returns a response whose region is gone, at which the stream has to end.
func (q *queuePair) build(fd handle) (lost *response) {
	b := &q.out
	b.reset()
	q.measureSegment(fd)
	q.buildSignals()
	for progress := true; progress && lost == nil; {
		progress = false
		for i := 0; i < burst && lost == nil && !b.full() && q.canRespond(); i++ {
			if lost = q.buildResponse(); lost == nil {
				progress = true
			}
		}
		for i := 0; i < burst && lost == nil && !b.full() && q.canSend(); i++ {
			q.buildWork()
			progress = true
		}
	}
	b.seal()
	b.left = b.size
	q.tx.built += uint64(b.size)
	return lost
}

// measureSegment fits the frames to TCP's segments, which change while a
// connection gets going and when its path does.
func (q *queuePair) measureSegment(fd handle) {
	t := &q.tx
	if !t.measure && t.built-t.measured < remeasure {
		return
	}
	t.measure, t.measured = false, t.built
	size := q.provider.MaxFPDU
	if size == 0 {
		size = segmentSize(fd)
	}
	n := mulpdu(size)
	// Multiples of four, so that only a message's last frame has PAD.
	t.tagged = (n - taggedHeader) &^ 3
	t.untagged = (n - untaggedHeader) &^ 3
}

func (q *queuePair) buildSignals() {
	t := &q.tx
	switch t.rtr {
	case rtrWrite:
		q.out.frame(&emptyWrite, nil, nil, nil, q.crc)
	case rtrRead:
		s := segment{op: opReadRequest, last: true, qn: queueRead, msn: t.readMSN}
		t.readMSN++
		q.out.frame(&s, &readRequest{}, nil, nil, q.crc)
		t.reads.push().index = noWork
	}
	t.rtr = rtrNone
	if q.canCure() {
		q.out.frame(&emptyWrite, nil, nil, nil, q.crc)
		t.cure = false
	}
}

// emptyWrite is a zero-length RDMA Write: an RTR, and the cure of siw's stall.
// The STag is not checked by anybody; some hardware dislikes 0.
var emptyWrite = segment{op: opWrite, tagged: true, last: true, stag: 1}

// buildResponse adds one frame of the oldest read response, from the
// registered memory, or from a copy when there is a CRC: the memory may change
// under it.
func (q *queuePair) buildResponse() (lost *response) {
	r := q.tx.serve.at(0)
	n := min(int64(r.request.size), int64(q.tx.tagged))
	var payload []byte
	if n > 0 {
		if r.region.live.Load() != r.request.srcSTag {
			return r
		}
		payload = r.region.mem[r.off : r.off+uint64(n)]
		if q.crc {
			payload = q.out.copyOf(payload, &q.provider.buffers)
		} else {
			q.out.serves = true
		}
	}
	s := segment{op: opReadResponse, tagged: true, stag: r.request.sinkSTag, to: r.request.sinkTO}
	s.last = int64(r.request.size) == n
	q.out.frame(&s, nil, nil, payload, q.crc)
	r.begun = true
	r.off += uint64(n)
	r.request.sinkTO += uint64(n)
	r.request.srcTO += uint64(n)
	r.request.size -= uint32(n)
	if s.last {
		q.tx.serve.pop()
	}
	return nil
}

// buildWork adds one frame of the send queue's next entry.
func (q *queuePair) buildWork() {
	w := q.sends.at(q.tx.next)
	switch w.Op {
	case rdma.OpSend:
		q.buildSend(w)
	case rdma.OpWrite:
		q.buildWrite(w)
	default:
		q.buildRead(w)
	}
	if w.built {
		w.end = q.tx.built + uint64(q.out.size)
		q.tx.next++
	}
}

func (q *queuePair) buildSend(w *work) {
	size := len(w.Head) + len(w.Body)
	n := min(size-w.off, q.tx.untagged)
	s := segment{op: opSend, qn: queueSend, msn: q.tx.sendMSN, mo: uint32(w.off), last: w.off+n == size}
	if w.Invalidates {
		s.op, s.stag = opSendInvalidate, w.Invalidate
	}
	head := cut(w.Head, w.off, n)
	body := cut(w.Body, w.off-len(w.Head), n)
	q.out.frame(&s, nil, head, body, q.crc)
	w.begun, w.built = true, s.last
	w.off += n
	if s.last {
		q.tx.sendMSN++
	}
	if q.initiator && !q.heard && q.tx.firstSend.IsZero() {
		q.tx.firstSend = time.Now()
	}
}

// cut is the part of b between off and off+n, where off may lie outside.
func cut(b []byte, off, n int) []byte {
	low, high := max(off, 0), min(off+n, len(b))
	if low >= high {
		return nil
	}
	return b[low:high]
}

func (q *queuePair) buildWrite(w *work) {
	n := min(len(w.Body)-w.off, q.tx.tagged)
	s := segment{op: opWrite, tagged: true, stag: w.Remote.Token, to: w.Remote.Offset + uint64(w.off), last: w.off+n == len(w.Body)}
	q.out.frame(&s, nil, nil, w.Body[w.off:w.off+n], q.crc)
	w.begun, w.built = true, s.last
	w.off += n
}

// buildRead adds a Read Request with a sink of its own: an STag that is in no
// table, so that nothing but the response can reach the buffer. An empty read
// is complete at once: siw answers one with old bytes of its memory.
func (q *queuePair) buildRead(w *work) {
	w.begun, w.built = true, true
	if len(w.Body) == 0 {
		w.read = true
		return
	}
	p := q.tx.reads.push()
	p.stag, p.to = q.regions.draw()
	p.buf, p.index = w.Body, q.popped+uint64(q.tx.next)
	s := segment{op: opReadRequest, last: true, qn: queueRead, msn: q.tx.readMSN}
	q.tx.readMSN++
	q.out.frame(&s, &readRequest{p.stag, p.to, uint32(len(w.Body)), w.Remote.Token, w.Remote.Offset}, nil, nil, q.crc)
}
