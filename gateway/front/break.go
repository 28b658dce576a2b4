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
	on   *conn
	body []byte
	at   time.Time
}

// Break sends an oplock or lease break, unsigned and in the clear: it has no
// message id that a signature could be made for, [MS-SMB2] 3.3.4.6, 3.3.4.7. A
// client that takes nothing is disconnected when too much waits for it.
func (b *breaker) Break(m *transports.Message) {
	defer m.Release()
	if m.Len() < smb2.HeaderSize+2 {
		return
	}
	h := smb2.NewHeader(smb2.CommandOplockBreak, smb2.Unsolicited)
	h.SetFlags(smb2.FlagReply)
	if smb2.BreakOf(m.Bytes()) == smb2.BreakOplock {
		h.SetSessionID(b.id)
	}
	copy(m.Bytes(), h)
	(*session)(b).tell(bytes.Clone(m.Bytes()))
}

// tell sends a break on the first channel that lives, and remembers it.
func (s *session) tell(element []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ch := range s.channels {
		if ch.c.tell(element) {
			s.remember(ch.c, element)
			return
		}
	}
}

// remember notes a break. s.mu is held.
func (s *session) remember(on *conn, element []byte) {
	now := time.Now()
	s.told = slices.DeleteFunc(s.told, func(t told) bool { return now.Sub(t.at) > breakTime })
	if len(s.told) >= maxTold {
		s.told = slices.Delete(s.told, 0, 1)
	}
	s.told = append(s.told, told{on, element, now})
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
	s.mu.Lock()
	var again []told
	s.told = slices.DeleteFunc(s.told, func(t told) bool {
		if t.on != dead {
			return false
		}
		again = append(again, t)
		return true
	})
	s.mu.Unlock()
	for _, t := range again {
		if time.Since(t.at) <= breakTime {
			s.tell(t.body)
		}
	}
}

// tell queues a break, and is false when it cannot.
func (c *conn) tell(element []byte) bool {
	c.mu.Lock()
	if c.dead.Load() || c.lost {
		c.mu.Unlock()
		return false
	}
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
	return true
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
