package health

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A rig is a Monitor of addresses a, b, ... whose peers do as they are told.
type rig struct {
	t      *testing.T
	m      *Monitor
	log    book
	mu     sync.Mutex
	peers  []func(context.Context) error
	checks []int // made of each
	stop   func()
}

var errRefused = fmt.Errorf("dial: %w", syscall.ECONNREFUSED)

func answers(context.Context) error { return nil }
func refuses(context.Context) error { return errRefused }
func swallows(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// within runs f with a rig in a bubble, where a goroutine that is left fails.
func within(t *testing.T, o Options, f func(r *rig), peers ...func(context.Context) error) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, peers: peers, checks: make([]int, len(peers))}
		r.m = New(r.config(o), nil)
		r.run()
		f(r)
		r.stop()
	})
}

func (r *rig) config(o Options) Config {
	names := []string{"a", "b", "c"}[:len(r.peers)]
	text := slog.NewTextHandler(&r.log, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == "backend" {
			return slog.Attr{}
		}
		return a
	}})
	return Config{
		Backend: "nas", Addresses: names, Options: o, Log: slog.New(text), Random: func() float64 { return 0 },
		Check: func(ctx context.Context, i int) error {
			r.mu.Lock()
			r.checks[i]++
			r.mu.Unlock()
			return r.peer(i)(ctx)
		},
	}
}

// A book is written and read at the same time.
type book struct {
	mu sync.Mutex
	b  strings.Builder
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// checked is how many checks each address has had.
func (r *rig) checked() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.checks)
}

// run starts the Monitor; stop stops it.
func (r *rig) run() {
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.m.Run(ctx)
	}()
	synctest.Wait()
	r.stop = func() {
		cancel()
		<-done
	}
}

func (r *rig) peer(i int) func(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.peers[i]
}

func (r *rig) becomes(i int, do func(context.Context) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.peers[i] = do
}

// reach says which addresses were tried, and how long it took.
func (r *rig) reach(ctx context.Context) (tried []int, took time.Duration, err error) {
	began := time.Now()
	_, err = r.m.Reach(ctx, func(ctx context.Context, i int) error {
		tried = append(tried, i)
		return r.peer(i)(ctx)
	})
	return tried, time.Since(began), err
}

// reaches checks which addresses are tried, and in which time.
func (r *rig) reaches(what string, within time.Duration, want ...int) {
	r.t.Helper()
	tried, took, err := r.reach(r.t.Context())
	if err != nil || !slices.Equal(tried, want) || took != within {
		r.t.Errorf("%s: tried %v in %v: %v; want %v in %v", what, tried, took, err, want, within)
	}
}

// logged checks all that the log has.
func (r *rig) logged(want ...string) {
	r.t.Helper()
	synctest.Wait()
	text := strings.TrimSuffix(r.log.String(), "\n")
	if text != strings.Join(want, "\n") {
		r.t.Errorf("the log has\n%s\nwant\n%s", text, strings.Join(want, "\n"))
	}
}

// pass lets time pass, and all happen that is due.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// down and up are lines of the log.
func down(address, reason string) string {
	return fmt.Sprintf("msg=\"backend address is down\" address=%s reason=%q", address, reason)
}

func up(address, after string) string {
	return fmt.Sprintf("msg=\"backend address is up\" address=%s down=%s", address, after)
}

// The first address that answers has the client, each change is one line however
// many see it, and the preferred address is used again when it is back.
func TestFailover(t *testing.T) {
	within(t, Options{}, func(r *rig) {
		r.reaches("all is well", 0, 0)
		r.becomes(0, refuses)
		r.reaches("the first is gone", 0, 0, 1)
		for range 5 {
			r.reaches("and known to be", 0, 1)
		}
		pass(20 * time.Second) // checks after 1, 3, 7 and 15 s
		if r.checked()[0] != 4 || r.checked()[1] != 0 {
			t.Errorf("checks: %v", r.checked())
		}
		r.becomes(0, answers)
		r.reaches("back, and nobody knows", 0, 1)
		pass(5 * time.Second)
		r.reaches("back", 0, 0)
		pass(time.Hour)
		if r.checked()[0] != 5 || r.checked()[1] != 0 {
			t.Errorf("checks in the end: %v", r.checked())
		}
		r.logged(down("a", errRefused.Error()), up("a", "25s"))
	}, answers, answers)
}

