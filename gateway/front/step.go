package front

import (
	"errors"

	"github.com/smbgw/smbgw/smb2"
)

// errPlain disconnects a client whose TREE_CONNECT an attacker may have written,
// [MS-SMB2] 3.3.5.7.
var errPlain = errors.New("neither signed nor sealed")

// A place is where a related request takes session and tree from, [MS-SMB2]
// 3.3.5.2.7.2.
type place struct {
	channel *channel
	tree    uint32
	known   bool        // there was a request before
	chained bool        // and it is in the chain that this one would join
	failed  smb2.Status // what it was refused with, if it was about a file
}

// step checks one request and answers it, or says that it is ready for its tree.
// An error disconnects, and leaves the request.
func (c *conn) step(r *request, at *place) (ready bool, err error) {
	h := r.header()
	cmd := h.Command()
	switch {
	case cmd == smb2.CommandCancel:
		c.cancel(r, at)
		return false, nil
	case cmd == smb2.CommandNegotiate:
		return false, c.negotiate(r)
	case h.Has(smb2.FlagAsync):
		c.refuse(r, smb2.StatusInvalidParameter)
		return false, nil
	case cmd == smb2.CommandSessionSetup:
		*at = place{}
		c.setup(r)
		return false, nil
	}
	if s := c.identify(r, at); s != 0 {
		c.deny(r, at, s)
		return false, nil
	}
	if s := c.checkCharge(r); s != 0 {
		c.deny(r, at, s)
		return false, nil
	}
	switch {
	case cmd >= smb2.CommandServerToClient: // in a compound: those before it are served
		c.refuse(r, smb2.StatusInvalidParameter)
		return false, nil
	case cmd == smb2.CommandEcho:
		return false, c.echo(r)
	case cmd == smb2.CommandLogoff:
		c.logoff(r)
		return false, nil
	case cmd == smb2.CommandTreeConnect:
		return false, c.treeConnect(r, at)
	}
	if s := c.enter(r, at); s != 0 {
		c.deny(r, at, s)
		return false, nil
	}
	switch cmd {
	case smb2.CommandTreeDisconnect:
		c.treeDisconnect(r)
		return false, nil
	case smb2.CommandIoctl:
		if local, err := c.ioctl(r); local || err != nil {
			return false, err
		}
	case smb2.CommandOplockBreak:
		r.channel.acknowledged(r.Element)
	}
	return c.ready(r, at), nil
}

// deny refuses a request, and with it those that are related and need its file,
// [MS-SMB2] 3.3.5.2.7.2.
func (c *conn) deny(r *request, at *place, s smb2.Status) {
	if r.header().Command() == smb2.CommandCreate || smb2.FileIDOf(r.Element) != nil {
		at.failed = s
	}
	c.refuse(r, s)
}

// isLocal says that the front leg answers the request itself, so that it cannot
// be part of a chain.
func isLocal(e []byte) bool {
	switch smb2.Header(e).Command() {
	case smb2.CommandCancel, smb2.CommandSessionSetup, smb2.CommandEcho, smb2.CommandLogoff,
		smb2.CommandTreeConnect, smb2.CommandTreeDisconnect:
		return true
	case smb2.CommandIoctl:
		q, err := smb2.ParseIoctlRequest(e)
		return err != nil || isOwn(q.Code)
	}
	return false
}

// identify finds the request's session and checks that it is the session's,
// [MS-SMB2] 3.3.5.2.4, 3.3.5.2.9.
func (c *conn) identify(r *request, at *place) smb2.Status {
	h := r.header()
	id := h.SessionID()
	if h.Has(smb2.FlagRelated) {
		if at.channel == nil { // nothing before it, or nothing that had one
			return smb2.StatusInvalidParameter
		}
		id = at.channel.id
	}
	if !h.Has(smb2.FlagRelated) {
		at.tree, at.failed = h.TreeID(), 0
	}
	at.known, at.channel = true, nil
	s := c.channel(id)
	if s == nil || !s.up {
		c.vouch(r, c.Sessions.find(id)) // or the client takes the answer for forged
		if h.Command() == smb2.CommandEcho && id == 0 && !h.Has(smb2.FlagSigned) {
			return 0 // 3.3.5.17: of nobody, as clients probe a connection that they have logged off from
		}
		return smb2.StatusUserSessionDeleted
	}
	if status := r.authenticate(s); status != 0 {
		return status
	}
	at.channel = s
	c.countProtected(r)
	switch {
	case s.encrypt && !r.sealed:
		return smb2.StatusAccessDenied
	case s.expired() && !outlives(h.Command()):
		return smb2.StatusNetworkSessionExpired
	}
	return 0
}

// countProtected notes how the request came.
func (c *conn) countProtected(r *request) {
	switch {
	case r.sealed:
		c.tally.sealed++
	case r.signed:
		c.tally.signed++
	}
}

// authenticate makes the request one of s, if it is. What was sealed is not
// verified again: whatever its header says about a signature means nothing.
func (r *request) authenticate(s *channel) smb2.Status {
	r.channel = s
	if r.sealed {
		return 0
	}
	r.signed = r.header().Has(smb2.FlagSigned)
	switch {
	case !r.signed && s.signing, r.signed && s.verifier == nil:
		r.signed = false
		return smb2.StatusAccessDenied
	case r.signed && s.verifier.Verify(r.Element) != nil:
		return smb2.StatusAccessDenied
	}
	return 0
}

