package front

import (
	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// A channel is a session on a connection, [MS-SMB2] 3.3.1.14. The first one of a
// session is there before the session is valid, those that are bound to it
// have been by the time it knows them.
type channel struct {
	*session
	c *conn

	// The reader's.
	up       bool // the log-in that it is made by has ended; others read it under conn.mu
	bound    bool // it is not the one that the session began on
	acceptor auth.Acceptor
	rounds   int
	hash     crypt.PreauthHash // 3.1.1, of the log-in that it is made by
	verifier *crypt.Signer     // nil of guests, who have no keys
	opener   *crypt.Opener     // nil without a cipher

	// The sender's.
	signer *crypt.Signer
	sealer *crypt.Sealer
}

// channel finds one of this connection's, or nil.
func (c *conn) channel(id uint64) *channel {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.channels[id]
}

// newSession begins a log-in, or returns nil when there are too many.
func (c *conn) newSession() *channel {
	s := &session{trees: make(map[uint32]*branch), begun: c.terms, secure: c.Secure}
	ch := &channel{session: s, c: c}
	s.channels = []*channel{ch}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.crowded() {
		return nil
	}
	s.space = c.space.join()
	c.Sessions.add(s)
	c.enlist(ch)
	return ch
}

// crowded says that there is no room for a log-in. c.mu is held.
func (c *conn) crowded() bool { return len(c.channels) >= maxSessions || c.logins >= maxLogins }

// enlist makes a channel known whose log-in begins. c.mu is held.
func (c *conn) enlist(ch *channel) {
	c.channels[ch.id] = ch
	c.logins++
}

// raise is for a channel whose log-in has succeeded: time does not run any more,
// until forget says otherwise. c.mu is held.
func (c *conn) raise(ch *channel) {
	c.login.Stop()
	ch.up = true
	c.logins--
	c.probes = 0
}

// forget makes a channel one that requests do not find. With the last one that
// was up, time begins to run as before the first. c.mu is held.
func (c *conn) forget(ch *channel) {
	if c.channels[ch.id] != ch {
		return
	}
	delete(c.channels, ch.id)
	if !ch.up {
		c.logins--
		return
	}
	c.late = ch
	if c.vacant() && !c.dead.Load() {
		c.login.Reset(loginTime)
	}
}

// protect makes what the messages of a channel are sealed with, by the session's
// own keys, [MS-SMB2] 3.3.5.5.3. session.mu is held, unless nobody knows of the
// keys yet.
func (ch *channel) protect() (err error) {
	if ch.begun.suite.Cipher == crypt.NoCipher {
		return nil
	}
	if ch.sealer, err = ch.keys.Sealer(); err != nil {
		return err
	}
	ch.opener, err = ch.keys.Opener()
	return err
}
