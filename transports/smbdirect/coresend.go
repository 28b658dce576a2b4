package smbdirect

import "time"

// A frame is a message to post: a header, and bytes [from, to) of the upper
// layer message that was offered.
type frame struct {
	head        []byte
	from, to    int
	first, last bool // of the upper layer message; both false without payload
}

// next writes the next message's header into head, which has room for a
// negotiate response, or says that there is nothing to send now.
func (c *core) next(head []byte, now time.Time) (frame, bool) {
	if c.state != stateOpen {
		return c.nextNegotiate(head, now)
	}
	payload := c.sending > 0
	if c.out.slots == 0 {
		if payload && c.stalled.IsZero() {
			c.stalled = now
		}
		return frame{}, false
	}
	grant := c.grant()
	if !payload && !c.respond && c.keepalive != keepalivePending && !c.grantDue(grant) {
		c.stalled = time.Time{}
		return frame{}, false
	}
	if c.held() {
		return frame{}, false
	}
	grant, ok := c.spend(grant, payload)
	if !ok {
		if payload && c.stalled.IsZero() {
			c.stalled = now
		}
		return frame{}, false
	}
	return c.compose(head, grant, now), true
}

// spend says whether a message may go with this grant, and what it grants in
// the end. The last credit goes only to a message that grants something, or
// both sides could end with none, [MS-SMBD] 3.1.5.1. When the peer has all it
// asked for, it gets one more: 3.1.5.9 posts at least one receive in that case.
//
// A peer that asks for a single credit gets two with a message without payload:
// sending its own would leave it with none, which would have to be answered,
// for ever. As that uses up the one credit over its target, the last-credit
// rule has a second one, or it could not go on.
func (c *core) spend(grant int, payload bool) (int, bool) {
	switch {
	case c.flooded():
	case c.out.available == 1 && grant == 0:
		grant = c.in.extra(0, 2)
	case !payload && c.in.goal() == 1:
		grant += c.in.extra(grant, 1)
	}
	return grant, c.out.available > 1 || c.out.available == 1 && grant > 0
}

// compose writes a data transfer message and accounts for it.
func (c *core) compose(head []byte, grant int, now time.Time) frame {
	d := DataTransfer{CreditsRequested: uint16(c.o.Credits), CreditsGranted: uint16(grant)}
	f := frame{}
	if c.sending > 0 {
		n := min(c.sending-c.sendAt, c.maxSend-headerSize)
		f.from, f.to = c.sendAt, c.sendAt+n
		f.first, f.last = f.from == 0, f.to == c.sending
		d.DataOffset, d.DataLength = headerSize, uint32(n)
		d.RemainingDataLength = uint32(c.sending - f.to)
		c.sendAt = f.to
		if f.last {
			c.sending = 0
		}
	}
	if c.keepalive == keepalivePending {
		d.Flags |= FlagResponseRequested
		c.keepalive = keepaliveSent
		c.idle = now.Add(c.o.KeepaliveReply)
	}
	f.head, _ = d.AppendBinary(head[:0])
	c.out.available--
	c.out.slots--
	c.in.granted += grant
	c.respond, c.stalled = false, time.Time{}
	c.news = c.news && grant == 0
	c.trickle = c.trickle && grant == 0
	return f
}

// held keeps half of a client's first credits back until the server has sent
// something: a grant for what arrives too early may never come.
func (c *core) held() bool {
	return !c.settled.IsZero() && c.firstGrant-c.out.available >= max(1, c.firstGrant/2)
}

// grant is what the next message grants. While the upper layer is behind that
// is nothing, except that a peer without credits gets some at long intervals,
// and at once when one side wants to know whether the other is alive.
func (c *core) grant() int {
	if !c.full() {
		return c.in.grantable()
	}
	if c.in.granted > 1 || c.flooded() {
		return 0
	}
	if c.trickle || c.respond || c.keepalive == keepalivePending {
		return min(c.in.grantable(), 2-c.in.granted) // two: one of them is the last credit
	}
	return 0
}

// grantDue says that a grant is worth a message of its own: a quarter of the
// credits is back, or the peer is down to a quarter. A credit that only came
// back with a message without payload is not, unless the peer has no more:
// two idle peers would thank each other for ever.
func (c *core) grantDue(grant int) bool {
	if grant == 0 {
		return false
	}
	if !c.server && c.in.granted == 0 && !c.settled.IsZero() {
		// The client's first grant goes with its first request, which is
		// about to come; if not, when things have settled.
		return false
	}
	return c.in.scarce() || c.news && grant >= max(1, c.in.goal()/4)
}
