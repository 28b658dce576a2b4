package back

import (
	"sync"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/smb2"
)

// Sessions remembers which session at a backend each of the front leg's is
// carried on, so that a client that comes back can name the one it had,
// [MS-SMB2] 3.2.4.2.3: the backend then ends that one at once, and its durable
// opens wait for the client. There is one for each backend and way to log in
// there, which all of its Spaces share. The zero value is empty.
//
// What it has of one user it tells no other, whom the backend may take for the
// same.
type Sessions struct {
	mu      sync.Mutex
	entries map[uint64]remembered // by the front leg's id
	entered uint64
	conns   map[smb2.GUID][]*Conn // that there are, by their clients
}

type remembered struct {
	id    uint64 // the backend's
	user  string
	order uint64
}

// put enters a session. When there are too many the oldest is forgotten.
func (t *Sessions) put(front, id uint64, user string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.entries == nil {
		t.entries = make(map[uint64]remembered)
	}
	if _, ok := t.entries[front]; !ok && len(t.entries) == maxRemembered {
		t.forgetOldest()
	}
	t.entered++
	t.entries[front] = remembered{id, auth.Upper(user), t.entered}
}

func (t *Sessions) forgetOldest() {
	oldest, order := uint64(0), ^uint64(0)
	for front, r := range t.entries {
		if r.order < order {
			oldest, order = front, r.order
		}
	}
	delete(t.entries, oldest)
}

// find is what a user's front session was carried on, or 0.
func (t *Sessions) find(front uint64, user string) uint64 {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if r := t.entries[front]; r.user == auth.Upper(user) {
		return r.id
	}
	return 0
}

// forget is for sessions that are over for good: id, whatever has come after it.
func (t *Sessions) forget(front, id uint64) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.entries[front].id == id {
		delete(t.entries, front)
	}
}

// Len is the number of sessions that are remembered.
func (t *Sessions) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.entries)
}
