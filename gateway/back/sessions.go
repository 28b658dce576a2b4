package back

import "sync"

// Sessions remembers which session at a backend each of the front leg's is
// carried on, so that a client that comes back can name the one it had,
// [MS-SMB2] 3.2.4.2.3: the backend then ends that one at once, and its durable
// opens wait for the client. There is one for each backend and way to log in
// there, which all of its Spaces share. The zero value is empty.
//
// That a previous session was the same user's is the front leg's to make sure,
// and the backend's.
type Sessions struct {
	mu      sync.Mutex
	entries map[uint64]remembered // by the front leg's id
	entered uint64
}

type remembered struct {
	id    uint64 // the backend's
	order uint64
}

// put enters a session. When there are too many the oldest is forgotten.
func (t *Sessions) put(front, id uint64) {
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
	t.entries[front] = remembered{id, t.entered}
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

// find is what a front session was carried on, or 0.
func (t *Sessions) find(front uint64) uint64 {
	if t == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.entries[front].id
}

// forget is for sessions that are over for good.
func (t *Sessions) forget(front uint64) {
	if t == nil {
		return
	}
	t.mu.Lock()
	delete(t.entries, front)
	t.mu.Unlock()
}

// Len is the number of sessions that are remembered.
func (t *Sessions) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.entries)
}
