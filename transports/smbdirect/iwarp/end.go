package iwarp

import (
	"errors"
	"net"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// fail ends the connection because the peer broke a rule. header is the front
// of the segment at fault and n its ULPDU's length: what a Terminate quotes.
func (q *queuePair) fail(f *fault, header []byte, n int) {
	q.mu.Lock()
	// A responder sends no frame before it has seen a valid one, RFC 5044 7.1.2
	// rule 4: then a mistake of MPA's has no other answer than a close.
	silent := f.layer == layerNone || f.layer == layerMPA && !q.initiator && !q.heard
	q.mu.Unlock()
	var last []byte
	if !silent {
		last = appendFPDU(nil, f.appendTerminate(nil, header, n), q.crc)
	}
	q.end(&rdma.ProtocolError{Remote: true, Err: f.err()}, last)
}

// end ends the connection, once: the first reason stays. The peer's access to
// all regions is revoked, everything posted is flushed, a frame that was sent
// in part is completed from a copy, and last, a Terminate or nothing, follows
// it. When end returns nothing but the writer's teardown touches the socket,
// and it touches no memory of others.
func (q *queuePair) end(err error, last []byte) {
	q.ioMu.Lock()
	q.mu.Lock()
	if q.err != nil {
		q.mu.Unlock()
		q.ioMu.Unlock()
		return
	}
	q.err = err
	q.regions.revoke()
	q.out.finish(last)
	q.out.over(&q.provider.buffers)
	q.tx.stop()
	opened, conn := q.opened, q.conn
	q.conn = nil
	q.unpark()
	if q.closing != nil {
		q.closeIdle()
	}
	if opened {
		q.file.SetWriteDeadline(past) // the writer may wait for a peer that takes nothing
	} else {
		close(q.ready)
	}
	q.mu.Unlock()
	q.ioMu.Unlock()
	if !opened {
		if conn != nil {
			conn.Close()
		}
		close(q.done)
		return
	}
	q.signal()
}

// closeIdle tells Close that what it waited for has been sent.
func (q *queuePair) closeIdle() {
	select {
	case <-q.closing:
	default:
		close(q.closing)
	}
}

// Close ends the connection: it waits, at most the provider's CloseTimeout,
// until what is queued has been handed to TCP, and as long again for the
// peer's FIN. Before Establish it refuses the peer, or just goes.
func (q *queuePair) Close() error {
	q.mu.Lock()
	if settled := q.settled; settled != nil {
		cancel := q.cancel
		q.mu.Unlock()
		cancel(net.ErrClosed) // Establish, if it still runs
		<-settled
		q.mu.Lock()
	}
	if !q.opened && q.err == nil {
		conn := q.conn
		q.conn = nil
		q.mu.Unlock()
		if conn != nil {
			q.reject(conn)
		}
		q.end(net.ErrClosed, nil)
		<-q.done
		return nil
	}
	first := q.closing == nil && q.err == nil
	if first {
		q.closing = make(chan struct{})
		if !q.tx.writing {
			q.quiet()
		}
	}
	idle := q.closing
	q.mu.Unlock()
	if first {
		timer := time.NewTimer(q.provider.closeTimeout())
		select {
		case <-idle:
		case <-timer.C:
		}
		timer.Stop()
		q.end(net.ErrClosed, nil)
	}
	<-q.done
	q.awaitPlacing()
	return nil
}

// awaitPlacing returns when the copy that Poll had begun is over. Later ones
// find their region gone.
func (q *queuePair) awaitPlacing() {
	q.placeMu.Lock()
	defer q.placeMu.Unlock()
}

var errAborted = errors.New("iwarp: aborted")

// Abort ends the connection with a reset, without sending what is queued. It
// does not wait: Close does.
func (q *queuePair) Abort() {
	q.mu.Lock()
	q.rst = true
	q.mu.Unlock()
	q.end(errAborted, nil)
}

// teardown is the writer's last act: send what end left, then FIN, then read
// until the peer's FIN, so that input nobody reads does not turn our last
// words into a reset (RFC 5040 6.2.1).
func (q *queuePair) teardown() {
	q.mu.Lock()
	rst, eof := q.rst, q.eof
	q.mu.Unlock()
	deadline := time.Now().Add(q.provider.closeTimeout())
	if !rst {
		q.file.SetWriteDeadline(deadline)
		q.raw.Write(q.flush)
		q.raw.Control(finish)
	} else {
		q.raw.Control(reset)
	}
	q.interrupt()
	q.rdMu.Lock() // Poll has left the socket, and does not come back
	if !rst && !eof {
		q.drain(deadline)
	}
	q.rx.letGo(q.provider)
	q.rdMu.Unlock()
	q.file.Close()
	q.provider.open.Add(-1)
	close(q.done)
}

// flush writes what end left.
func (q *queuePair) flush(fd handle) bool {
	q.ioMu.Lock()
	defer q.ioMu.Unlock()
	for q.out.left > 0 {
		n, err := writev(fd, &q.writeVec, q.out.parts[q.out.first:])
		if err != nil {
			return !again(err)
		}
		q.out.sent(n)
	}
	return true
}

// drain reads and forgets until the peer's FIN.
func (q *queuePair) drain(deadline time.Time) {
	if q.file.SetReadDeadline(deadline) != nil {
		return
	}
	buf := q.provider.buffers.get()
	defer q.provider.buffers.put(buf)
	for {
		if _, err := q.file.Read(*buf); err != nil {
			return
		}
	}
}
