package iwarp

import (
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// accept checks the segment in rx against the state of the stream and sets
// dst, before a byte of it is placed: RFC 5040 and 5041, sections 7.
func (q *queuePair) accept() *fault {
	switch q.rx.seg.op {
	case opWrite:
		return q.acceptWrite()
	case opReadResponse:
		return q.acceptResponse()
	case opReadRequest:
		return q.acceptRequest()
	case opTerminate:
		q.rx.tail += q.rx.n // what is beyond the part that is kept
		return nil
	default:
		return q.acceptSend()
	}
}

// follow checks that a segment continues the tagged message in progress. The
// STag and TO of an empty segment are never checked, RFC 5041 5.2.
func (rx *receiver) follow() *fault {
	s, t := &rx.seg, &rx.tagged
	if !t.active {
		return nil
	}
	switch {
	case s.op != t.op:
		return &fault{layerDDP, 0, 0, quoteHeader, "tagged message inside another"}
	case rx.n > 0 && s.stag != t.stag:
		return &fault{layerDDP, 1, 0, quoteHeader, "STag changed inside a message"}
	case rx.n > 0 && s.to != t.next:
		return &fault{layerDDP, 1, 1, quoteHeader, "segments not contiguous"}
	}
	return nil
}

// taggedSegment records a segment that has been accepted.
func (rx *receiver) taggedSegment() {
	s, t := &rx.seg, &rx.tagged
	if !t.active || rx.n > 0 {
		t.stag, t.next = s.stag, s.to+uint64(rx.n)
	}
	t.op, t.active = s.op, !s.last
}

func (q *queuePair) acceptWrite() *fault {
	rx := &q.rx
	if f := rx.follow(); f != nil {
		return f
	}
	if rx.n > 0 {
		q.mu.Lock()
		r, off, no := q.regions.check(rx.seg.stag, rx.seg.to, uint64(rx.n), rdma.RemoteWrite)
		if no == granted {
			rx.region, rx.dst = r, r.mem[off:off+uint64(rx.n)]
		}
		q.mu.Unlock()
		switch no {
		case badSTag, badAccess: // DDP has no code for a missing right
			return &fault{layerDDP, 1, 0, quoteHeader, "invalid STag"}
		case badRange:
			return &fault{layerDDP, 1, 1, quoteHeader, "write outside the region"}
		case badWrap:
			return &fault{layerDDP, 1, 3, quoteHeader, "TO wraps"}
		}
	}
	rx.taggedSegment()
	return nil
}

// acceptResponse checks a Read Response against the oldest read: they carry no
// number, RFC 5040 5.2.
func (q *queuePair) acceptResponse() *fault {
	rx := &q.rx
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.tx.reads.len() == 0 {
		return &fault{layerDDP, 0, 0, quoteHeader, "Read Response without a read"}
	}
	if f := rx.follow(); f != nil {
		return f
	}
	p := q.tx.reads.at(0)
	left := len(p.buf) - p.off
	switch {
	case rx.n > 0 && rx.seg.stag != p.stag:
		return &fault{layerDDP, 1, 0, quoteHeader, "Read Response for another STag"}
	case rx.n > 0 && rx.seg.to != p.to+uint64(p.off):
		return &fault{layerDDP, 1, 1, quoteHeader, "Read Response at the wrong offset"}
	case rx.n > left:
		return &fault{layerDDP, 1, 1, quoteHeader, "Read Response longer than the read"}
	case rx.seg.last && rx.n < left:
		return &fault{layerDDP, 1, 1, quoteHeader, "Read Response shorter than the read"}
	}
	rx.dst = p.buf[p.off : p.off+rx.n]
	rx.taggedSegment()
	return nil
}

func (q *queuePair) acceptSend() *fault {
	rx := &q.rx
	s, m := &rx.seg, &rx.msg
	switch {
	case s.msn != rx.msn[queueSend]:
		return &fault{layerDDP, 2, 3, quoteHeader, "MSN"}
	case m.active && s.op != m.op:
		return &fault{layerRDMAP, 2, 6, quoteHeader, "opcode changed inside a message"}
	case !m.active && s.mo != 0 || m.active && int64(s.mo) != int64(m.n):
		return &fault{layerDDP, 2, 4, quoteHeader, "MO"}
	case rx.n == 0 && !s.last:
		return &fault{layerDDP, 2, 4, quoteHeader, "empty segment inside a message"}
	}
	if !m.active {
		q.mu.Lock()
		posted := q.filled < q.receive.len()
		if posted {
			*m = message{active: true, op: s.op, stag: s.stag, buf: q.receive.at(q.filled).buf}
		}
		q.mu.Unlock()
		if !posted {
			return &fault{layerDDP, 2, 2, quoteHeader, "no receive posted"}
		}
	}
	if rx.n > len(m.buf)-m.n {
		return &fault{layerDDP, 2, 5, quoteHeader, "message longer than the receive"}
	}
	rx.dst = m.buf[m.n : m.n+rx.n]
	return nil
}

func (q *queuePair) acceptRequest() *fault {
	rx := &q.rx
	s := &rx.seg
	switch {
	case s.msn != rx.msn[queueRead]:
		return &fault{layerDDP, 2, 3, quoteHeader, "MSN"}
	case rx.n > 0 || !s.last || s.mo != 0:
		return &fault{layerDDP, 2, 4, quoteHeader, "Read Request of more than one segment"}
	}
	req := parseReadRequest(rx.header[untaggedHeader:])
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.tx.serve.len() >= q.ird {
		return &fault{layerDDP, 2, 2, quoteHeader, "more reads than agreed"}
	}
	if req.size == 0 {
		return nil // names no memory, RFC 5040 5.2
	}
	switch _, _, no := q.regions.check(req.srcSTag, req.srcTO, uint64(req.size), rdma.RemoteRead); no {
	case badSTag:
		return &fault{layerRDMAP, 1, 0, quoteRead, "invalid STag"}
	case badRange:
		return &fault{layerRDMAP, 1, 1, quoteRead, "read outside the region"}
	case badAccess:
		return &fault{layerRDMAP, 1, 2, quoteRead, "no right to read"}
	case badWrap:
		return &fault{layerRDMAP, 1, 4, quoteRead, "TO wraps"}
	}
	return nil
}

// finishFrame acts on a frame that is whole: on a message's last one it
// delivers.
func (q *queuePair) finishFrame() *fault {
	rx := &q.rx
	switch rx.seg.op {
	case opWrite:
		return nil
	case opReadResponse:
		q.finishResponse()
		return nil
	case opReadRequest:
		q.finishRequest()
		return nil
	case opTerminate:
		return q.terminated()
	default:
		rx.msg.n += rx.n
		if rx.seg.last {
			return q.deliver()
		}
		return nil
	}
}

func (q *queuePair) finishResponse() {
	rx := &q.rx
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return // flushed meanwhile
	}
	p := q.tx.reads.at(0)
	p.off += rx.n
	if !rx.seg.last {
		return
	}
	if p.index != noWork {
		q.sends.at(int(p.index - q.popped)).read = true
		rx.produced++
	}
	q.tx.reads.pop()
	rx.kick = true // ORD has room
}

