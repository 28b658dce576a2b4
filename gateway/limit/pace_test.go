package limit

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const mib = 1 << 20

// alice is a user with limits, in a table that is told of what is met.
var alice = Subject{User, "ALICE"}

func tableOf(l Limits) *Table {
	t := new(Table)
	t.Change(Rules{{Per: User, Limits: l}})
	return t
}

// A client is a connection of alice's, which is read as long as there is something.
type client struct {
	*Meter
	a   *Account
	set Set
}

func newClient(t testing.TB, table *Table) *client {
	t.Helper()
	m := table.Meter()
	a, ok := m.Open(alice)
	if !ok {
		t.Fatal("too many connections")
	}
	return &client{m, a, Set{User: a}}
}

// say has n requests of so many bytes read and answered, one after the other.
func (c *client) say(ctx context.Context, n int, bytes int64) {
	for range n {
		c.set.Begin(bytes)
		c.set.End(bytes, bytes)
		c.Pace(ctx, 0)
	}
}

// took is how long something takes in a bubble.
func took(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}

// around says that a duration is as long as it should be, within a hundredth.
func around(got, want time.Duration) bool {
	return got >= want-want/100 && got < want+want/100+2*minPause
}

// What crosses takes as long as the rate says, after a quarter of a second's worth
// that takes none.
func TestRate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limits Limits
		n      int
		bytes  int64
		want   time.Duration
	}{
		"bytes":    {Limits{BytesPerSecond: mib}, 40, mib / 4, 9750 * time.Millisecond},
		"large":    {Limits{BytesPerSecond: mib}, 2, 8 * mib, 15750 * time.Millisecond},
		"slow":     {Limits{BytesPerSecond: 1000}, 1, 75536, 10 * time.Second},
		"requests": {Limits{RequestsPerSecond: 100}, 1025, 64, 10 * time.Second},
		"one":      {Limits{RequestsPerSecond: 1}, 11, 64, 10 * time.Second},
		"both":     {Limits{RequestsPerSecond: 1000, BytesPerSecond: mib}, 40, mib / 4, 9750 * time.Millisecond},
		"none":     {Limits{Opens: 1}, 100, 8 * mib, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := newClient(t, tableOf(c.limits))
				if got := took(func() { a.say(t.Context(), c.n, c.bytes) }); !around(got, c.want) {
					t.Errorf("%v, want %v", got, c.want)
				}
			})
		})
	}
}

// Bytes that were asked for and did not cross are not paid for.
func TestShortAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newClient(t, tableOf(Limits{BytesPerSecond: mib}))
		got := took(func() {
			for range 100 {
				a.set.Begin(8 * mib)
				a.set.End(8*mib, 100)
				a.Pace(t.Context(), 0)
			}
		})
		if got != 0 {
			t.Errorf("it took %v", got)
		}
	})
}

// Connections of one user get the same, whatever their messages are; and one that
// wants little does not wait for those that want much.
func TestFairRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const greedy, rate = 8, 16 * mib
		table := tableOf(Limits{BytesPerSecond: rate})
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		var got [greedy]atomic.Int64
		for i := range greedy {
			c := newClient(t, table)
			bytes := int64(64<<10) << i // up to 8 MiB
			wg.Go(func() {
				for ctx.Err() == nil {
					c.say(ctx, 1, bytes)
					got[i].Add(bytes)
				}
			})
		}
		time.Sleep(time.Second)
		small := newClient(t, table)
		for range 100 {
			if d := took(func() { small.say(ctx, 1, 4<<10) }); d > (greedy+1)*quantum*time.Second/rate+2*minPause {
				t.Errorf("the small one waits %v", d)
			}
		}
		time.Sleep(30 * time.Second)
		var list []int64
		for i := range got {
			list = append(list, got[i].Load())
		}
		if least, most := slices.Min(list), slices.Max(list); most > least+least/4+8*mib {
			t.Errorf("got %v", list)
		}
		cancel()
		wg.Wait()
	})
}

