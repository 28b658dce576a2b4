package front

import (
	"crypto/rand"
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// The states of a session, [MS-SMB2] 3.3.1.8.
type state uint8

const (
	inProgress state = iota // the first log-in has not ended
	valid
	gone
)

// A session is a user, [MS-SMB2] 3.3.1.8, on one connection or several, its
// channels. What the first log-in settles is constant from when it is valid.
type session struct {
	id    uint64
	space *holding // of the connection that it began on

	user    auth.Identity
	client  *tree.Client // nil before it is valid
	begun   terms        // of the connection that it began on
	secure  bool         // whose listener is Secure
	keys    *crypt.Session
	signing bool         // requests have to be signed
	encrypt bool         // and sealed
	until   atomic.Int64 // the log-in's end, Unix nanoseconds; 0 for none

	ending sync.Once // of drop

	mu       sync.Mutex // guards what follows and the use of keys, for moments only; before any conn.mu
	state    state
	channels []*channel // the eldest first; none when gone
	trees    map[uint32]*branch
	coming   int // trees that are being connected
	told     []told
	reminder *time.Timer // for told; nil before there was a need
	reminded bool        // it runs
}

// tree finds one of the session's, or nil.
func (s *session) tree(id uint32) *branch {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trees[id]
}

// retire makes a session one that requests do not find, on any of its channels.
func (s *session) retire(all *Sessions) {
	all.remove(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = gone
	for _, ch := range s.channels {
		ch.c.mu.Lock()
		ch.c.forget(ch)
		ch.c.mu.Unlock()
	}
	s.channels, s.told = nil, nil
	if s.reminder != nil {
		s.reminder.Stop()
	}
}

// drop ends a session and blocks until nothing of it is left: its trees are
// closed, which answers what they have been given, on whichever channel. It may
// be called more than once.
func (s *session) drop(all *Sessions) {
	s.retire(all)
	s.ending.Do(func() {
		s.mu.Lock()
		trees, client := s.trees, s.client
		s.trees = nil
		s.mu.Unlock()
		for _, b := range trees {
			b.close()
		}
		s.space.part(client)
		s.mu.Lock()
		if s.keys != nil {
			s.keys.Clear()
		}
		s.mu.Unlock()
		s.space.leave()
	})
}

// forsake comes before drop where a session ends without the client's word: what
// is to outlast it does.
func (s *session) forsake() {
	s.mu.Lock()
	client := s.client
	for _, b := range s.trees {
		b.ending.Store(true)
	}
	s.mu.Unlock()
	if client != nil {
		s.space.Abandon(client)
	}
}

// leave takes a channel away from its session, and says that it was the last:
// then no other can be bound any more.
func (s *session) leave(ch *channel) (last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.Index(s.channels, ch)
	if i < 0 {
		return false // of a binding that has not ended, or of a session that is gone
	}
	s.channels = slices.Delete(s.channels, i, i+1)
	if len(s.channels) > 0 {
		return false
	}
	s.state = gone
	return true
}

// alone are the trees of a session that has no other channel, and then is to have
// none any more.
func (s *session) alone(ch *channel) []*branch {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.channels) != 1 || s.channels[0] != ch {
		return nil
	}
	s.state = gone
	return slices.Collect(maps.Values(s.trees))
}

// isValid says that the first log-in has ended, and the session has not.
func (s *session) isValid() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state == valid
}

// setUntil notes when a log-in ends.
func (s *session) setUntil(t time.Time) {
	if t.IsZero() {
		s.until.Store(0)
	} else {
		s.until.Store(t.UnixNano())
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

// logoff answers LOGOFF, [MS-SMB2] 3.3.5.6: the session ends on all of its
// channels.
func (c *conn) logoff(r *request) {
	if _, err := smb2.ParseLogoff(r.Element); err != nil {
		c.refuse(r, smb2.StatusInvalidParameter)
		return
	}
	s := r.channel.session
	s.retire(c.Sessions)
	c.aside(r, func() {
		s.space.Logoff(s.client)
		s.drop(c.Sessions)
		m := c.Arena.New(smb2.HeaderSize + 4)
		(&smb2.Logoff{}).AppendBody(blank(m))
		c.answer(r, m)
	})
}

// aside runs what may take a while and answers r, beside the reader unless r has
// its place in a compound or there is no room for more under way: what has begun
// to end, ends. c.background waits for it.
func (c *conn) aside(r *request, f func()) {
	if r.compound != nil || !c.begin(r, false) {
		f()
		return
	}
	r.chain = 0
	c.background.Go(f)
}

// A holding is what the sessions that began on a connection have of its Space,
// with the connection itself: the last of them closes it.
type holding struct {
	tree.Space
	holders atomic.Int32
}

func newHolding(s tree.Space) *holding {
	h := &holding{Space: s}
	h.holders.Store(1)
	return h
}

// join is for a holder more, while there is one.
func (h *holding) join() *holding {
	h.holders.Add(1)
	return h
}

func (h *holding) leave() {
	if h.holders.Add(-1) == 0 {
		h.Space.Close()
	}
}
