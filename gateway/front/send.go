package front

import (
	"errors"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/transports"
)

// An outgoing message waits for its turn, unprotected as yet: the order of
// sending is the order of the queue.
type outgoing struct {
	m       *transports.Message
	channel *channel   // whose keys; nil for none
	each    []*channel // of a compound: whose keys sign each element, nil for unsigned
	sign    bool
	seal    bool

	push *push // what is placed before m: a READ's payload; nil for nothing
}

// enqueue puts o in the queue. c.mu is held. It says whether the writer has to
// be woken.
func (c *conn) enqueue(o outgoing) (wake bool) {
	if c.dead.Load() || c.lost {
		o.release()
		return false
	}
	c.queue = append(c.queue, o)
	c.queued += int64(o.size())
	return !c.sending
}

func (o *outgoing) size() int {
	if o.push != nil {
		return o.m.Len() + len(o.push.data)
	}
	return o.m.Len()
}

func (o *outgoing) release() {
	o.m.Release()
	if o.push != nil {
		o.push.from.Release()
	}
}

// stir wakes the writer.
func (c *conn) stir() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// write is the writer: it sends what the reader does not send itself.
func (c *conn) write() {
	for {
		select {
		case <-c.wake:
			c.drain()
		case <-c.over:
			c.drain()
			return
		}
	}
}

// open begins a message: what is answered while the reader is at it is sent by
// close.
func (c *conn) open() {
	c.mu.Lock()
	c.chain++
	c.serving = c.chain
	c.mu.Unlock()
}

func (c *conn) close() {
	c.mu.Lock()
	c.serving = 0
	c.mu.Unlock()
	c.drain()
}

// drain sends all that is queued, unless somebody is at it already. The reader
// does it for what was answered while it gave requests away, which saves waking
// the writer; nobody else may wait for a slow client.
func (c *conn) drain() {
	for {
		c.mu.Lock()
		if c.sending || len(c.queue) == 0 {
			c.mu.Unlock()
			return
		}
		c.sending = true
		batch := c.queue
		c.queue = c.batch[:0]
		c.mu.Unlock()
		var sent int64
		for i := range batch {
			sent += int64(batch[i].size())
			c.send(&batch[i])
		}
		clear(batch)
		c.mu.Lock()
		c.batch = batch[:0]
		c.sending = false
		c.queued -= sent
		if c.queued <= maxQueued {
			c.room.Signal()
		}
		c.mu.Unlock()
	}
}

// send protects a message and hands it to the network. It owns o.
func (c *conn) send(o *outgoing) {
	if c.dead.Load() {
		o.release()
		return
	}
	if err := c.protect(o); err != nil {
		c.log.Warn("reply is not sent", "cause", err)
		o.release()
		c.kill()
		return
	}
	n := uint64(o.size()) // before Push: then the record is the transfer's
	if p := o.push; p != nil {
		c.placer.Push(p.to, p.data, p)
	}
	err := c.tc.Send(o.m)
	if err == nil {
		c.tally.out += n
		return
	}
	if _, tooLong := errors.AsType[*transports.MessageSizeError](err); tooLong {
		c.log.Warn("reply is longer than the client takes", "cause", err)
	}
	c.kill()
}

// protect signs and seals: each element by itself, the message as one, [MS-SMB2]
// 3.3.4.1.1, 3.3.4.1.3, 3.3.4.1.4.
func (c *conn) protect(o *outgoing) error {
	if o.seal {
		return o.channel.seal(c.Arena, &o.m)
	}
	if !o.sign && o.each == nil {
		return nil
	}
	if o.each == nil {
		return o.channel.signer.Sign(o.m.Bytes())
	}
	rest := o.m.Bytes()
	for _, s := range o.each {
		element, after, err := smb2.Split(rest)
		if err != nil {
			return err
		}
		if s != nil {
			if err := s.signer.Sign(element); err != nil {
				return err
			}
		}
		rest = after
	}
	return nil
}

// seal seals a message, in place where there is room for the header.
func (s *channel) seal(a *transports.Arena, m **transports.Message) error {
	if (*m).Headroom() < crypt.TransformSize {
		roomy := a.NewWithHeadroom((*m).Len(), transports.Headroom+crypt.TransformSize)
		copy(roomy.Bytes(), (*m).Bytes())
		(*m).Release()
		*m = roomy
	}
	(*m).Prepend(crypt.TransformSize)
	return s.sealer.Seal((*m).Bytes(), s.id)
}