// checkCharge holds the request's credits against its payload, [MS-SMB2]
// 3.3.5.2.5. Clients that follow 3.2.4.1.5 pay one credit for QUERY_INFO,
// SET_INFO and CHANGE_NOTIFY of any length, so that is let pass.
func (c *conn) checkCharge(r *request) smb2.Status {
	n, err := smb2.Payload(r.Element)
	limit := uint64(c.maxTransact())
	switch r.header().Command() {
	case smb2.CommandRead, smb2.CommandWrite:
		limit = uint64(c.maxSize())
	case smb2.CommandIoctl:
		if c.multiCredit() {
			limit *= 2 // what goes in and what comes out
		}
	}
	switch {
	case err != nil, n > limit:
		return smb2.StatusInvalidParameter
	}
	if r.header().Command() != smb2.CommandWrite { // whose payload is in the message
		r.cost = int64(n)
	}
	switch {
	case !c.multiCredit(), n <= singleSize:
		return 0 // 2.0.2: limit is what one credit pays for
	}
	switch r.header().Command() {
	case smb2.CommandQueryInfo, smb2.CommandSetInfo, smb2.CommandChangeNotify:
		return 0
	}
	if uint64(r.header().CreditCharge()) < smb2.Charge(n) {
		return smb2.StatusInvalidParameter
	}
	return 0
}

// enter finds the request's tree, [MS-SMB2] 3.3.5.2.11.
func (c *conn) enter(r *request, at *place) smb2.Status {
	h := r.header()
	id := h.TreeID()
	if h.Has(smb2.FlagRelated) {
		if id = at.tree; id == 0 {
			return smb2.StatusInvalidParameter
		}
	}
	at.tree = id
	b := r.channel.tree(id)
	switch {
	case b == nil:
		return smb2.StatusNetworkNameDeleted
	case b.encrypt && !r.sealed:
		return smb2.StatusAccessDenied
	}
	r.at = b
	return 0
}

// ready is the last look before a request goes to its tree.
func (c *conn) ready(r *request, at *place) (ready bool) {
	h := r.header()
	if h.Has(smb2.FlagRelated) && !at.chained && h.Command() != smb2.CommandCreate {
		if f := smb2.FileIDOf(r.Element); f != nil && smb2.FileID(f) == smb2.NoFile {
			s := at.failed // 3.3.5.2.7.2
			if s == 0 {
				s = smb2.StatusInvalidHandle // nothing before it had a file
			}
			c.refuse(r, s)
			return false
		}
	}
	if h.Has(smb2.FlagRelated) { // whatever the client has written there
		smb2.Header(r.Element).SetSessionID(r.channel.id)
		smb2.Header(r.Element).SetTreeID(r.at.id)
	}
	if c.terms.suite.Dialect < smb2.Dialect30 { // where there are no channels, and nothing is sent again
		smb2.Header(r.Element).SetStatus(0)
		smb2.Header(r.Element).Clear(smb2.FlagReplay)
	}
	r.cost += int64(len(r.Element))
	pulling, s := c.prepare(r)
	if s != 0 {
		c.deny(r, at, s)
		return false
	}
	if !c.begin(r, !pulling) {
		c.refuse(r, smb2.StatusInsufficientResources)
		return false
	}
	c.handed++
	if pulling {
		return c.pull(r)
	}
	return true
}

// prepare is what the connection has to say about a command that is the tree's;
// pulling says that its payload has to be fetched first.
func (c *conn) prepare(r *request) (pulling bool, s smb2.Status) {
	switch r.header().Command() {
	case smb2.CommandRead:
		return false, c.prepareRead(r)
	case smb2.CommandWrite:
		return c.prepareWrite(r)
	case smb2.CommandQueryInfo:
		return false, c.prepareQueryInfo(r)
	}
	return false, 0
}

// prepareQueryInfo refuses what the client's dialect does not have, [MS-SMB2]
// 3.3.5.20.1: the tree's may be a later one.
func (c *conn) prepareQueryInfo(r *request) smb2.Status {
	q, err := smb2.ParseQueryInfoRequest(r.Element)
	switch {
	case err != nil:
		return smb2.StatusInvalidParameter
	case q.InfoType == smb2.InfoFile && q.Class == smb2.FileNormalizedNameInfo && c.terms.suite.Dialect < smb2.Dialect311:
		return smb2.StatusNotSupported
	}
	return 0
}

// echo answers ECHO. A connection without a session may be disconnected for one,
// [MS-SMB2] 3.3.5.17; here it is when there are many.
func (c *conn) echo(r *request) error {
	if c.floods() {
		return errProbes
	}
	if _, err := smb2.ParseEcho(r.Element); err != nil {
		c.refuse(r, smb2.StatusInvalidParameter)
		return nil
	}
	m := c.Arena.New(smb2.HeaderSize + 4)
	(&smb2.Echo{}).AppendBody(blank(m))
	c.answer(r, m)
	return nil
}

// floods counts an ECHO, and says that it is one too many.
func (c *conn) floods() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.vacant() {
		return false
	}
	c.probes++
	return c.probes > maxProbes
}
