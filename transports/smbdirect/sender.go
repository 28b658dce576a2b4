package smbdirect

import (
	"fmt"
	"io"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// sender is the sending half of a Conn. Messages and pushes leave in the order
// of their calls; reads have a queue of their own and hold up nothing.
type sender struct {
	queue    fifo[outgoing]
	messages int                 // of queue, and current
	current  *transports.Message // the one the core is fragmenting

	slots     []slot
	idleSlots []uint16
	works     []rdma.Work // what the next PostSend takes
}

// outgoing is one of the two.
type outgoing struct {
	message *transports.Message
	push    *transfer
}

// A slot holds the header of a posted send, and with a message's last fragment
// the message.
type slot struct {
	head    [negotiateResponseSize]byte
	message *transports.Message
}

func (s *sender) init(o *Options) {
	n := o.sendSlots()
	s.slots = make([]slot, n)
	s.idleSlots = make([]uint16, n)
	for i := range s.idleSlots {
		s.idleSlots[i] = uint16(n - 1 - i)
	}
	s.works = make([]rdma.Work, 0, workBatch)
}

// Send queues m behind what is queued, and returns when everything before it
// has been posted: a peer that grants no credits, or a full queue pair, blocks
// the next Send.
func (c *Conn) Send(m *transports.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.sendError() // which explains more than a length that does not fit
	if err == nil {
		err = c.core.fits(m.Len())
	}
	for err == nil && c.messages > 0 && c.err == nil && !c.closed {
		c.writable.Wait()
	}
	if err == nil {
		err = c.sendError()
	}
	if err != nil {
		m.Release()
		return err
	}
	c.messages++
	c.queue.push(outgoing{message: m})
	c.step(time.Now())
	return nil
}

// sendError is what the end means to a writer: the peer's orderly one is a
// failure here.
func (c *Conn) sendError() error {
	switch {
	case c.closed:
		return errClosed
	case c.err == io.EOF:
		return fmt.Errorf("smbdirect: the peer has closed: %w", io.ErrClosedPipe)
	}
	return c.err
}

// postSends posts everything that may leave, in batches.
func (c *Conn) postSends(now time.Time) error {
	for {
		more := c.gather(now)
		if len(c.works) == 0 {
			return nil
		}
		err := c.qp.PostSend(c.works)
		clear(c.works)
		c.works = c.works[:0]
		if err != nil || !more {
			return err
		}
	}
}

// gather fills works and says whether there is more than fits.
func (c *Conn) gather(now time.Time) bool {
	for len(c.works) < cap(c.works) {
		c.load()
		if c.queue.len() > 0 && c.current == nil && c.queue.front().push != nil {
			if c.gatherWrites(c.queue.front().push) {
				c.queue.pop()
				continue
			}
			// No entry for its next write is free, or works is full. What
			// stands behind it waits; the core's own messages need not.
		}
		if len(c.works) == cap(c.works) {
			return true
		}
		if !c.gatherFrame(now) {
			return false
		}
	}
	return true
}

// load gives the core the next message when it has none.
func (c *Conn) load() {
	if c.current != nil || c.queue.len() == 0 || c.queue.front().message == nil {
		return
	}
	c.current = c.queue.pop().message
	c.core.offer(c.current.Len())
}

// gatherFrame adds the core's next message to works.
func (c *Conn) gatherFrame(now time.Time) bool {
	last := len(c.idleSlots) - 1
	if last < 0 {
		return false
	}
	id := c.idleSlots[last]
	s := &c.slots[id]
	f, ok := c.core.next(s.head[:], now)
	if !ok {
		return false
	}
	c.idleSlots = c.idleSlots[:last]
	w := rdma.Work{Op: rdma.OpSend, ID: uint64(id), Head: f.head}
	if f.to > f.from {
		w.Body = c.current.Bytes()[f.from:f.to]
	}
	if f.first && c.current.Invalidates {
		w.Invalidate, w.Invalidates = c.current.Invalidate, true
	}
	if f.last {
		s.message, c.current = c.current, nil
		c.messages--
		c.writable.Broadcast()
	}
	c.works = append(c.works, w)
	return true
}

// sent takes back a slot.
func (c *Conn) sent(id uint16) {
	s := &c.slots[id]
	if s.message != nil {
		s.message.Release()
		s.message = nil
	}
	c.idleSlots = append(c.idleSlots, id)
	c.core.sent()
}

// releaseSends releases what did not leave.
func (c *Conn) releaseSends() {
	for i := range c.slots {
		if m := c.slots[i].message; m != nil {
			m.Release()
			c.slots[i].message = nil
		}
	}
	if c.current != nil {
		c.current.Release()
		c.current = nil
	}
	for c.queue.len() > 0 {
		if m := c.queue.pop().message; m != nil {
			m.Release()
		}
	}
	c.messages = 0
	c.wake()
}
