package limit

import (
	"testing"
	"testing/synctest"
	"time"
)

// A connection has what it likes under way as long as it is alone, and its share
// while another one is busy.
func TestShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := new(Table)
		table.Share(mib)
		greedy, other := newClient(t, table), newClient(t, table)
		for range 8 {
			greedy.set.Begin(mib)
			if d := took(func() { greedy.Pace(t.Context(), 0) }); d != 0 {
				t.Fatalf("alone it waits %v", d)
			}
		}
		other.say(t.Context(), 1, 4096)
		read := make(chan time.Duration)
		go func() { read <- took(func() { greedy.Pace(t.Context(), 0) }) }()
		for range 7 {
			time.Sleep(time.Millisecond)
			greedy.set.End(mib, mib)
		}
		synctest.Wait()
		select {
		case d := <-read:
			t.Fatalf("with its share under way it is read after %v", d)
		default:
		}
		time.Sleep(time.Millisecond)
		greedy.set.End(mib, mib)
		if d := <-read; d != 8*time.Millisecond {
			t.Errorf("it waits %v", d)
		}
		if d := took(func() { other.say(t.Context(), 100, 4096) }); d != 0 {
			t.Errorf("the other one waits %v", d)
		}
		time.Sleep(busyTime)
		for range 8 {
			greedy.set.Begin(mib)
			if d := took(func() { greedy.Pace(t.Context(), 0) }); d != 0 {
				t.Fatalf("alone again it waits %v", d)
			}
		}
		greedy.set.Park(mib)
		greedy.set.Unpark(0, mib, mib)
		for range 7 {
			greedy.set.End(mib, mib)
		}
		if n := greedy.own.n.Load(); n != 0 {
			t.Errorf("%d bytes are left", n)
		}
	})
}

// Of many that ask in turn each sees another one, and who is alone sees nobody.
func TestCrowd(t *testing.T) {
	t.Parallel()
	var c crowd
	var m [3]Meter
	now := int64(time.Hour)
	for i := range 10 {
		c.note(&m[i%3], now)
		for j := range m {
			if got, want := c.others(&m[j], now), i > 0 || j != 0; got != want {
				t.Errorf("%d has asked: %d sees others %v", i%3, j, got)
			}
		}
		now += int64(time.Millisecond)
	}
	now += int64(busyTime)
	c.note(&m[1], now)
	if c.others(&m[1], now) || !c.others(&m[0], now) {
		t.Error("who was there once is there for ever")
	}
}
