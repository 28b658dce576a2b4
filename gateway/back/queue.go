package back

import (
	"sync"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// Requests wait for credits in the order of their arrival, which holds up nobody
// but who asks. On a connection that clients share no session has more under way
// than what is left to all others: so a lone one has half of the credits, two a
// third each, and one that comes finds some. Who has used up his part is passed
// over; who has nothing under way always gets his turn, however much it costs.

// A waiter is a request that waits. Records are reused.
type waiter struct {
	ready   sync.Cond // on Conn.mu: taken, or something is no more as it was
	session *Session
	price   price
	urgent  bool
	next    *waiter // behind it, or idle

	// When it is in the queue no more.
	taken bool
	id    smb2.MessageID
	asked uint16
}

// A price is what requests cost that go as one message.
type price struct {
	credits  uint16
	requests int
}

// A queue is who waits, and idle records. Under Conn.mu.
type queue struct {
	first  *waiter
	urgent int
	idle   *waiter
}

// queueUp puts a request at the end. Under mu.
func (c *Conn) queueUp(s *Session, cost price, urgent bool) *waiter {
	q := &c.queue
	w := q.idle
	if w == nil {
		w = new(waiter)
		w.ready.L = &c.mu
	} else {
		q.idle = w.next
	}
	w.session, w.price, w.urgent, w.next, w.taken = s, cost, urgent, nil, false
	if urgent {
		q.urgent++
	}
	last := &q.first
	for *last != nil {
		last = &(*last).next
	}
	*last = w
	return w
}

// remove takes out the waiter that at points to.
func (q *queue) remove(at **waiter) {
	w := *at
	*at, w.next = w.next, nil
	if w.urgent {
		q.urgent--
	}
}

// giveUp takes out one that does not wait any more, and has the others look whose
// turn it is. Under mu.
func (c *Conn) giveUp(w *waiter) {
	at := &c.queue.first
	for *at != w {
		at = &(*at).next
	}
	c.queue.remove(at)
	c.free(w)
	c.dispatch()
	c.stir()
}

func (c *Conn) free(w *waiter) {
	w.session, w.next = nil, c.queue.idle
	c.queue.idle = w
}

// dispatch gives credits to those who wait, as far as they go. What is urgent may
// overtake. Under mu.
func (c *Conn) dispatch() {
	short := false
	for at := &c.queue.first; *at != nil; {
		w := *at
		if short && c.queue.urgent == 0 {
			return
		}
		if short && !w.urgent || !c.affords(w.session, w.price) {
			at = &w.next
			continue
		}
		id, asked, ok := c.held.Take(w.price.credits, w.urgent)
		if !ok {
			short = true
			at = &w.next
			continue
		}
		c.queue.remove(at)
		c.spend(w.session, w.price)
		w.id, w.asked, w.taken = id, asked, true
		w.ready.Signal()
	}
}

// isNext says that w would be given the next credits. Under mu.
func (c *Conn) isNext(w *waiter) bool {
	for next := c.queue.first; next != nil; next = next.next {
		if c.affords(next.session, next.price) {
			return next == w
		}
	}
	return false
}

// affords says whether a session may have so much more under way. Under mu.
func (c *Conn) affords(s *Session, cost price) bool {
	most := c.options.Requests
	switch {
	case s.renewing:
		return false
	case !c.options.Shared:
		return true
	case c.flying >= most:
		return false
	case s.flying == 0:
		return true
	}
	return s.flying < most-c.flying && s.spent+uint64(cost.credits) <= c.held.Available()
}

// spend counts what is under way until the server says something to it, and
// settle one call of it out. Under mu.
func (c *Conn) spend(s *Session, cost price) {
	s.spent += uint64(cost.credits)
	s.flying += cost.requests
	c.flying += cost.requests
}

func (c *Conn) settle(k *call) {
	if k.cost == 0 {
		return
	}
	k.session.spent -= uint64(k.cost)
	k.session.flying--
	c.flying--
	k.cost = 0
}

// stir has everybody look again who waits for anything. Under mu.
func (c *Conn) stir() {
	c.changed.Broadcast()
	for w := c.queue.first; w != nil; w = w.next {
		w.ready.Signal()
	}
}

// await waits for credits, for a part of s if there is one. Under mu, which it
// gives up meanwhile.
func (t *Tree) await(cost price, urgent bool, s *split) (id smb2.MessageID, asked uint16, st smb2.Status) {
	c := t.c
	if st := t.ended(s); st != smb2.StatusSuccess {
		return 0, 0, st
	}
	if (c.queue.first == nil || urgent) && c.affords(t.session, cost) {
		if id, asked, ok := c.held.Take(cost.credits, urgent); ok {
			c.spend(t.session, cost)
			return id, asked, smb2.StatusSuccess
		}
	}
	w := c.queueUp(t.session, cost, urgent)
	for tries := 0; !w.taken; {
		c.dispatch()
		if w.taken {
			break
		}
		if st := t.ended(s); st != smb2.StatusSuccess {
			c.giveUp(w)
			return 0, 0, st
		}
		if !c.held.Idle() || !c.isNext(w) {
			w.ready.Wait()
			continue
		}
		if tries++; (tries > growTries || !c.grow()) && !w.taken {
			c.giveUp(w)
			return 0, 0, smb2.StatusInsuffServerResources
		}
	}
	id, asked = w.id, w.asked
	c.free(w)
	return id, asked, smb2.StatusSuccess
}

// ended says why nothing more is sent on a tree, or of a split of it. Under mu.
func (t *Tree) ended(s *split) smb2.Status {
	switch {
	case t.c.cause != nil || t.closing || t.session.gone:
		return smb2.StatusNetworkNameDeleted
	case s != nil && s.cancelled:
		return smb2.StatusCancelled
	case s != nil && s.over:
		return errOver
	}
	return smb2.StatusSuccess
}

// isUrgent says that others may be waiting for what the chain does.
func isUrgent(chain []*tree.Request) bool {
	switch chain[0].Header().Command() {
	case smb2.CommandOplockBreak, smb2.CommandClose:
		return true
	}
	return false
}

// grow asks for more credits by an ECHO, while nothing else is on its way that
// could bring them. Under mu, which it gives up meanwhile.
func (c *Conn) grow() bool {
	c.mu.Unlock()
	defer c.mu.Lock()
	ctx, cancel := bounded()
	defer cancel()
	return c.echo(ctx, askTime) == nil
}
