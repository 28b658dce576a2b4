package smbdirect

import "time"

// deadline is when expired is to be called next, zero for never.
func (c *core) deadline() time.Time {
	d := c.idle
	if !c.stalled.IsZero() && c.o.StallTimeout > 0 {
		d = earlier(d, c.stalled.Add(c.o.StallTimeout))
	}
	if !c.pulling.IsZero() && c.o.StallTimeout > 0 {
		d = earlier(d, c.pulling.Add(c.o.StallTimeout))
	}
	if !c.settled.IsZero() {
		d = earlier(d, c.settled)
	}
	if c.state == stateOpen && c.full() {
		d = earlier(d, c.trickled.Add(trickleInterval))
	}
	return d
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// expired does what is due now; early calls do nothing. An error ends the
// connection.
func (c *core) expired(now time.Time) error {
	if !c.settled.IsZero() && !now.Before(c.settled) {
		c.settled = time.Time{}
	}
	if c.full() && !now.Before(c.trickled.Add(trickleInterval)) {
		c.trickle, c.trickled = true, now
	}
	if d := c.o.StallTimeout; !c.stalled.IsZero() && d > 0 && !now.Before(c.stalled.Add(d)) {
		return &TimeoutError{What: "credits", After: d}
	}
	if d := c.o.StallTimeout; !c.pulling.IsZero() && d > 0 && !now.Before(c.pulling.Add(d)) {
		return &TimeoutError{What: "answer to an RDMA read", After: d}
	}
	if now.Before(c.idle) {
		return nil
	}
	if c.state != stateOpen {
		return c.negotiateTimeout()
	}
	if c.keepalive != keepaliveNone {
		return &TimeoutError{What: "answer to a keepalive", After: c.o.KeepaliveReply, Section: "3.1.6.2"}
	}
	// Armed at once, not when the keepalive has left: one that cannot be sent
	// for want of credits must time out too.
	c.keepalive = keepalivePending
	c.idle = now.Add(c.o.KeepaliveReply)
	return nil
}

func (c *core) negotiateTimeout() error {
	switch {
	case c.state == stateResponding:
		return &TimeoutError{What: "admission", After: c.o.AdmitTimeout}
	case c.server:
		return &TimeoutError{What: "negotiate request", After: c.o.NegotiateTimeout, Section: "3.1.6.1"}
	}
	return &TimeoutError{What: "negotiate response", After: c.o.DialTimeout, Section: "3.1.6.1"}
}
