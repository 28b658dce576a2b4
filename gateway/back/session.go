package back

import (
	"context"
	"slices"
	"sync"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// A Session is a log-in on a Conn.
type Session struct {
	c    *Conn
	id   uint64
	keys *crypt.Session // nil of guests and the anonymous

	signing bool // every request and reply
	sealing bool

	// Owned by Conn.sending.
	signer *crypt.Signer
	sealer *crypt.Sealer

	// renewal is held while the session is logged in again.
	renewal sync.Mutex

	// Owned by the reader.
	verifier *crypt.Signer
	opener   *crypt.Opener

	// Under Conn.mu.
	trees     []*Tree
	gone      bool   // the server knows it no more
	forsaken  bool   // its client has gone without a word
	leaving   bool   // its client logs off
	renewing  bool   // nothing is sent meanwhile
	spent     uint64 // message ids of requests to which the server has said nothing
	flying    int    // and how many of these there are
	lingering bool   // it has been left, but for calls
	waiting   int    // requests that the server has told to wait
	kept      []kept
	renewed   renewal // the latest
	renewer   func() (auth.Initiator, error)
}

// Signs and Seals say what protects the session's messages.
func (s *Session) Signs() bool { return s.signing && !s.sealing }
func (s *Session) Seals() bool { return s.sealing }

// protect makes what the keys are for.
func (s *Session) protect(suite crypt.Suite, key, sum []byte) (err error) {
	if s.keys, err = crypt.NewSession(suite, crypt.Client, key, sum); err != nil {
		return err
	}
	if s.signer, err = s.keys.Signer(suite); err != nil {
		return err
	}
	if s.verifier, err = s.keys.Signer(suite); err != nil {
		return err
	}
	if suite.Cipher == crypt.NoCipher || suite.Dialect < smb2.Dialect30 {
		return nil
	}
	if s.sealer, err = s.keys.Sealer(); err != nil {
		return err
	}
	s.opener, err = s.keys.Opener()
	return err
}

// question is one of the session's, protected as the session is.
func (s *Session) question(command smb2.Command, body func([]byte) []byte) question {
	return question{command: command, session: s, sign: s.signing, seal: s.sealing, body: body}
}

// Logoff ends the session, [MS-SMB2] 3.2.4.23: the server closes its trees and
// opens, and answers what is outstanding. What it leaves is cancelled.
func (s *Session) Logoff(ctx context.Context) error {
	s.c.mu.Lock()
	gone, trees := s.gone, slices.Clone(s.trees)
	s.gone = true
	s.c.stir()
	s.c.mu.Unlock()
	if gone {
		s.c.drop(s)
		return nil
	}
	for _, t := range trees {
		t.shut()
	}
	answered := cancelLate(trees...)
	a, err := s.c.ask(ctx, s.question(smb2.CommandLogoff, new(smb2.Logoff).AppendBody))
	answered()
	for _, t := range trees {
		t.drain() // whose answers need the keys
	}
	s.c.drop(s)
	if err != nil {
		return &Error{"log off", smb2.StatusUnexpectedNetworkError, err}
	}
	a.m.Release()
	return nil
}

// drop forgets a session, as soon as nothing of it is outstanding.
func (c *Conn) drop(s *Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls.has(s) {
		s.lingering = true
		return
	}
	delete(c.sessions, s.id)
	s.wipe()
}

// wipe wipes a session's keys. Signers have their own.
func (s *Session) wipe() {
	if s.keys != nil {
		s.keys.Clear()
	}
}

// enter makes the session known to the reader.
func (c *Conn) enter(s *Session) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.cause != nil:
		return c.cause
	case c.sessions[s.id] != nil:
		return violation("session id %#x is given twice", s.id)
	case len(c.sessions) == maxSessions && !c.options.Shared: // whose Pool counts them
		return violation("more than %d sessions", maxSessions)
	}
	c.sessions[s.id] = s
	return nil
}
