package auth

import (
	"container/list"
	"fmt"
	"sync"
	"time"
)

// A Limiter counts the failed log-ins of each source and refuses a source for a
// while when there are too many; limits.go has the numbers. A log-in that
// succeeds clears nothing, for else whoever has one password could guess
// another between his own log-ins. Many goroutines may use a Limiter.
//
// A source is whatever the caller takes for one attacker: an IPv4 address, the
// first 64 bits of an IPv6 address.
type Limiter struct {
	now func() time.Time

	mu      sync.Mutex
	sources map[string]*list.Element // of *source
	order   *list.List               // by last failure, the oldest first
}

type source struct {
	key      string
	failures int
	last     time.Time // failure
	until    time.Time // refused
}

// NewLimiter returns a Limiter that takes the time from now, time.Now if nil.
func NewLimiter(now func() time.Time) *Limiter {
	if now == nil {
		now = time.Now
	}
	return &Limiter{now: now, sources: map[string]*list.Element{}, order: list.New()}
}

// Allow is nil, or an *Error when the source has to wait.
func (l *Limiter) Allow(key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.sources[key]
	if !ok {
		return nil
	}
	s, now := e.Value.(*source), l.now()
	if wait := s.until.Sub(now); wait > 0 {
		return &Error{Kind: RateLimited, Mechanism: "log-in", Problem: fmt.Sprintf("%d failures of this source, refused for another %v", s.failures, wait.Round(time.Millisecond))}
	}
	return nil
}

// Failed counts a failure of the source.
func (l *Limiter) Failed(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	l.forget(now)
	e, ok := l.sources[key]
	if !ok {
		if l.order.Len() >= maxSources {
			l.drop(l.order.Front())
		}
		e = l.order.PushBack(&source{key: key})
		l.sources[key] = e
	}
	l.order.MoveToBack(e)
	s := e.Value.(*source)
	s.failures++
	s.last = now
	if over := s.failures - freeFailures; over >= 0 {
		s.until = now.Add(waitAfter(over))
	}
}

// waitAfter is how long to refuse after so many failures beyond the free ones.
func waitAfter(over int) time.Duration {
	wait := firstWait
	for ; over > 0 && wait < lastWait; over-- {
		wait *= 2
	}
	return min(wait, lastWait)
}

// forget drops the sources that have been quiet for long enough.
func (l *Limiter) forget(now time.Time) {
	for e := l.order.Front(); e != nil && now.Sub(e.Value.(*source).last) >= forgetAfter; e = l.order.Front() {
		l.drop(e)
	}
}

func (l *Limiter) drop(e *list.Element) {
	delete(l.sources, e.Value.(*source).key)
	l.order.Remove(e)
}

// Limited is a, behind the limiter: refused sources do not reach it, and what
// the peer does wrong counts.
func Limited(a Acceptor, l *Limiter, key string) Acceptor { return &limited{a, l, key} }

type limited struct {
	a   Acceptor
	l   *Limiter
	key string
}

var _ Acceptor = (*limited)(nil)

func (a *limited) Accept(token []byte) ([]byte, *Result, error) {
	if err := a.l.Allow(a.key); err != nil {
		return nil, nil, err
	}
	reply, done, err := a.a.Accept(token)
	if err != nil && !KindOf(err).Local() {
		a.l.Failed(a.key)
	}
	return reply, done, err
}