// Who is killed while he waits waits no longer, and what he owed he still owes when
// he comes again.
func TestKilled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := tableOf(Limits{BytesPerSecond: mib})
		ctx, cancel := context.WithCancel(t.Context())
		a := newClient(t, table)
		time.AfterFunc(time.Second, cancel)
		if got := took(func() { a.say(ctx, 1, 10*mib) }); got != time.Second {
			t.Errorf("he waits %v", got)
		}
		a.Close(a.a)
		again := newClient(t, table)
		if got := took(func() { again.say(t.Context(), 1, mib) }); !around(got, 9750*time.Millisecond) {
			t.Errorf("he comes again and waits %v", got)
		}
		again.Close(again.a)
		time.Sleep(time.Second)
		if left := table.Subjects(); len(left) != 0 {
			t.Errorf("%v are left", left)
		}
	})
}

// Beyond what may be under way nobody is read until something has ended, in turn.
func TestUnderWay(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]Limits{"requests": {Requests: 2}, "bytes": {Bytes: 2 * mib}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				table := tableOf(limits)
				busy := newClient(t, table)
				busy.set.Begin(mib)
				busy.set.Begin(mib)
				var order []int
				var wg sync.WaitGroup
				for i := range 3 {
					c := newClient(t, table)
					wg.Go(func() {
						c.Pace(t.Context(), 0)
						c.set.Begin(mib)
						order = append(order, i)
					})
					synctest.Wait()
				}
				for i := range 3 {
					time.Sleep(trickle / 10)
					if len(order) != i {
						t.Fatalf("%v go on", order)
					}
					busy.set.End(mib, mib)
					synctest.Wait()
				}
				wg.Wait()
				if !slices.IsSorted(order) || len(order) != 3 {
					t.Errorf("in the order %v", order)
				}
			})
		})
	}
}

// What waits for something to happen is not under way; and when nothing ends, one
// message after the other is read all the same.
func TestParked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := tableOf(Limits{Requests: 1})
		a := newClient(t, table)
		a.set.Begin(100)
		if got := took(func() { a.Pace(t.Context(), 0) }); got != trickle {
			t.Errorf("waits %v", got)
		}
		a.set.Park(100)
		if got := took(func() { a.Pace(t.Context(), 0) }); got != 0 {
			t.Errorf("waits %v behind what is parked", got)
		}
		a.set.Unpark(0, 100, 100)
		if had := table.Has(alice); had != (Limits{Connections: 1}) {
			t.Errorf("has %v", had)
		}
	})
}

// Other limits are in force at once, for those who wait as well, and counts stay.
func TestChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := tableOf(Limits{BytesPerSecond: mib, Requests: 1, Opens: 2})
		a, b := newClient(t, table), newClient(t, table)
		if !a.set.Take(Opens, 2) || a.set.Take(Opens, 1) {
			t.Fatal("not two opens")
		}
		time.AfterFunc(time.Second, func() {
			table.Change(Rules{{Per: User, Limits: Limits{BytesPerSecond: 8 * mib, Requests: 2, Opens: 3}}})
		})
		b.set.Begin(100)
		if got := took(func() { a.say(t.Context(), 1, 16*mib) }); got < 2*time.Second || got > 3*time.Second {
			t.Errorf("16 MiB take %v", got)
		}
		if !a.set.Take(Opens, 1) || a.set.Take(Opens, 1) {
			t.Error("not three opens")
		}
		time.AfterFunc(time.Second, func() { table.Change(nil) })
		if got := took(func() { a.say(t.Context(), 1, 1000*mib) }); !around(got, time.Second) {
			t.Errorf("without a limit: %v", got)
		}
		if had := table.Has(alice); had != (Limits{Connections: 2, Opens: 3, Requests: 1, Bytes: 100}) {
			t.Errorf("has %v", had)
		}
	})
}

// Counting and pacing allocate nothing.
func TestAllocations(t *testing.T) {
	table := tableOf(Limits{BytesPerSecond: 1 << 40, RequestsPerSecond: 1 << 30, Requests: 100, Bytes: 100 * mib})
	c := newClient(t, table)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if n := testing.AllocsPerRun(1000, func() { c.say(ctx, 1, 4096) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRequest(b *testing.B) {
	table := tableOf(Limits{BytesPerSecond: 1 << 40, RequestsPerSecond: 1 << 40, Requests: 1000, Bytes: 1000 * mib})
	b.RunParallel(func(pb *testing.PB) {
		c := newClient(b, table)
		for pb.Next() {
			c.say(b.Context(), 1, 4096)
		}
	})
}
