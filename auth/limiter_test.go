package auth

import (
	"fmt"
	"testing"
	"time"
)

// A clock stands until a test moves it.
type clock struct{ t time.Time }

func (c *clock) now() time.Time          { return c.t }
func (c *clock) advance(d time.Duration) { c.t = c.t.Add(d) }

func newClock() *clock { return &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} }

// The waits double from the first to the last, and quiet ends it all.
func TestLimiterWaits(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := NewLimiter(c.now)
	for n := 1; n < freeFailures; n++ {
		l.Failed("a")
		if err := l.Allow("a"); err != nil {
			t.Fatalf("after %d failures: %v", n, err)
		}
	}
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60} {
		l.Failed("a")
		want *= time.Second
		if err := l.Allow("a"); KindOf(err) != RateLimited {
			t.Fatalf("not refused: %v", err)
		}
		if err := l.Allow("b"); err != nil {
			t.Errorf("another source: %v", err)
		}
		c.advance(want - 1)
		if l.Allow("a") == nil {
			t.Errorf("allowed before %v", want)
		}
		c.advance(1)
		if err := l.Allow("a"); err != nil {
			t.Errorf("after %v: %v", want, err)
		}
	}
	c.advance(forgetAfter)
	l.Failed("a")
	if err := l.Allow("a"); err != nil {
		t.Errorf("not forgotten: %v", err)
	}
}

// As many sources as one likes need no more than so much memory, and those that
// fail most recently are remembered.
func TestLimiterMemory(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := NewLimiter(c.now)
	for range freeFailures {
		l.Failed("first")
	}
	for n := range maxSources + 100 {
		l.Failed(fmt.Sprint(n))
		if n == maxSources/2 {
			l.Failed("first")
		}
	}
	if len(l.sources) != maxSources || l.order.Len() != maxSources {
		t.Errorf("%d sources, %d in order", len(l.sources), l.order.Len())
	}
	if l.Allow("first") == nil {
		t.Error("the source that failed again was forgotten")
	}
	if _, ok := l.sources["50"]; ok {
		t.Error("an older one was not")
	}
	c.advance(forgetAfter)
	l.Failed("last")
	if len(l.sources) != 1 || l.order.Len() != 1 {
		t.Errorf("%d sources after the quiet", len(l.sources))
	}
}

// verdicts is an acceptor that answers as told.
type verdicts struct {
	err   error
	calls int
}

func (v *verdicts) Accept([]byte) ([]byte, *Result, error) {
	v.calls++
	if v.err != nil {
		return nil, nil, v.err
	}
	return []byte("reply"), &Result{}, nil
}

func TestLimited(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := NewLimiter(c.now)
	try := func(v *verdicts) error {
		_, _, err := Limited(v, l, "a").Accept(nil)
		return err
	}
	local := &verdicts{err: &Error{Kind: Unavailable}}
	for range 3 * freeFailures {
		if err := try(local); KindOf(err) != Unavailable {
			t.Fatalf("our own faults count: %v", err)
		}
		if err := try(&verdicts{}); err != nil {
			t.Fatalf("successes count: %v", err)
		}
	}
	wrong := &verdicts{err: &Error{Kind: LogonFailure}}
	for range freeFailures {
		if err := try(wrong); KindOf(err) != LogonFailure {
			t.Fatal(err)
		}
	}
	good := &verdicts{}
	if err := try(good); KindOf(err) != RateLimited || good.calls > 0 {
		t.Errorf("%v, reached the mechanism %d times", err, good.calls)
	}
	c.advance(firstWait)
	if reply, done, err := Limited(good, l, "a").Accept(nil); err != nil || done == nil || string(reply) != "reply" {
		t.Errorf("after the wait: %v", err)
	}
}