// An address that swallows everything costs its part of the time, once.
func TestBlackHole(t *testing.T) {
	within(t, Options{}, func(r *rig) {
		r.reaches("the first client", 2500*time.Millisecond, 0, 1)
		r.reaches("the next", 0, 1)
		r.logged(down("a", "no connection within 2.5s"))
	}, swallows, answers)
}

// Nobody waits longer than the timeout, whatever the mixture, and what one address
// leaves over the others have.
func TestAllDead(t *testing.T) {
	within(t, Options{Timeout: 6 * time.Second}, func(r *rig) {
		tried, took, err := r.reach(r.t.Context())
		if !slices.Equal(tried, []int{0, 1, 2}) || took != 6*time.Second {
			t.Errorf("tried %v in %v", tried, took)
		}
		want := "backend unreachable: a: no connection within 2s; b: " + errRefused.Error() + "; c: no connection within 4s"
		if err == nil || err.Error() != want || !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%v, want %s", err, want)
		}
		if n, all := r.m.Down(); n != 3 || all != 3 {
			t.Errorf("%d of %d are down", n, all)
		}
		// They are tried all the same: one may be back, and that is news.
		r.becomes(1, answers)
		r.reaches("one is back", 2*time.Second, 0, 1)
	}, swallows, refuses, swallows)
}

// Who has given up, had no time, or cannot dial at all, blames nobody.
func TestBlame(t *testing.T) {
	within(t, Options{}, func(r *rig) {
		ctx, cancel := context.WithTimeout(r.t.Context(), time.Second)
		defer cancel()
		if _, took, err := r.reach(ctx); err == nil || took != time.Second {
			t.Errorf("a client in a hurry: %v in %v", err, took)
		}
		ctx, cancel = context.WithCancel(r.t.Context())
		time.AfterFunc(time.Second, cancel)
		if tried, took, err := r.reach(ctx); err == nil || took != time.Second || len(tried) != 1 {
			t.Errorf("a client that leaves: tried %v in %v: %v", tried, took, err)
		}
		if tried, _, err := r.reach(ctx); len(tried) != 0 || !strings.Contains(err.Error(), context.Canceled.Error()) {
			t.Errorf("one that has left: tried %v: %v", tried, err)
		}
		r.becomes(0, func(context.Context) error { return syscall.EMFILE })
		r.becomes(1, func(context.Context) error { return syscall.EMFILE })
		if _, _, err := r.reach(r.t.Context()); !errors.Is(err, syscall.EMFILE) {
			t.Errorf("no descriptors: %v", err)
		}
		r.logged()
	}, swallows, swallows)
}

// The end of a connection has its address checked, and nothing else if that answers.
func TestLost(t *testing.T) {
	within(t, Options{}, func(r *rig) {
		r.m.Lost(0, io.EOF)
		synctest.Wait()
		if r.checked()[0] != 1 {
			t.Errorf("checks: %v", r.checked())
		}
		r.m.Lost(0, io.EOF)
		r.m.Doubt(0)
		synctest.Wait()
		if r.checked()[0] != 1 {
			t.Error("a check for each")
		}
		r.reaches("it has answered", 0, 0)
		r.becomes(0, refuses)
		r.m.Lost(0, io.EOF)
		pass(time.Second)
		r.logged(down("a", errRefused.Error()))
		r.reaches("gone", 0, 1)
	}, answers, answers)
}

// Who comes back from a connection that fell silent does not wait where it was.
func TestSilence(t *testing.T) {
	within(t, Options{}, func(r *rig) {
		r.m.Lost(0, syscall.ETIMEDOUT)
		r.reaches("in doubt", 0, 1)
		r.logged()
		pass(5 * time.Second)
		r.logged(down("a", "no connection within 5s"))
		r.reaches("no doubt", 0, 1)
	}, swallows, answers)
}

