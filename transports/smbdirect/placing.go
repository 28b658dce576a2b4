package smbdirect

import (
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// placing is the part of a Conn that moves data beside the messages: transfers
// of a server, exposures of a client.
type placing struct {
	transfers     []*transfer // by ID
	idleTransfers []uint32
	reads         fifo[*transfer]
	reading       int // reads posted and not completed
	writing       int // writes posted and not completed

	exposures exposureList
}

// A transfer is one Push or Pull. Its record is used again.
type transfer struct {
	id     uint32
	live   bool
	local  []byte
	remote []transports.Descriptor // own copy: the caller's may change
	next   int                     // element to post next
	at     int                     // bytes posted
	open   int                     // elements posted and not completed
	done   transports.Done
}

// Push writes src into the memory of the peer, one RDMA Write for each
// descriptor, in order.
func (c *Conn) Push(to []transports.Descriptor, src []byte, done transports.Done) {
	if err := c.transfer(to, src, done, rdma.OpWrite); err != nil || len(src) == 0 {
		done.Done(err)
	}
}

// Pull reads from the memory of the peer into dst, one RDMA Read for each
// descriptor, in order, no more at a time than the peer accepts.
func (c *Conn) Pull(dst []byte, from []transports.Descriptor, done transports.Done) {
	if err := c.transfer(from, dst, done, rdma.OpRead); err != nil || len(dst) == 0 {
		done.Done(err)
	}
}

// transfer queues a transfer. With an error, or without data, nothing has been
// queued and done has not been called.
func (c *Conn) transfer(list []transports.Descriptor, local []byte, done transports.Done, op rdma.Op) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.server {
		return transports.ErrRole
	}
	n, err := checkDescriptors(list, len(local), c.core.maxReadWrite)
	if err != nil {
		return err
	}
	if err := c.sendError(); err != nil {
		return err
	}
	if len(local) == 0 {
		return nil
	}
	if op == rdma.OpRead && c.ord == 0 {
		return rdma.ErrNoReads
	}
	t := c.newTransfer(list[:n], local, done)
	if op == rdma.OpRead {
		c.reads.push(t)
	} else {
		c.queue.push(outgoing{push: t})
	}
	c.step(time.Now())
	return nil
}

// checkDescriptors makes the checks of a list that is to hold n bytes, and
// returns how many of its elements that takes.
func checkDescriptors(list []transports.Descriptor, n int, maxReadWrite uint32) (int, error) {
	if uint64(n) > uint64(maxReadWrite) {
		return 0, &transports.DescriptorError{Need: uint64(n), Have: uint64(maxReadWrite)}
	}
	if limit := int(maxReadWrite)/descriptorUnit + 1; len(list) > limit {
		return 0, &DescriptorError{Element: len(list), Reason: "more elements than a transfer can need"}
	}
	if err := transports.CheckDescriptors(list, n); err != nil {
		return 0, err
	}
	left := uint64(n)
	for i, d := range list {
		if left == 0 {
			return i, nil
		}
		if d.Length == 0 {
			return 0, &DescriptorError{Element: i, Reason: "no length before the data ends"}
		}
		left -= min(left, uint64(d.Length))
	}
	return len(list), nil
}

func (c *Conn) newTransfer(list []transports.Descriptor, local []byte, done transports.Done) *transfer {
	var t *transfer
	if last := len(c.idleTransfers) - 1; last >= 0 {
		t = c.transfers[c.idleTransfers[last]]
		c.idleTransfers = c.idleTransfers[:last]
	} else {
		t = &transfer{id: uint32(len(c.transfers))}
		c.transfers = append(c.transfers, t)
	}
	t.live, t.local, t.done = true, local, done
	t.remote = append(t.remote[:0], list...)
	t.next, t.at, t.open = 0, 0, 0
	return t
}

func (c *Conn) freeTransfer(t *transfer) {
	t.live, t.local, t.done = false, nil, nil
	c.idleTransfers = append(c.idleTransfers, t.id)
}

// gatherWrites adds writes of t to works and says whether that were the last.
func (c *Conn) gatherWrites(t *transfer) bool {
	for t.next < len(t.remote) {
		if c.writing == maxWrites || len(c.works) == cap(c.works) {
			return false
		}
		c.writing++
		c.works = append(c.works, t.element(rdma.OpWrite))
	}
	return true
}

// postReads posts reads until as many are outstanding as the peer accepts.
func (c *Conn) postReads(now time.Time) error {
	for c.reads.len() > 0 && c.reading < c.ord {
		t := *c.reads.front()
		for t.next < len(t.remote) && c.reading < c.ord && len(c.works) < cap(c.works) {
			if c.reading++; c.reading == 1 {
				c.core.pulling = now
			}
			c.works = append(c.works, t.element(rdma.OpRead))
		}
		if t.next == len(t.remote) {
			c.reads.pop()
		}
		err := c.qp.PostSend(c.works)
		clear(c.works)
		c.works = c.works[:0]
		if err != nil {
			return err
		}
	}
	return nil
}

// element is the next element of t as work, clipped to what is left.
func (t *transfer) element(op rdma.Op) rdma.Work {
	d := t.remote[t.next]
	n := min(len(t.local)-t.at, int(d.Length))
	w := rdma.Work{
		Op:     op,
		ID:     uint64(t.id),
		Body:   t.local[t.at : t.at+n : t.at+n],
		Remote: rdma.Segment{Offset: d.Offset, Token: d.Token, Length: uint32(n)},
	}
	t.next++
	t.at += n
	t.open++
	return w
}

// transferred accounts for an element that is done.
func (c *Conn) transferred(id uint32, op rdma.Op, now time.Time, finished []finish) []finish {
	t := c.transfers[id]
	if op == rdma.OpRead {
		c.core.pulling = now
		if c.reading--; c.reading == 0 {
			c.core.pulling = time.Time{}
		}
	} else {
		c.writing--
	}
	t.open--
	if t.open == 0 && t.next == len(t.remote) {
		finished = append(finished, finish{t.done, nil})
		c.freeTransfer(t)
	}
	return finished
}

// failTransfers ends what has not been transferred.
func (c *Conn) failTransfers(finished []finish) []finish {
	for _, t := range c.transfers {
		if t.live {
			finished = append(finished, finish{t.done, c.sendError()})
			c.freeTransfer(t)
		}
	}
	c.reads = fifo[*transfer]{}
	return finished
}
