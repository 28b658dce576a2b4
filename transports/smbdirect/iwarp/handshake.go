package iwarp

import (
	"fmt"
	"io"
	"net"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// readMPA reads one start-up frame from c, whose deadline bounds it. Not a
// byte may follow the frame: nobody may send before the other side's turn, so
// whatever is there would be a frame sent too early (RFC 5044 7.1.2).
// n is how many bytes came in all, also with an error.
func readMPA(c *net.TCPConn, reply bool) (f mpaFrame, n int, err error) {
	buf := make([]byte, mpaHeader+maxPrivateData+1)
	for {
		k, err := c.Read(buf[n:])
		n += k
		if k > 0 {
			f, size, perr := parseMPA(buf[:n], reply)
			if perr != nil {
				return f, n, perr
			}
			if size > 0 && n > size {
				return f, n, &mpaError{"RFC 5044 7.1.2", "bytes behind the start-up frame"}
			}
			if size > 0 {
				return f, n, nil
			}
		}
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return f, n, fmt.Errorf("iwarp: MPA start-up: %w", err)
		}
	}
}

// negotiated is what the two start-up frames agree on.
type negotiated struct {
	crc      bool
	ird, ord int
	rtr      rtrKind
	hold     bool // the peer may be a siw that stalls on our first frame
	peer     rdma.Peer
}

// request is the initiator's frame. A D for the Read RTR needs an ORD of one.
func (p *Provider) request(rev uint8, want rdma.Params) mpaFrame {
	f := mpaFrame{rev: rev, crc: p.RequireCRC, private: want.Private}
	if rev == 2 {
		f.enhanced = true
		f.words = enhancedWords{peerToPeer: true, rtrWrite: true, rtrRead: true, ird: uint16(want.IRD), ord: uint16(max(want.ORD, 1))}
	}
	return f
}

// answer evaluates a responder's reply to our request, RFC 6581 9. A fault is
// one that has to be said in a Terminate.
func answer(req, rep *mpaFrame, want rdma.Params) (n negotiated, f *fault, err error) {
	n = negotiated{crc: req.crc || rep.crc, ird: want.IRD, ord: want.ORD}
	n.peer.Private = append([]byte(nil), rep.private...)
	switch {
	case rep.reject:
		return n, nil, &RefusedError{n.peer.Private}
	case rep.rev != req.rev:
		return n, nil, &mpaError{"RFC 6581 6", fmt.Sprintf("reply of revision %d to a request of %d", rep.rev, req.rev)}
	case rep.markers:
		return n, nil, &mpaError{"RFC 5044 7.1.1", "peer wants markers"}
	case rep.enhanced != req.enhanced || rep.short:
		return n, nil, &mpaError{"RFC 6581 6", "reply without enhanced data"}
	case !rep.enhanced:
		n.hold = true
		return n, nil, nil
	}
	w := rep.words
	n.peer.IRD, n.peer.ORD, n.peer.Negotiated = int(w.ird), int(w.ord), true
	if w.ord > MaxIRD {
		return n, &fault{layerMPA, 0, 6, quoteNothing, fmt.Sprintf("peer's ORD %d is beyond our IRD", w.ord)}, nil
	}
	n.ird = max(want.IRD, int(w.ord))
	n.ord = min(want.ORD, peerIRD(w.ird))
	switch {
	case !w.peerToPeer:
	case w.rtrWrite:
		n.rtr, n.hold = rtrWrite, !w.rtrRead
	case w.rtrRead:
		n.rtr = rtrRead
	default:
		return n, &fault{layerMPA, 0, 7, quoteNothing, "no RTR in common"}, nil
	}
	return n, nil, nil
}

// peerIRD is how many reads a peer takes: one if it does not say.
func peerIRD(field uint16) int {
	if field == notNegotiated {
		return 1
	}
	return int(field)
}

// reply is the responder's answer to a request, and what follows from the two.
func (p *Provider) reply(req *mpaFrame, have rdma.Params) (mpaFrame, negotiated) {
	f := mpaFrame{reply: true, rev: req.rev, crc: req.crc || p.RequireCRC, enhanced: req.enhanced, private: have.Private}
	n := negotiated{crc: f.crc, ird: have.IRD, ord: have.ORD}
	if !req.enhanced {
		return f, n
	}
	in, out := req.words, &f.words
	n.ord = min(n.ord, peerIRD(in.ird))
	if in.ord != notNegotiated {
		n.ird = max(n.ird, min(int(in.ord), MaxIRD))
	}
	if in.peerToPeer {
		out.peerToPeer = true
		out.rtrWrite, out.rtrRead = in.rtrWrite, in.rtrRead
		if !in.rtrWrite && !in.rtrRead {
			out.rtrWrite = true
		}
		if out.rtrRead {
			n.ird = max(n.ird, 1)
		}
	}
	out.ird, out.ord = uint16(n.ird), uint16(n.ord)
	// "Not negotiated" is echoed in the matching field, RFC 6581 9.1.
	if in.ord == notNegotiated {
		out.ird = notNegotiated
	}
	if in.ird == notNegotiated {
		out.ord = notNegotiated
	}
	return f, n
}

// adopt takes over what was negotiated; open follows.
func (q *queuePair) adopt(n negotiated) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.crc, q.ird, q.ord = n.crc, n.ird, n.ord
	if q.initiator {
		q.peer = n.peer
	}
}
