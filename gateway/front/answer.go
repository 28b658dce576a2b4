package front

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// answer ends a request with the element in m. It owns both, and may be called
// from any goroutine.
func (c *conn) answer(r *request, m *transports.Message) {
	if m.Len() < smb2.HeaderSize+2 {
		m.Release()
		m = c.failure(smb2.StatusInternalError)
	}
	status := smb2.Header(m.Bytes()).Status()
	o := outgoing{channel: r.channel}
	if r.placed && status.HasData() && r.header().Command() == smb2.CommandRead {
		m = c.deliver(r, m, &o)
	}
	c.mu.Lock()
	c.head(r, m, r.verdict(status))
	wake := c.finish(r, m, o)
	c.mu.Unlock()
	if wake {
		c.stir()
	}
}

// verdict is the status that the client gets for its tree's: what this end has
// asked the tree to give up is not the client's cancellation. A CHANGE_NOTIFY
// whose directory is closed because its tree or session ends is told so, [MS-SMB2]
// 3.3.5.19. c.mu is held.
func (r *request) verdict(s smb2.Status) smb2.Status {
	switch {
	case r.unwanted && s == smb2.StatusCancelled:
		return smb2.StatusInsufficientResources
	case r.header().Command() == smb2.CommandChangeNotify && s.IsError() && r.at != nil && r.at.ending.Load():
		return smb2.StatusNotifyCleanup
	}
	return s
}

// head writes the header of the final response. c.mu is held, for the credits.
func (c *conn) head(r *request, m *transports.Message, status smb2.Status) {
	var credits uint16
	if !r.charged {
		credits = c.window.Grant(c.wish(r))
	}
	h := smb2.Header(smb2.AppendReply(m.Bytes()[:0], r.head[:], status, credits))
	if r.async != 0 {
		h.SetAsync(r.async)
	}
	if r.invalidate && status != smb2.StatusInvalidParameter {
		m.Invalidate, m.Invalidates = r.to[0].Token, true
	}
}

// wish is how many credits a request is given, if there are as many: what it
// asked for, and before a log-in no more than to go on, [MS-SMB2] 3.3.1.2.
func (c *conn) wish(r *request) uint16 {
	asked := max(r.header().Credits(), 1)
	if c.vacant() {
		return min(asked, loginCredits+max(r.header().CreditCharge(), 1)-1)
	}
	return asked
}

// finish sends a final response, or puts it by until its compound is complete,
// and takes the request's record back. c.mu is held.
func (c *conn) finish(r *request, m *transports.Message, o outgoing) (wake bool) {
	c.end(r)
	if o.push != nil {
		c.tally.placedReads++
	}
	h := smb2.Header(m.Bytes())
	o.m, o.seal, o.sign = m, r.seals(), r.signs(h)
	switch k := r.compound; {
	case k != nil && !k.broken:
		wake = k.put(c, r.index, o)
	case k != nil:
		h.Clear(smb2.FlagRelated)
		wake = c.enqueue(o)
	default:
		wake = c.enqueue(o)
	}
	wake = wake && (r.chain == 0 || r.chain != c.serving)
	r.answered = true
	if r.inUse == 0 {
		c.recycle(r)
	}
	return wake
}

// interim tells the client that the answer takes a while, [MS-SMB2] 3.3.4.2.
// Where too many do, the tree is asked to give this one up; if it cannot, the
// answer comes when it comes, and the request's credits with it.
func (c *conn) interim(r *request) {
	c.mu.Lock()
	switch {
	case r.async != 0, r.answered, r.unwanted:
		c.mu.Unlock()
		return
	case c.waiting >= maxAsync:
		r.unwanted = true
		r.inUse++
		c.mu.Unlock()
		c.background.Go(func() { c.withdraw(r) }) // the tree may be in the middle of Serve
		return
	}
	c.waiting++
	wake := false
	if k := r.compound; k != nil {
		wake = k.breakUp(c)
	}
	c.async = c.async%maxAsyncID + 1
	r.async, r.charged = c.async, true
	m := c.Arena.New(smb2.ErrorResponseLength)
	smb2.AppendInterim(m.Bytes()[:0], r.head[:], r.async, c.window.Grant(c.wish(r)))
	smb2.Header(m.Bytes()).Clear(smb2.FlagRelated)
	wake = c.enqueue(outgoing{m: m, channel: r.channel, seal: r.seals()}) || wake
	c.mu.Unlock()
	if wake {
		c.stir()
	}
}

// refuse answers with an ERROR response.
func (c *conn) refuse(r *request, s smb2.Status) { c.answer(r, c.failure(s)) }

// failure is an ERROR response without data.
func (c *conn) failure(s smb2.Status) *transports.Message {
	m := c.Arena.New(smb2.ErrorResponseLength)
	b := append((&smb2.ErrorResponse{}).AppendBody(blank(m)), 0)
	smb2.Header(b).SetStatus(s)
	return m
}

// blank is the header of a message that is to be built: zeros.
func blank(m *transports.Message) []byte {
	b := m.Bytes()[:smb2.HeaderSize]
	clear(b)
	return b
}

// seals says whether the answer goes out sealed: as the request came, and where
// session or share demand it, [MS-SMB2] 3.3.4.1.4.
func (r *request) seals() bool {
	switch r.header().Command() {
	case smb2.CommandNegotiate, smb2.CommandSessionSetup:
		return r.sealed
	}
	return r.sealed || r.channel != nil && r.channel.sealer != nil &&
		(r.channel.encrypt || r.at != nil && r.at.encrypt)
}

// signs says whether the answer is signed: where the request was, where the
// session demands it, and at the end of every user's log-in, [MS-SMB2] 3.3.4.1.1,
// 3.3.5.5.3.
func (r *request) signs(h smb2.Header) bool {
	if r.channel == nil || r.channel.signer == nil || r.seals() || h.MessageID() == 0 {
		return false
	}
	return r.signed || r.channel.signing ||
		h.Command() == smb2.CommandSessionSetup && h.Status() == smb2.StatusSuccess && !r.channel.user.Anonymous
}
