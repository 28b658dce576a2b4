package health

import (
	"context"
	"sync"
	"time"
)

// Run checks addresses until ctx ends. When it returns, no check is under way. It
// is called once; of Monitors that share addresses the last one to begin checks
// them.
func (m *Monitor) Run(ctx context.Context) {
	if m.policy.mode == Never {
		return
	}
	m.attach()
	defer m.detach()
	var checks sync.WaitGroup
	defer checks.Wait()
	for {
		pause := m.start(ctx, &checks)
		select {
		case <-ctx.Done():
			return
		case <-m.woken:
		case <-pause:
		}
	}
}

// attach has this Monitor hear of all addresses. What was down before is asked
// again: another configuration may reach it.
func (m *Monitor) attach() {
	now := time.Now()
	for _, a := range m.addresses {
		a.mu.Lock()
		a.watcher = m
		a.state.retry(now)
		if m.policy.mode == Always && a.state.next.IsZero() {
			a.state.next = now.Add(m.policy.cut(m.policy.interval))
		}
		a.mu.Unlock()
	}
}

func (m *Monitor) detach() {
	for _, a := range m.addresses {
		a.mu.Lock()
		if a.watcher == m {
			a.watcher = nil
			a.state.suspect = false
		}
		a.mu.Unlock()
	}
}

// start begins the checks that are due, and says when the next one is: nil for
// when something happens.
func (m *Monitor) start(ctx context.Context, checks *sync.WaitGroup) <-chan time.Time {
	var next time.Time
	now := time.Now()
	for i, a := range m.addresses {
		a.mu.Lock()
		begin := a.watcher == m && a.state.begin(now)
		if at := a.state.next; !a.state.checking && !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
		a.mu.Unlock()
		if begin {
			checks.Go(func() { m.examine(ctx, i) })
		}
	}
	if next.IsZero() {
		return nil
	}
	return time.After(next.Sub(now))
}

// examine makes one check.
func (m *Monitor) examine(ctx context.Context, i int) {
	err := m.attempt(ctx, m.timeout, func(ctx context.Context) error { return m.check(ctx, i) })
	off := ctx.Err() != nil || ours(err)
	m.settle(i, err, func(s *state, p policy, now time.Time) bool { return s.end(p, now, err == nil, off) })
}
