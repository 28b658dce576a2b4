package front

import (
	"crypto/rand"
	"encoding/binary"
	"math"
	"sync"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/transports"
)

// The states of a session, [MS-SMB2] 3.3.1.8.
type state uint8

const (
	inProgress state = iota // the first log-in has not ended
	valid
	gone
)

// A session is a user on a connection, [MS-SMB2] 3.3.1.8. id is constant, the
// keys are from when it is valid, the rest says whose it is.
type session struct {
	id uint64
	c  *conn

	// The reader's.
	state    state // others read it under conn.mu
	acceptor auth.Acceptor
	rounds   int
	hash     crypt.PreauthHash // 3.1.1, of the first log-in
	user     auth.Identity
	until    time.Time     // the log-in's end; zero for none
	client   *tree.Client  // from when it is valid
	verifier *crypt.Signer // nil of guests, who have no keys
	opener   *crypt.Opener // nil without a cipher
	signing  bool          // requests have to be signed
	encrypt  bool          // and sealed
	keys     *crypt.Session

	// The sender's.
	signer *crypt.Signer
	sealer *crypt.Sealer

	trees  map[uint32]*branch // conn.mu guards it; nil when gone
	ending sync.Once          // of drop
}

// session finds one of this connection's, or nil.
func (c *conn) session(id uint64) *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sessions[id]
}

// newSession begins a log-in, or returns nil when there are too many.
func (c *conn) newSession() *session {
	s := &session{c: c, trees: make(map[uint32]*branch)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sessions) >= maxSessions || c.logins >= maxLogins {
		return nil
	}
	c.Sessions.add(s)
	c.sessions[s.id] = s
	c.logins++
	return s
}

// forget makes a session one that requests do not find. With the last one that
// was valid, time begins to run as before the first. c.mu is held.
func (c *conn) forget(s *session) {
	if c.sessions[s.id] != s {
		return
	}
	delete(c.sessions, s.id)
	if s.state == inProgress {
		c.logins--
	} else if c.vacant() && !c.dead.Load() {
		c.login.Reset(loginTime)
	}
}

// drop ends a session and blocks until nothing of it is left: its trees are
// closed, which answers what they have been given. It may be called from
// another connection, and more than once.
func (c *conn) drop(s *session) {
	c.mu.Lock()
	c.forget(s)
	c.mu.Unlock()
	s.ending.Do(func() {
		c.Sessions.remove(s)
		c.mu.Lock()
		trees, client := s.trees, s.client
		s.trees = nil
		c.mu.Unlock()
		for _, b := range trees {
			b.close()
		}
		c.leave(client)
		if s.keys != nil {
			s.keys.Clear()
		}
	})
}

// forsake comes before drop where a session ends without the client's word: what
// is to outlast the connection does.
func (c *conn) forsake(s *session) {
	c.mu.Lock()
	client := s.client
	for _, b := range s.trees {
		b.ending.Store(true)
	}
	c.mu.Unlock()
	if client != nil {
		c.space.Abandon(client)
	}
}

// randomID is one of 32 bits, as Samba's are: some clients keep no more. It is
// no secret, and not what shows whose a request is.
func randomID() uint64 {
	var b [4]byte
	for {
		rand.Read(b[:])
		if id := binary.LittleEndian.Uint32(b[:]); id != 0 && id != math.MaxUint32 {
			return uint64(id)
		}
	}
}

// logoff answers LOGOFF, [MS-SMB2] 3.3.5.6.
func (c *conn) logoff(r *request) {
	if _, err := smb2.ParseLogoff(r.Element); err != nil {
		c.refuse(r, smb2.StatusInvalidParameter)
		return
	}
	s := r.session
	c.mu.Lock()
	c.forget(s)
	s.state = gone
	client := s.client
	c.mu.Unlock()
	c.aside(r, func() {
		if client != nil {
			c.space.Logoff(client)
		}
		c.drop(s)
		m := c.Arena.New(smb2.HeaderSize + 4)
		(&smb2.Logoff{}).AppendBody(blank(m))
		c.answer(r, m)
	})
}

// aside runs what may take a while and answers r, beside the reader unless r has
// its place in a compound. c.background waits for it.
func (c *conn) aside(r *request, f func()) {
	if !c.begin(r, false) {
		c.refuse(r, smb2.StatusInsufficientResources)
		return
	}
	if r.compound != nil {
		f()
		return
	}
	r.chain = 0
	c.background.Go(f)
}

// A breaker is how the trees of a session reach the client unasked.
type breaker session

// Break sends an oplock or lease break, unsigned and in the clear: it has no
// message id that a signature could be made for, [MS-SMB2] 3.3.4.6, 3.3.4.7. A
// client that takes nothing is disconnected when too much waits for it.
func (b *breaker) Break(m *transports.Message) {
	c := b.c
	if m.Len() < smb2.HeaderSize+2 {
		m.Release()
		return
	}
	h := smb2.NewHeader(smb2.CommandOplockBreak, smb2.Unsolicited)
	h.SetFlags(smb2.FlagReply)
	if smb2.BreakOf(m.Bytes()) == smb2.BreakOplock {
		h.SetSessionID(b.id)
	}
	copy(m.Bytes(), h)
	c.mu.Lock()
	full := len(c.queue) >= maxQueue
	wake := c.enqueue(outgoing{m: m}) && !full
	c.mu.Unlock()
	switch {
	case full:
		c.overrun()
	case wake:
		c.stir()
	}
}

// Lost ends the connection, before the client hears anything else.
func (b *breaker) Lost() {
	c := b.c
	c.mu.Lock()
	c.lost = true
	c.mu.Unlock()
	c.overrun()
}

// overrun ends a connection from a goroutine that must not wait for its end.
func (c *conn) overrun() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.login.Reset(0)
}
