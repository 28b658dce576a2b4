package limit

import (
	"context"
	"sync"
	"sync/atomic"
)

// A gauge counts what is had at once of one kind.
type gauge struct {
	n     atomic.Int64
	limit atomic.Int64 // 0: none
	unit  int64        // of what one message is taken to add

	queued  atomic.Int32 // in waiting
	mu      sync.Mutex   // guards what follows
	waiting queue
}

// take adds n unless that would be too many.
func (g *gauge) take(n int64) bool {
	for {
		had, limit := g.n.Load(), g.limit.Load()
		if limit > 0 && had+n > limit {
			return false
		}
		if g.n.CompareAndSwap(had, had+n) {
			return true
		}
	}
}

// add adds n, too many or not.
func (g *gauge) add(n int64) { g.n.Add(n) }

// give takes n away, and lets others go on.
func (g *gauge) give(n int64) {
	g.n.Add(-n)
	if g.queued.Load() > 0 {
		g.mu.Lock()
		g.stir()
		g.mu.Unlock()
	}
}

// bound changes the limit.
func (g *gauge) bound(limit int64) {
	g.limit.Store(limit)
	g.give(0)
}

// room is how many messages may come.
func (g *gauge) room() int64 {
	limit := g.limit.Load()
	if limit == 0 {
		return 1 << 30
	}
	return (limit - g.n.Load() + g.unit - 1) / g.unit
}

// stir lets as many go on as there is room for. mu is held.
func (g *gauge) stir() {
	for n := g.room(); n > 0 && g.waiting.first != nil; n-- {
		g.waiting.wake(g.waiting.first)
		g.queued.Add(-1)
	}
}

// enter says that there is room, or puts w where it waits for some.
func (g *gauge) enter(w *waiter) bool {
	if g.room() > 0 && g.queued.Load() == 0 {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queued.Add(1) // before room is looked at: who gives looks at it after
	g.waiting.push(w)
	g.stir()
	return w.passed()
}

// await blocks until it is w's turn and there is room, for a moment at most, or
// until ctx ends.
func (g *gauge) await(ctx context.Context, w *waiter) {
	expired := w.expires(trickle)
	defer w.timer.Stop()
	select {
	case <-w.ready:
		return
	case <-ctx.Done():
	case <-expired:
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if !w.passed() {
		g.waiting.remove(w)
		g.queued.Add(-1)
	}
}
