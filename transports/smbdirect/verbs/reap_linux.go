//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"errors"
	"fmt"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// reap takes what the device has completed, into the books.
func (q *queuePair) reap() {
	for {
		n := q.poll()
		if n < 0 {
			q.end(errors.New("verbs: the completion queue has failed"))
			return
		}
		for i := range n {
			q.account(&q.wcs[i])
		}
		if n > 0 {
			q.push()
		}
		if n < reapBatch {
			return
		}
	}
}

// account books one completion. Of one that failed, only the ID and the status
// mean something, ibv_poll_cq(3).
func (q *queuePair) account(wc *completion) {
	n := wc.id &^ receiveBit
	if wc.id&receiveBit == 0 {
		switch {
		case n < q.first || n >= q.posted: // another part of one that has failed
		case wc.status == statusSuccess:
			q.sent(n)
		default:
			q.unsent(n)
			q.failed(wc.status, q.entry(n).op)
			q.used -= q.entry(n).parts
			q.complete(q.entry(n), rdma.ErrFlushed)
		}
		return
	}
	switch {
	case n != q.firstRecv: // receives complete in order, or not at all
		q.end(fmt.Errorf("verbs: receive %d completed before receive %d", n, q.firstRecv))
	case wc.status == statusSuccess:
		q.received(wc)
	default:
		if wc.status == statusFlushed {
			q.end(errLost)
		} else { // devices do not agree on how they call it
			q.blame(&rdma.ProtocolError{Remote: true, Err: fmt.Errorf("a send that does not fit its receive (status %d)", wc.status)})
		}
		q.flushReceive()
	}
}

// flushReceive ends the oldest receive without a message.
func (q *queuePair) flushReceive() {
	r := q.receiveQueue.at(q.firstRecv)
	q.unbounce(r)
	r.buf = nil
	q.firstRecv++
	q.done.add(rdma.Completion{Op: rdma.OpReceive, ID: r.id, Err: rdma.ErrFlushed})
}

// failed ends the connection with what a completion's status says.
func (q *queuePair) failed(status uint32, op uint32) {
	if status == statusQPOp && q.dev.kind == IWARP {
		status = statusFlushed // the stream under it has broken
	}
	switch status {
	case statusFlushed:
		q.end(errLost) // why is told otherwise
	case statusRemAccess:
		q.blame(&rdma.ProtocolError{Err: errors.New("access to memory that is not exposed to us")})
	case statusRemInvalid:
		q.blame(&rdma.ProtocolError{Err: errors.New("a request that the peer's device refuses")})
	case statusRemOp:
		q.blame(&rdma.ProtocolError{Err: errors.New("a request that the peer's device could not carry out")})
	case statusRNR:
		q.blame(&rdma.ProtocolError{Err: errors.New("a send without a posted receive")})
	case statusRetry:
		q.blame(errSilent)
	default:
		q.blame(&StatusError{Device: q.dev.name, Status: status, Op: op})
	}
}

// blame ends the connection for a reason that explains what else is heard. A
// device that is gone explains everything.
func (q *queuePair) blame(err error) {
	if q.err == errLost || q.err == errEOF || q.err != nil && q.err != errClosed && err == ErrRemoved {
		q.err = err
		q.told = true
	}
	q.end(err)
	q.cond.Broadcast()
}
