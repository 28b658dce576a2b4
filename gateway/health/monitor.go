package health

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Config is what a Monitor is made with.
type Config struct {
	Backend   string   // its name in the log
	Addresses []string // in order of preference, as the log has them

	Options

	// Check asks the address of an index for a sign of life.
	Check func(ctx context.Context, i int) error

	// Random is from 0 to 1, rand.Float64 when nil.
	Random func() float64

	Log *slog.Logger
}

// Options are what an operator may want otherwise. Zero is the default.
type Options struct {
	Timeout  time.Duration // of Reach and of a check; DefaultTimeout
	Mode     Mode
	Interval time.Duration // the longest pause between checks; DefaultInterval
}

// A Monitor is the addresses of one backend.
type Monitor struct {
	backend   string
	addresses []*address
	timeout   time.Duration
	policy    policy
	check     func(ctx context.Context, i int) error
	log       *slog.Logger
	woken     chan struct{} // Run has something to see to
}

// An address may be one of several Monitors.
type address struct {
	name string

	mu      sync.Mutex
	state   state
	watcher *Monitor // that runs; nil when nobody checks
}

// New returns a Monitor. Addresses that were before's keep their state; before may
// be nil.
func New(c Config, before *Monitor) *Monitor {
	m := &Monitor{
		backend: c.Backend,
		timeout: c.Timeout,
		policy:  policy{c.Mode, c.Interval, c.Random},
		check:   c.Check,
		log:     c.Log,
		woken:   make(chan struct{}, 1),
	}
	if m.timeout == 0 {
		m.timeout = DefaultTimeout
	}
	if m.policy.interval == 0 {
		m.policy.interval = DefaultInterval
	}
	if m.policy.random == nil {
		m.policy.random = rand.Float64
	}
	for _, name := range c.Addresses {
		m.addresses = append(m.addresses, before.find(name))
	}
	return m
}

// find is the address of a name, m's where it has that.
func (m *Monitor) find(name string) *address {
	if m != nil {
		for _, a := range m.addresses {
			if a.name == name {
				return a
			}
		}
	}
	return &address{name: name}
}

// Timeout is how long Reach takes at most.
func (m *Monitor) Timeout() time.Duration { return m.timeout }

// Down is how many of the addresses are down.
func (m *Monitor) Down() (down, all int) {
	for _, a := range m.addresses {
		a.mu.Lock()
		if a.state.down {
			down++
		}
		a.mu.Unlock()
	}
	return down, len(m.addresses)
}

// Lost says that a connection to an address has ended by itself.
func (m *Monitor) Lost(i int, err error) {
	a := m.addresses[i]
	a.mu.Lock()
	w := a.watcher
	if w != nil {
		a.state.doubt(time.Now(), silence(err))
	}
	a.mu.Unlock()
	switch {
	case w != nil:
		w.wake()
	case silence(err): // nobody will check
		m.fails(i, err)
	}
}

// Doubt has an address checked that has not done what was expected.
func (m *Monitor) Doubt(i int) { m.Lost(i, nil) }

// works and fails say how an attempt has ended.
func (m *Monitor) works(i int) {
	m.settle(i, nil, func(s *state, p policy, now time.Time) bool { return s.works(p, now) })
}

func (m *Monitor) fails(i int, err error) {
	m.settle(i, err, func(s *state, p policy, now time.Time) bool { return s.fails(p, now) })
}

// settle changes an address's state and logs that, when it is news.
func (m *Monitor) settle(i int, reason error, change func(*state, policy, time.Time) bool) {
	a, now := m.addresses[i], time.Now()
	a.mu.Lock()
	w, p := a.watcher, m.policy
	if w != nil {
		p = w.policy
	}
	since := a.state.since
	news := change(&a.state, p, now)
	down := a.state.down
	a.mu.Unlock()
	if w != nil {
		w.wake()
	}
	switch {
	case news && down:
		m.log.Warn("backend address is down", "backend", m.backend, "address", a.name, "reason", reason)
	case news:
		m.log.Info("backend address is up", "backend", m.backend, "address", a.name, "down", now.Sub(since).Round(time.Millisecond))
	}
}

func (m *Monitor) wake() {
	select {
	case m.woken <- struct{}{}:
	default:
	}
}
