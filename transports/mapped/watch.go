package mapped

import (
	"maps"
	"sync"
)

// watchers are told of chunks that go. The map is replaced, not changed.
type watchers struct {
	mu     sync.Mutex
	byTurn map[uint64]func(*Chunk)
	turn   uint64
}

// Watch has f called with each chunk before it is unmapped, when no block of it
// is in use and none will be. f may use the Memory, and takes as long as it
// needs: only who frees waits. After stop it is called no more, but a call of
// another goroutine may still be under way.
func (m *Memory) Watch(f func(*Chunk)) (stop func()) {
	w := &m.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	w.turn++
	turn := w.turn
	next := maps.Clone(w.byTurn)
	if next == nil {
		next = make(map[uint64]func(*Chunk))
	}
	next[turn] = f
	w.byTurn = next
	return func() { w.stop(turn) }
}

func (w *watchers) stop(turn uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	next := maps.Clone(w.byTurn)
	delete(next, turn)
	w.byTurn = next
}

func (w *watchers) tell(c *Chunk) {
	w.mu.Lock()
	list := w.byTurn
	w.mu.Unlock()
	for _, f := range list {
		f(c)
	}
}
