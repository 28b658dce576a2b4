package iwarp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

var errOnce = errors.New("iwarp: a queue pair is established once")

// Establish connects and exchanges the start-up frames, or answers the peer's.
// An initiator falls back to revision 1 once, when the peer goes away or
// answers with it. It ends by itself after the provider's timeouts.
func (q *queuePair) Establish(ctx context.Context, want rdma.Params) error {
	if err := checkParams(want); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	settled := make(chan struct{})
	q.mu.Lock()
	if q.settled != nil || q.err != nil {
		err := errors.Join(q.err, errOnce)
		q.mu.Unlock()
		return err
	}
	q.settled, q.cancel = settled, cancel
	q.mu.Unlock()
	defer close(settled)

	err := q.establish(ctx, want)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = fmt.Errorf("iwarp: establish: %w", cause)
		}
		q.end(err, nil)
	}
	return err
}

func (q *queuePair) establish(ctx context.Context, want rdma.Params) error {
	if !q.initiator {
		return q.accepted(ctx, want)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, q.provider.replyTimeout(), errReplyTimeout)
	defer cancel()
	if !q.provider.Rev1 {
		old, err := q.connect(ctx, want, 2)
		if !old {
			return err
		}
	}
	_, err := q.connect(ctx, want, 1)
	return err
}

var errReplyTimeout = fmt.Errorf("iwarp: no MPA reply in time: %w", context.DeadlineExceeded)

// connect makes one attempt. old says that the peer seems to know revision 1
// only: it went away without a byte, or answered with it (RFC 6581 10).
func (q *queuePair) connect(ctx context.Context, want rdma.Params, rev uint8) (old bool, err error) {
	var d net.Dialer
	nc, err := d.DialContext(ctx, "tcp", q.address)
	if err != nil {
		return false, fmt.Errorf("iwarp: %w", cause(ctx, err))
	}
	c := nc.(*net.TCPConn)
	stop := context.AfterFunc(ctx, func() { c.SetDeadline(past) })
	req := q.provider.request(rev, want)
	rep, got, err := exchange(c, &req)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		c.Close()
		return rev == 2 && got == 0 && ctx.Err() == nil && gone(err), cause(ctx, err)
	}
	n, f, err := answer(&req, &rep, want)
	if err != nil {
		c.Close()
		return rev == 2 && rep.rev == 1 && !rep.reject, err
	}
	if f != nil {
		last := appendFPDU(nil, f.appendTerminate(nil, nil, 0), n.crc)
		farewell(c, last, q.provider.closeTimeout())
		return false, &rdma.ProtocolError{Remote: true, Err: f.err()}
	}
	q.adopt(n)
	q.mu.Lock()
	q.tx.rtr = n.rtr
	if n.hold {
		q.tx.hold, q.tx.holdUntil = true, time.Now().Add(or(q.provider.stallHold, stallHold))
	}
	q.mu.Unlock()
	if err := q.open(c); err != nil {
		return false, err
	}
	q.kick()
	q.signal() // for the timer of the hold
	return false, nil
}

// exchange sends the request, in one write, and reads the reply.
func exchange(c *net.TCPConn, req *mpaFrame) (rep mpaFrame, got int, err error) {
	if _, err := c.Write(req.append(nil)); err != nil {
		return rep, 0, fmt.Errorf("iwarp: MPA request: %w", err)
	}
	return readMPA(c, true)
}

// gone reports that the peer closed or reset.
func gone(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE) || wasReset(err)
}

// Windows has its own numbers for a reset, which package syscall does not
// translate. No other system's reach that far.
const (
	wsaConnAborted = syscall.Errno(10053)
	wsaConnReset   = syscall.Errno(10054)
)

func wasReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, wsaConnReset) || errors.Is(err, wsaConnAborted)
}

// cause is the context's reason when it is what ended an operation.
func cause(ctx context.Context, err error) error {
	if c := context.Cause(ctx); c != nil {
		return c
	}
	return err
}

// farewell sends a peer our last word, FIN, and waits for its own, so that the
// word is not lost to a reset.
func farewell(c *net.TCPConn, last []byte, wait time.Duration) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(wait))
	if _, err := c.Write(last); err != nil {
		return
	}
	c.CloseWrite()
	io.Copy(io.Discard, c)
}
