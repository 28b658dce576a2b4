package smbdirect

import (
	"errors"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// A finish is a caller to be told the end of its transfer, without mu.
type finish struct {
	done transports.Done
	err  error
}

// pump takes completions until the queue pair has no more, then cleans up. It
// is the only goroutine that calls Done of transfers that have begun.
func (c *Conn) pump() {
	defer close(c.pumped)
	batch := make([]rdma.Completion, completionBatch)
	var finished []finish
	for {
		n, err := c.qp.Poll(batch)
		c.mu.Lock()
		if n > 0 {
			now := time.Now()
			for i := range batch[:n] {
				finished = c.complete(&batch[i], now, finished)
			}
			c.step(now)
		}
		if err != nil {
			c.fail(err)
		}
		c.mu.Unlock()
		tell(finished)
		clear(finished)
		finished = finished[:0]
		if err != nil {
			c.cleanup()
			return
		}
	}
}

// complete accounts for one completion. What failed or was flushed stays on
// the books until cleanup: its memory is released only after every region has
// been revoked.
func (c *Conn) complete(cp *rdma.Completion, now time.Time, finished []finish) []finish {
	if cp.Err != nil {
		if !errors.Is(cp.Err, rdma.ErrFlushed) {
			c.fail(&TransferError{Op: cp.Op, Err: cp.Err})
		}
		return finished
	}
	switch cp.Op {
	case rdma.OpReceive:
		if c.err != nil {
			return finished
		}
		if err := c.received(cp, now); err != nil {
			c.fail(err)
		}
	case rdma.OpSend:
		c.sent(uint16(cp.ID))
	case rdma.OpWrite, rdma.OpRead:
		finished = c.transferred(uint32(cp.ID), cp.Op, now, finished)
	}
	return finished
}

// cleanup releases everything that was under way. The queue pair owns nothing
// any more: every entry has completed, and every region is revoked first.
func (c *Conn) cleanup() {
	c.revokeAll()
	c.mu.Lock()
	c.releaseSends()
	if c.partial != nil {
		c.partial.Release()
		c.partial = nil
	}
	finished := c.failTransfers(nil)
	c.mu.Unlock()
	c.freeBuffers() // nobody posts any more
	tell(finished)
	if c.onEnd != nil {
		c.onEnd()
	}
}

func tell(list []finish) {
	for _, f := range list {
		f.done.Done(f.err)
	}
}