func (q *queuePair) finishRequest() {
	rx := &q.rx
	req := parseReadRequest(rx.header[untaggedHeader:])
	q.mu.Lock()
	defer q.mu.Unlock()
	rx.msn[queueRead]++
	if q.err != nil {
		return
	}
	r := q.tx.serve.push()
	r.request, r.msn = req, rx.seg.msn
	if req.size > 0 {
		// The check was made for this segment; a region that went away since is
		// found out when the response is built.
		if r.region = q.regions.find(req.srcSTag); r.region == nil {
			r.region = &region{}
		} else {
			r.off = req.srcTO - r.region.base
		}
	}
	rx.kick = true
}

// deliver completes a receive. The invalidation comes first: who sees the
// message can rely on it, RFC 5040 5.3.
func (q *queuePair) deliver() *fault {
	rx := &q.rx
	m := &rx.msg
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return nil
	}
	r := q.receive.at(q.filled)
	if m.op.invalidates() {
		// 9 with type 1 for unknown and foreign STags alike: the difference is
		// nothing a peer should learn.
		if !q.regions.known(m.stag) {
			return &fault{layerRDMAP, 1, 9, quoteHeader, "STag cannot be invalidated"}
		}
		if own := q.regions.find(m.stag); own != nil {
			own.live.Store(0)
		}
		r.stag, r.invalidates = m.stag, true
	}
	r.n = m.n
	q.filled++
	rx.msn[queueSend]++
	rx.produced++
	*m = message{}
	return nil
}

// terminated ends the connection at the peer's word. A Terminate is never
// answered with one.
func (q *queuePair) terminated() *fault {
	rx := &q.rx
	e, f := parseTerminate(rx.header[:min(rx.ulpdu, maxTerminate)])
	if f != nil {
		return f
	}
	rx.over = true
	q.end(&rdma.ProtocolError{Err: &e}, nil)
	return nil
}
