package back

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/transports"
)

// processID is in every request where Windows clients have it.
const processID = 0xfeff

// transmit protects and sends a message of which all else is final, and enters
// the calls of its elements right before, so that nothing can answer them
// earlier. It owns m. An error is the connection's end; calls that were entered
// are then answered by its sweep, the others are still the caller's.
func (c *Conn) transmit(m *transports.Message, s *Session, sign, seal bool, calls *call) (entered bool, err error) {
	c.sending.Lock()
	defer c.sending.Unlock()
	if err := c.protect(m, s, sign, seal); err != nil {
		m.Release()
		return false, err
	}
	if err := c.enroll(calls); err != nil {
		m.Release()
		return false, err
	}
	return true, c.conn.Send(m)
}

// enroll puts calls into the table, unless the connection is over.
func (c *Conn) enroll(k *call) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return c.cause
	}
	for ; k != nil; k = k.sibling {
		k.sent = true
		c.calls.insert(k)
	}
	return nil
}

func (c *Conn) protect(m *transports.Message, s *Session, sign, seal bool) error {
	switch {
	case seal:
		m.Prepend(crypt.TransformSize)
		return s.sealer.Seal(m.Bytes(), s.id)
	case sign:
		for rest := m.Bytes(); len(rest) > 0; {
			element, after, err := smb2.Split(rest)
			if err != nil {
				return err
			}
			if err := s.signer.Sign(element); err != nil {
				return err
			}
			rest = after
		}
	}
	return nil
}

// stamp makes the header of k's request ours.
func (c *Conn) stamp(h smb2.Header, k *call, tree uint32) {
	h.SetCreditCharge(k.charge)
	h.SetCredits(k.asked)
	h.SetMessageID(k.id)
	h.SetProcessID(processID)
	h.SetTreeID(tree)
	if k.session != nil {
		h.SetSessionID(k.session.id)
	}
	h.ClearSignature()
}
