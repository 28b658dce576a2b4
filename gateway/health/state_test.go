package health

import (
	"math/rand/v2"
	"testing"
	"time"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// strict is a policy without chance.
func strict(m Mode) policy {
	return policy{m, DefaultInterval, func() float64 { return 0 }}
}

// The pauses between checks of an address that stays down double up to the
// interval.
func TestBackOff(t *testing.T) {
	t.Parallel()
	var s state
	p, now := strict(WhenDown), start
	if !s.fails(p, now) {
		t.Fatal("its fall is no news")
	}
	for i, want := range []time.Duration{1, 2, 4, 8, 10, 10} {
		if got := s.next.Sub(now); got != want*time.Second {
			t.Errorf("pause %d is %v, want %v", i, got, want*time.Second)
		}
		if s.fails(p, s.next.Add(-1)) || s.begin(s.next.Add(-1)) {
			t.Error("something happens in the pause")
		}
		now = s.next
		if !s.begin(now) || s.begin(now) {
			t.Fatal("no check, or two of them")
		}
		if s.end(p, now, false, false) {
			t.Error("that it is still down is news")
		}
	}
	if !s.begin(s.next) || !s.end(p, s.checked, true, false) || s.down || !s.next.IsZero() {
		t.Errorf("after a good check: %+v", s)
	}
}

// Chance cuts a pause by up to a half, and never makes it longer.
func TestJitter(t *testing.T) {
	t.Parallel()
	for _, r := range []float64{0, 0.25, 0.875} {
		p := policy{WhenDown, DefaultInterval, func() float64 { return r }}
		if got, want := p.cut(8*time.Second), time.Duration((1-r/2)*8e9); got != want {
			t.Errorf("%v: %v, want %v", r, got, want)
		}
	}
}

// One that falls again soon goes on with the pause it had; after a while of being
// up all is forgotten.
func TestFlapping(t *testing.T) {
	t.Parallel()
	for up, want := range map[time.Duration]time.Duration{
		DefaultInterval - 1: 2 * time.Second,
		DefaultInterval:     time.Second,
	} {
		var s state
		p := strict(WhenDown)
		s.fails(p, start)
		now := s.next
		if !s.begin(now) || !s.end(p, now, true, false) {
			t.Fatal("it does not rise")
		}
		now = now.Add(up)
		s.fails(p, now)
		if got := s.next.Sub(now); got != want {
			t.Errorf("up for %v, then a pause of %v, want %v", up, got, want)
		}
	}
}

// Doubt has an address checked at once, but not more often than once in a second;
// only a suspect one loses its place.
func TestDoubt(t *testing.T) {
	t.Parallel()
	var s state
	p := strict(WhenDown)
	s.doubt(start, false)
	if !s.first(start, true) || !s.begin(start) {
		t.Fatalf("%+v", s)
	}
	s.end(p, start, true, false)
	s.doubt(start.Add(time.Millisecond), true)
	if s.first(start, true) || s.begin(start.Add(time.Second-1)) || !s.begin(start.Add(time.Second)) {
		t.Errorf("the second check: %+v", s)
	}
	s.end(p, start.Add(time.Second), true, false)
	if !s.first(start, true) {
		t.Error("it stays suspect")
	}
	s.fails(p, start.Add(2*time.Second))
	next := s.next
	s.doubt(start.Add(2*time.Second), true)
	if s.next != next || s.suspect {
		t.Error("an address that is down is doubted")
	}
}

// A check that was called off says nothing, and one that fails little, when
// somebody was answered while it was under way.
func TestCheckIsNoProof(t *testing.T) {
	t.Parallel()
	p := strict(WhenDown)
	for _, off := range []bool{true, false} {
		var s state
		s.doubt(start, false)
		s.begin(start)
		if !off {
			s.works(p, start.Add(time.Millisecond))
		}
		if s.end(p, start.Add(time.Second), false, off) || s.down {
			t.Errorf("called off %v: it is down", off)
		}
		if s.begin(start.Add(2*time.Second-1)) || !s.begin(start.Add(2*time.Second)) {
			t.Errorf("called off %v: the next check is at %v", off, s.next)
		}
	}
}

// Always checks what is up; being used is as good as a check. Never gives an
// address its place back after the pause.
func TestModes(t *testing.T) {
	t.Parallel()
	var s state
	s.works(strict(Always), start)
	if got := s.next.Sub(start); got != DefaultInterval {
		t.Errorf("the next check is after %v", got)
	}
	s = state{}
	s.fails(strict(Never), start)
	if s.first(start.Add(time.Second-1), false) || !s.first(start.Add(time.Second), false) {
		t.Errorf("%+v", s)
	}
	s.fails(strict(Never), start.Add(time.Second))
	if s.first(start.Add(3*time.Second-1), false) || !s.first(start.Add(3*time.Second), false) {
		t.Errorf("after the second failure: %+v", s)
	}
}

// Whatever happens in whatever order: news come in turns, a check is never begun
// twice, one that is down is due again within the interval, and one that is up is
// not checked without doubt.
func TestInvariants(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		p := policy{WhenDown, DefaultInterval, r.Float64}
		var s state
		now, down := start, false
		for step := range 200 {
			now = now.Add(time.Duration(r.Int64N(int64(2 * time.Second))))
			var news bool
			switch r.IntN(5) {
			case 0:
				news = s.works(p, now)
			case 1:
				news = s.fails(p, now)
			case 2:
				s.doubt(now, r.IntN(2) == 0)
			case 3:
				if was := s.checking; s.begin(now) && was {
					t.Fatalf("%d.%d: two checks", seed, step)
				}
			case 4:
				if s.checking {
					news = s.end(p, now, r.IntN(2) == 0, r.IntN(8) == 0)
				}
			}
			if news {
				down = !down
			}
			if s.down != down {
				t.Fatalf("%d.%d: %+v, and the news say down=%v", seed, step, s, down)
			}
			if s.down && !s.checking && (s.next.IsZero() || s.next.Sub(now) > p.interval) {
				t.Fatalf("%d.%d: it is down and the next check is at %v, now %v", seed, step, s.next, now)
			}
		}
	}
}