// A connection that fell silent, to an address that is well.
func TestFalseAlarm(t *testing.T) {
	within(t, Options{}, func(r *rig) {
		r.m.Lost(0, syscall.ETIMEDOUT)
		synctest.Wait()
		r.reaches("checked", 0, 0)
		r.logged()
	}, answers, answers)
}

// Always finds out about an address that nobody uses.
func TestAlways(t *testing.T) {
	within(t, Options{Mode: Always, Interval: 30 * time.Second}, func(r *rig) {
		pass(31 * time.Second)
		r.becomes(1, refuses)
		if r.checked()[0] != 1 || r.checked()[1] != 1 {
			t.Errorf("checks: %v", r.checked())
		}
		pass(30 * time.Second)
		r.logged(down("b", errRefused.Error()))
	}, answers, answers)
}

// Never checks nothing; a client finds out what has come back.
func TestNever(t *testing.T) {
	within(t, Options{Mode: Never}, func(r *rig) {
		r.reaches("down", 0, 0, 1)
		r.m.Lost(1, io.EOF)
		r.reaches("still up", 0, 1)
		r.m.Lost(1, syscall.ETIMEDOUT)
		r.becomes(0, answers)
		pass(time.Second)
		r.reaches("after the pause", 0, 0)
		if r.checked()[0]+r.checked()[1] != 0 {
			t.Errorf("checks: %v", r.checked())
		}
		r.logged(down("a", errRefused.Error()), down("b", syscall.ETIMEDOUT.Error()), up("a", "1s"))
	}, refuses, answers)
}

// Another configuration keeps what is known of the addresses that stay, and asks
// anew at once. What those learn that are still with the one before, it learns too.
func TestInherit(t *testing.T) {
	within(t, Options{}, func(r *rig) {
		r.reaches("the first is gone", 0, 0, 1)
		pass(14 * time.Second) // after checks at 1, 3 and 7 s the next is at 15 s
		before := r.m
		c := r.config(Options{})
		c.Addresses = []string{"a", "c"}
		r.m = New(c, before)
		r.reaches("it is known", 0, 1)
		r.stop()
		checks := r.checked()[0]
		r.run()
		if r.checked()[0] != checks+1 {
			t.Error("it is not asked anew")
		}
		r.becomes(0, answers)
		before.Lost(1, syscall.ETIMEDOUT) // b, which is watched by nobody
		pass(10 * time.Second)
		r.reaches("back", 0, 0)
		r.becomes(0, swallows)
		before.Lost(0, syscall.ETIMEDOUT)
		r.reaches("what the other knows", 0, 1)
		pass(6 * time.Second) // it was checked this second
		if n, all := r.m.Down(); n != 1 || all != 2 {
			t.Errorf("%d of %d are down", n, all)
		}
		if n, _ := before.Down(); n != 2 {
			t.Errorf("before: %d are down", n)
		}
	}, refuses, answers)
}

// The end does not wait for a check, and a check that it has ended says nothing.
func TestStop(t *testing.T) {
	within(t, Options{}, func(r *rig) {
		r.m.Lost(0, io.EOF)
		synctest.Wait()
		began := time.Now()
		r.stop()
		if time.Since(began) != 0 {
			t.Error("the end waits")
		}
		r.logged()
	}, swallows)
}

// Descriptors that have run out do not make the checks spin.
func TestCheckOfNobody(t *testing.T) {
	within(t, Options{}, func(r *rig) {
		r.m.Doubt(0)
		pass(9500 * time.Millisecond)
		if r.checked()[0] != 10 {
			t.Errorf("%d checks", r.checked()[0])
		}
		r.logged()
	}, func(context.Context) error { return syscall.EMFILE })
}

func TestNoAddress(t *testing.T) {
	t.Parallel()
	_, err := New(Config{}, nil).Reach(t.Context(), nil)
	if err == nil || err.Error() != "backend unreachable: it has no address" {
		t.Errorf("%v", err)
	}
}
