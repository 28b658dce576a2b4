package smbdirect

import (
	"io"
	"net"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// receiver is the receiving half of a Conn: posted buffers, the message being
// reassembled, and what waits for Receive.
type receiver struct {
	buffers     [][]byte // by the ID they are posted with
	idleBuffers []uint32 // not posted
	slab        []byte   // to cut buffers from
	slabs       [][]byte // of Options.Memory
	bufferSize  int      // 0 while the negotiation's is posted

	partial *transports.Message
	filled  int

	token       uint32 // of ours that the peer retired since the last message
	invalidates bool

	inbox fifo[*transports.Message]
}

// postReceives posts what the core misses. The first receive is the
// negotiation's; those of the data phase have exactly the size that the peer
// knows, so that the provider refuses what is longer.
func (c *Conn) postReceives() error {
	n := c.core.missing()
	if n > 0 && c.bufferSize != c.core.maxReceive && c.core.state >= stateResponding {
		c.freeBuffers() // the negotiation's has completed
		c.bufferSize = c.core.maxReceive
	}
	for ; n > 0; n-- {
		id := c.idleBuffer(n)
		if err := c.qp.PostReceive(uint64(id), c.buffers[id]); err != nil {
			c.idleBuffers = append(c.idleBuffers, id)
			return err
		}
		c.core.posted(1)
	}
	return nil
}

// idleBuffer returns the ID of a buffer that is not posted, n of which are
// wanted.
func (c *Conn) idleBuffer(n int) uint32 {
	if last := len(c.idleBuffers) - 1; last >= 0 {
		id := c.idleBuffers[last]
		c.idleBuffers = c.idleBuffers[:last]
		return id
	}
	size := c.bufferSize
	if size == 0 {
		size = max(minNegotiateReceive, c.core.maxReceive)
	}
	if len(c.slab) < size {
		c.newSlab(n * size)
	}
	c.buffers = append(c.buffers, c.slab[:size:size])
	c.slab = c.slab[size:]
	return uint32(len(c.buffers) - 1)
}

func (c *Conn) newSlab(n int) {
	if c.o.Memory == nil {
		c.slab = make([]byte, n)
		return
	}
	c.slab = c.o.Memory.Alloc(n)
	c.slabs = append(c.slabs, c.slab)
}

// freeBuffers gives back all receive buffers, none of which is posted.
func (c *Conn) freeBuffers() {
	for _, s := range c.slabs {
		c.o.Memory.Free(s)
	}
	c.buffers, c.idleBuffers, c.slab, c.slabs = nil, nil, nil, nil
}

// received hands one buffer to the core and copies its payload, the one copy
// of the receive path: the buffer is free for the next message at once.
func (c *Conn) received(cp *rdma.Completion, now time.Time) error {
	id := uint32(cp.ID)
	if cp.Invalidates {
		c.token, c.invalidates = cp.Invalidate, true
	}
	f, err := c.core.received(c.buffers[id][:cp.Len], now)
	if err == nil && f.total > 0 {
		c.store(f, now)
	}
	if c.bufferSize > 0 {
		c.idleBuffers = append(c.idleBuffers, id)
	}
	return err
}

func (c *Conn) store(f fragment, now time.Time) {
	if f.first {
		c.partial, c.filled = c.o.Arena.New(f.total), 0
	}
	m := c.partial
	c.filled += copy(m.Bytes()[c.filled:], f.data)
	if !f.last {
		return
	}
	m.Invalidate, m.Invalidates = c.token, c.invalidates
	c.token, c.invalidates, c.partial = 0, false, nil
	c.core.delivered(m.Len(), now)
	c.inbox.push(m)
	c.changed.Signal()
}

// Receive blocks until the next message is whole. When the connection has
// ended, it first returns what had arrived.
func (c *Conn) Receive() (*transports.Message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.inbox.len() == 0 && c.err == nil && !c.closed {
		c.changed.Wait()
	}
	if c.closed {
		return nil, errClosed
	}
	if c.inbox.len() == 0 {
		return nil, c.receiveError()
	}
	m := c.inbox.pop()
	wasFull := c.core.full()
	c.core.consumed(m.Len())
	if wasFull && !c.core.full() {
		c.step(time.Now())
	}
	return m, nil
}

// receiveError is what the end means to a reader: an orderly one inside of a
// message is none.
func (c *Conn) receiveError() error {
	if c.err == io.EOF && c.core.receiving {
		return io.ErrUnexpectedEOF
	}
	return c.err
}

// drop releases what nobody will receive.
func (c *Conn) drop() {
	for c.inbox.len() > 0 {
		c.inbox.pop().Release()
	}
}

var errClosed error = &closedError{}

// closedError is the answer to calls after Close.
type closedError struct{}

func (*closedError) Error() string { return "smbdirect: " + net.ErrClosed.Error() }
func (*closedError) Unwrap() error { return net.ErrClosed }
