package limit

import (
	"sync"
	"sync/atomic"
)

// A Table is all budgets. Its zero value has no limits.
type Table struct {
	// Report is told of limits that have been met. It does not block; nil is
	// nobody. It is not changed once there is a Meter.
	Report func(Excess)

	share atomic.Int64
	crowd crowd

	mu      sync.Mutex // guards what follows
	rules   Rules
	budgets map[Subject]*budget
	first   *budget // of those that nobody has open, the longest so first
	last    *budget
	idle    int
}

// An Excess is a limit that somebody has met.
type Excess struct {
	Subject Subject
	Kind    Kind
	Limit   int64
	Missed  int64 // times that this was not reported since the last report
}

// Change puts rules in force, for what there is and for what comes. What is had
// already stays had.
func (t *Table) Change(rules Rules) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rules = rules
	for s, b := range t.budgets {
		b.bound(rules.For(s))
	}
}

// open finds a subject's budget, or makes it.
func (t *Table) open(s Subject) *budget {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep()
	b := t.budgets[s]
	switch {
	case b == nil:
		b = newBudget(t, s)
		b.bound(t.rules.For(s))
		if t.budgets == nil {
			t.budgets = make(map[Subject]*budget)
		}
		t.budgets[s] = b
	case b.open == 0:
		t.unlink(b)
	}
	b.open++
	return b
}

// close ends what open has begun.
func (t *Table) close(b *budget) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if b.open--; b.open > 0 {
		return
	}
	b.prev, b.next = t.last, nil
	if t.last != nil {
		t.last.next = b
	} else {
		t.first = b
	}
	t.last = b
	t.idle++
	if b.settled() {
		t.forget(b)
	}
	t.sweep()
}

// sweep forgets what needs no memory any more, and what there is too much of. mu
// is held.
func (t *Table) sweep() {
	for b := t.first; b != nil && (t.idle > maxIdle || b.settled()); b = t.first {
		t.forget(b)
	}
}

func (t *Table) forget(b *budget) {
	t.unlink(b)
	delete(t.budgets, b.subject)
}

func (t *Table) unlink(b *budget) {
	if b.prev != nil {
		b.prev.next = b.next
	} else {
		t.first = b.next
	}
	if b.next != nil {
		b.next.prev = b.prev
	} else {
		t.last = b.prev
	}
	b.next, b.prev = nil, nil
	t.idle--
}

// Has is what a subject has at present: its counts, without rates.
func (t *Table) Has(s Subject) (had Limits) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if b := t.budgets[s]; b != nil {
		for k := range b.gauges {
			had[k] = b.gauges[k].n.Load()
		}
	}
	return had
}

// Subjects are those that have something, or owe something.
func (t *Table) Subjects() []Subject {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sweep()
	list := make([]Subject, 0, len(t.budgets))
	for s := range t.budgets {
		list = append(list, s)
	}
	return list
}
