package front

import "github.com/smbgw/smbgw/smb2"

// cancel passes a CANCEL on, [MS-SMB2] 3.3.5.16. There is no answer, and one
// that is not the client's own does nothing. It owns r.
func (c *conn) cancel(r *request, at *place) {
	defer c.skip(r)
	h := r.header()
	id := h.SessionID()
	if h.Has(smb2.FlagRelated) && at.channel != nil {
		id = at.channel.id
	}
	s := c.channel(id)
	if s == nil || !s.up || r.authenticate(s) != 0 || s.encrypt && !r.sealed {
		return
	}
	c.mu.Lock()
	target := c.target(h, s)
	if target == nil {
		c.mu.Unlock()
		return
	}
	target.inUse++
	c.mu.Unlock()
	c.withdraw(target)
}

// withdraw asks r's tree to give it up. The caller has counted in r.inUse, so
// that the record stays what it is, answered or not.
func (c *conn) withdraw(r *request) {
	b := r.at
	b.mu.Lock()
	if !b.closed {
		b.share.Server.Cancel(&r.Request)
	}
	b.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.inUse--; r.inUse == 0 && r.answered {
		c.recycle(r)
	}
}

// target finds the request that a CANCEL names, among those of its session that
// a tree has. c.mu is held.
func (c *conn) target(h smb2.Header, s *channel) *request {
	for r := c.pending.first; r != nil; r = r.next {
		if r.channel != s || r.at == nil || !r.served {
			continue
		}
		if h.Has(smb2.FlagAsync) && r.async != 0 && r.async == h.AsyncID() ||
			!h.Has(smb2.FlagAsync) && r.header().MessageID() == h.MessageID() {
			return r
		}
	}
	return nil
}

// skip ends a request that has no answer.
func (c *conn) skip(r *request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.compound != nil {
		r.compound.skip(c) // the reader sends what that completes
	}
	c.recycle(r)
}
