package back

import (
	"slices"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/transports"
)

// read reads the connection until it ends.
func (c *Conn) read() error {
	for {
		m, err := c.conn.Receive()
		if err != nil {
			return err
		}
		c.received.Add(1)
		m.Invalidates = false // a token of ours, if any: nothing to the client
		c.delivering.Store(true)
		err = c.message(m)
		c.delivering.Store(false)
		if err != nil {
			return err
		}
	}
}

// message takes a message of the server apart. It owns m.
func (c *Conn) message(m *transports.Message) error {
	sealedBy, err := c.unseal(m)
	if err != nil {
		m.Release()
		return err
	}
	element, rest, err := smb2.Split(m.Bytes())
	if err != nil {
		m.Release()
		return violation("%w", err)
	}
	if len(rest) == 0 {
		return c.element(m, element, sealedBy, nil)
	}
	defer m.Release()
	var file smb2.FileID // of the element before
	for n := 1; ; n++ {
		one := c.arena.New(len(element))
		copy(one.Bytes(), element)
		if err := c.element(one, element, sealedBy, &file); err != nil {
			return err
		}
		switch {
		case len(rest) == 0:
			return nil
		case n == smb2.MaxElements:
			return violation("more than %d elements", n)
		}
		if element, rest, err = smb2.Split(rest); err != nil {
			return violation("%w", err)
		}
	}
}

// unseal opens what is sealed, [MS-SMB2] 3.2.5.1.1, and says by whom.
func (c *Conn) unseal(m *transports.Message) (*Session, error) {
	switch smb2.KindOf(m.Bytes()) {
	case smb2.KindSMB2:
		return nil, nil
	case smb2.KindTransform:
	default:
		return nil, violation("%x is no message of SMB2", m.Bytes()[:min(4, m.Len())])
	}
	id, err := crypt.SealedFor(m.Bytes())
	if err != nil {
		return nil, violation("%w", err)
	}
	s := c.session(id)
	if s == nil || s.opener == nil {
		return nil, violation("a message is sealed for session %#x, which has no keys", id)
	}
	if _, err := s.opener.Open(m.Bytes()); err != nil {
		return nil, violation("%w", err)
	}
	m.Trim(crypt.TransformSize)
	if smb2.KindOf(m.Bytes()) != smb2.KindSMB2 {
		return nil, violation("what was sealed is no message of SMB2")
	}
	return s, nil
}

func (c *Conn) session(id uint64) *Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sessions[id]
}

// element does with one element what it is for. wire is it as it came, which
// signatures are about, and m has it, or a copy, alone. It owns m. file is the
// compound's.
func (c *Conn) element(m *transports.Message, wire []byte, sealedBy *Session, file *smb2.FileID) error {
	h := smb2.Header(wire)
	if !h.Has(smb2.FlagReply) {
		m.Release()
		return violation("%v %d has the direction of a request", h.Command(), h.MessageID())
	}
	if h.MessageID() == smb2.Unsolicited {
		c.unasked(m)
		return nil
	}
	k, proven, err := c.match(h, sealedBy)
	if err != nil || k == nil {
		m.Release()
		return err
	}
	if h.Status() == smb2.StatusPending {
		c.interim(k, h, m)
		return nil
	}
	smb2.Header(m.Bytes()).SetNextCommand(0)
	return c.finish(k, m, proven, file)
}

// match finds the call that a reply is to and makes sure that it is the
// server's reply to it. It enters the credits, and takes the call out of the
// table when the reply is the final one.
func (c *Conn) match(h smb2.Header, sealedBy *Session) (k *call, proven bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k = c.calls.find(h.MessageID()); k == nil {
		if c.strays++; c.strays > maxStrays {
			return nil, false, violation("%d replies to nothing that was asked", c.strays)
		}
		return nil, false, nil
	}
	if h.Command() != k.command {
		return nil, false, violation("%v %d is answered as %v", k.command, k.id, h.Command())
	}
	if s := k.session; s != nil && h.SessionID() != s.id || sealedBy != nil && sealedBy != s {
		return nil, false, violation("%v %d is answered for session %#x", k.command, k.id, h.SessionID())
	}
	if proven, err = k.prove(h, sealedBy); err != nil {
		return nil, false, err
	}
	if err := c.held.Grant(k.asked, h.Credits()); err != nil {
		return nil, false, violation("%w", err)
	}
	k.asked = 0
	c.settle(k)
	c.dispatch()
	c.changed.Broadcast()
	if h.Status() != smb2.StatusPending {
		c.calls.remove(k)
		c.waited(k)
		c.bury(k)
	}
	return k, proven, nil
}

// prove says whether a reply is the server's own word. What has to be and is
// not, is an error, but for what servers say without a key, [MS-SMB2]
// 3.2.5.1.3: that is no proof, and nothing but failure.
func (k *call) prove(h smb2.Header, sealedBy *Session) (bool, error) {
	s := k.session
	switch {
	case sealedBy != nil:
		return true, nil
	case s == nil || s.keys == nil:
		return false, nil
	case k.sealed:
		if h.Status() == smb2.StatusPending || !k.forgives(h) {
			return false, violation("%v %d was sealed, and its reply is not", k.command, k.id)
		}
		return false, nil
	case h.Has(smb2.FlagSigned):
		if err := s.verifier.Verify(h); err != nil {
			return false, violation("%w", err)
		}
		return true, nil
	case !k.signed || h.Status() == smb2.StatusPending || k.forgives(h):
		return false, nil
	}
	return false, violation("%v %d was signed, and its reply is not", k.command, k.id)
}

// unprovable are what servers answer without looking for a key, as Samba's
// client knows them.
var unprovable = []smb2.Status{
	smb2.StatusUserSessionDeleted, smb2.StatusNetworkNameDeleted, smb2.StatusFileClosed, smb2.StatusInvalidParameter,
}

// forgives says whether a failure may be unprotected. ksmbd does not sign the
// end of a LOCK that was cancelled.
func (k *call) forgives(h smb2.Header) bool {
	st := h.Status()
	return slices.Contains(unprovable, st) ||
		st == smb2.StatusCancelled && k.cancelled ||
		k.command == smb2.CommandSessionSetup && st.IsError()
}
