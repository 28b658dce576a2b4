package limit

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// A Meter is what one connection has of budgets. While it has one open it counts
// among the budget's Connections.
type Meter struct {
	table *Table
	lanes [lanes]waiter
	own   gauge        // bytes under way
	noted atomic.Int64 // when the table was told last

	mu       sync.Mutex                 // held by who changes what follows
	accounts atomic.Pointer[[]*Account] // replaced as a whole
}

// An Account is one connection's part of a budget.
type Account struct {
	budget *budget
	meter  *Meter
	opened int                                   // the meter's
	owed   [NumberOfKinds - counted]atomic.Int64 // of rates; less than nothing is in hand
}

// Meter returns one of a new connection.
func (t *Table) Meter() *Meter {
	m := &Meter{table: t}
	m.own.unit = usual
	for i := range m.lanes {
		m.lanes[i].ready = make(chan struct{}, 1)
	}
	m.accounts.Store(new([]*Account))
	return m
}

// Open returns the connection's account with a subject, until as many Closes; false
// when the subject has too many Connections.
func (m *Meter) Open(s Subject) (*Account, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := *m.accounts.Load()
	for _, a := range list {
		if a.budget.subject == s {
			a.opened++
			return a, true
		}
	}
	a := &Account{meter: m, budget: m.table.open(s), opened: 1}
	if !a.budget.gauges[Connections].take(1) {
		a.budget.met(Connections)
		m.table.close(a.budget)
		return nil, false
	}
	list = append(slices.Clip(list), a)
	m.accounts.Store(&list)
	return a, true
}

// Find is the account that is open with a subject, or nil.
func (m *Meter) Find(s Subject) *Account {
	for _, a := range *m.accounts.Load() {
		if a.budget.subject == s {
			return a
		}
	}
	return nil
}

// Close ends what Open has begun. What is owed then stays the subject's.
func (m *Meter) Close(a *Account) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a.opened--; a.opened > 0 {
		return
	}
	list := slices.DeleteFunc(slices.Clone(*m.accounts.Load()), func(b *Account) bool { return a == b })
	m.accounts.Store(&list)
	for k := range a.owed {
		if n := a.owed[k].Swap(0); n > 0 {
			a.budget.rates[k].charge(n)
		}
	}
	a.budget.gauges[Connections].give(1)
	m.table.close(a.budget)
}

// Pace blocks until the client may be read again, or until ctx ends. Each lane is
// one goroutine's.
func (m *Meter) Pace(ctx context.Context, lane int) { m.PaceOn(ctx, m, lane) }

// PaceOn is Pace on a lane of another connection's, which brings this one's client
// more to do.
func (m *Meter) PaceOn(ctx context.Context, other *Meter, lane int) {
	w := &other.lanes[lane]
	if lane == 0 {
		m.own.limit.Store(m.shared())
		if !m.own.enter(w) {
			m.own.await(ctx, w)
		}
	}
	accounts := *m.accounts.Load()
	for _, a := range accounts {
		for k := Requests; k <= Bytes; k++ {
			if g := &a.budget.gauges[k]; !g.enter(w) {
				a.budget.met(k)
				g.await(ctx, w)
			}
		}
	}
	for _, a := range accounts {
		a.settle(ctx, w)
	}
}

// settle pays what the connection owes a budget.
func (a *Account) settle(ctx context.Context, w *waiter) {
	for k := range a.owed {
		if a.owed[k].Load() <= 0 {
			continue
		}
		n := a.owed[k].Swap(0)
		if n <= 0 { // another lane has been quicker
			a.owed[k].Add(n)
			continue
		}
		if p := &a.budget.rates[k]; !p.pay(n, w) {
			a.budget.met(counted + Kind(k))
			p.await(ctx, w)
		}
	}
}
