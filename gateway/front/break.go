package front

import (
	"bytes"
	"slices"
	"time"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A breaker is how the trees of a session reach the client unasked.
type breaker session

// A told is a break that has been sent on a channel, for as long as the client
// may take to acknowledge it: when the channel dies another one has to carry it,
// [MS-SMB2] 3.3.4.6, for nobody knows whether it has arrived.
type told struct {
	body  []byte
	at    time.Time // it was sent first
	on    *conn     // the latest
	tried []*conn
	since time.Time // of on
	heard uint64    // messages that had come on it by then
}

// longestBreak is that of a lease, [MS-SMB2] 2.2.23.2. What a server sends behind it
// is nothing that clients want, or that is worth remembering.
const longestBreak = smb2.HeaderSize + 44

// Break sends an oplock or lease break, unsigned and in the clear: it has no
// message id that a signature could be made for, [MS-SMB2] 3.3.4.6, 3.3.4.7. A
// client that takes nothing is disconnected when too much waits for it.
func (b *breaker) Break(m *transports.Message) {
	defer m.Release()
	if m.Len() < smb2.HeaderSize+2 {
		return
	}
	m.Resize(min(m.Len(), longestBreak))
	h := smb2.NewHeader(smb2.CommandOplockBreak, smb2.Unsolicited)
	h.SetFlags(smb2.FlagReply)
	if smb2.BreakOf(m.Bytes()) == smb2.BreakOplock {
		h.SetSessionID(b.id)
	}
	copy(m.Bytes(), h)
	(*session)(b).tell(bytes.Clone(m.Bytes()))
}

// tell sends a break for the first time, and remembers it.
func (s *session) tell(element []byte) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	t := told{body: element, at: now}
	if !s.carry(&t, now) {
		return
	}
	s.told = slices.DeleteFunc(s.told, func(t told) bool { return now.Sub(t.at) > breakTime })
	if len(s.told) >= maxTold {
		s.told = slices.Delete(s.told, 0, 1)
	}
	s.told = append(s.told, t)
	s.remind()
}

// carry sends a break on the eldest channel that lives and has not been tried. s.mu
// is held.
func (s *session) carry(t *told, now time.Time) bool {
	for _, ch := range s.channels {
		if slices.Contains(t.tried, ch.c) {
			continue
		}
		if heard, ok := ch.c.tell(t.body); ok {
			t.on, t.since, t.heard = ch.c, now, heard
			t.tried = append(t.tried, ch.c)
			return true
		}
	}
	return false
}

// remind has breaks looked at again, as long as there are any. s.mu is held.
func (s *session) remind() {
	switch {
	case s.reminded || len(s.told) == 0:
		return
	case s.reminder == nil:
		s.reminder = time.AfterFunc(silence, s.reconsider)
	default:
		s.reminder.Reset(silence)
	}
	s.reminded = true
}

// reconsider sends on another channel what has not been acknowledged while nothing
// at all came on the one that carried it: the network may not have noticed yet that
// it is dead.
func (s *session) reconsider() {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reminded = false
	for i := range s.told {
		t := &s.told[i]
		if now.Sub(t.since) >= silence && now.Sub(t.at) <= breakTime && t.on.heard() == t.heard {
			s.carry(t, now)
		}
	}
	s.told = slices.DeleteFunc(s.told, func(t told) bool { return now.Sub(t.at) > breakTime })
	s.remind()
}

// breakKey is where breaks and their acknowledgements have what they are about,
// the 16 bytes of a FileId or of a lease's key, [MS-SMB2] 2.2.23 to 2.2.25.
const breakKey = smb2.HeaderSize + 8

// acknowledged forgets the breaks that an OPLOCK_BREAK request is about.
func (s *session) acknowledged(request []byte) {
	if len(request) < breakKey+16 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = slices.DeleteFunc(s.told, func(t told) bool {
		return len(t.body) >= breakKey+16 && bytes.Equal(t.body[breakKey:breakKey+16], request[breakKey:breakKey+16])
	})
}

// retell sends on other channels what a connection that has died was to carry.
func (s *session) retell(dead *conn) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.told {
		if t := &s.told[i]; t.on == dead && now.Sub(t.at) <= breakTime {
			s.carry(t, now)
		}
	}
}

// tell queues a break, and is false when it cannot. heard is how many messages have
// come so far.
func (c *conn) tell(element []byte) (heard uint64, ok bool) {
	c.mu.Lock()
	if c.dead.Load() || c.lost {
		c.mu.Unlock()
		return 0, false
	}
	heard = c.chain
	full := len(c.queue) >= maxQueue
	m := c.Arena.New(len(element))
	copy(m.Bytes(), element)
	wake := c.enqueue(outgoing{m: m}) && !full
	c.mu.Unlock()
	switch {
	case full:
		c.overrun()
	case wake:
		c.stir()
	}
	return heard, true
}

// heard is how many messages have come.
func (c *conn) heard() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.chain
}

// Lost ends the connections of all channels, before the client hears anything
// else.
func (b *breaker) Lost() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, ch := range b.channels {
		ch.c.mu.Lock()
		ch.c.lost = true
		ch.c.mu.Unlock()
		ch.c.overrun()
	}
}

// overrun ends a connection from a goroutine that must not wait for its end.
func (c *conn) overrun() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.login.Reset(0)
}
