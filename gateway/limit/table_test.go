package limit

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// A limit that is met is reported once a minute, with how often it was since.
func TestReports(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := tableOf(Limits{Opens: 1, RequestsPerSecond: 1})
		var got []Excess
		table.Report = func(e Excess) { got = append(got, e) }
		c := newClient(t, table)
		for range 61 {
			for range 5 {
				c.set.Take(Opens, 2)
			}
			time.Sleep(time.Second)
		}
		c.say(t.Context(), 3, 10)
		want := []Excess{{alice, Opens, 1, 0}, {alice, Opens, 1, 299}, {alice, RequestsPerSecond, 1, 0}}
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}

// Budgets that nobody has open are kept while something is owed, and not without
// bound.
func TestForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var table Table
		table.Change(Rules{{Per: Address, Limits: Limits{BytesPerSecond: 1000}}})
		m := table.Meter()
		for i := range 2 * maxIdle {
			a, _ := m.Open(Subject{Address, fmt.Sprint(i)})
			(&Set{Address: a}).Pass(quantum + 100000)
			m.Close(a)
		}
		if left := table.Subjects(); len(left) != maxIdle {
			t.Errorf("%d are kept, want %d", len(left), maxIdle)
		}
		time.Sleep(10 * time.Minute)
		if left := table.Subjects(); len(left) != 0 {
			t.Errorf("%d are kept for ever", len(left))
		}
	})
}

// FuzzCounts holds a table against a slow one: whatever is taken and given, by
// whomever, what is refused and what is had is the same, and nothing is left.
func FuzzCounts(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := &slow{had: map[Subject]*Limits{}}
		var table Table
		s.change(r, &table)
		var all []*visit
		for range 400 {
			switch n := r.IntN(10); {
			case n == 0 && len(all) < 20:
				all = append(all, &visit{m: table.Meter(), opened: map[Subject]*Account{}, times: map[Subject]int{}})
			case n == 1 && r.IntN(4) == 0:
				s.change(r, &table)
			case len(all) > 0:
				all[r.IntN(len(all))].act(t, r, s)
			}
			s.compare(t, &table)
		}
		for _, v := range all {
			v.leave(s)
			s.compare(t, &table)
		}
		if left := table.Subjects(); len(left) != 0 {
			t.Errorf("%v are left", left)
		}
	})
}

var subjects = []Subject{{Listener, "l"}, {Address, "192.0.2.1"}, {Address, "192.0.2.2"}, {User, "A"}, {User, "B"}, {Mount, "M"}}

// slow is a table that does all by looking at everything.
type slow struct {
	rules Rules
	had   map[Subject]*Limits
}

func (s *slow) change(r *rand.Rand, table *Table) {
	s.rules = nil
	for p := range numberOfPers {
		rule := Rule{Per: p}
		for k := range counted {
			rule.Limits[k] = r.Int64N(6) * r.Int64N(2)
		}
		s.rules = append(s.rules, rule)
	}
	table.Change(s.rules)
}

func (s *slow) of(subject Subject) *Limits {
	if s.had[subject] == nil {
		s.had[subject] = new(Limits)
	}
	return s.had[subject]
}

// fits says that all of them may have n more.
func (s *slow) fits(list []Subject, k Kind, n int64) bool {
	for _, subject := range list {
		if limit := s.rules.For(subject)[k]; limit > 0 && s.of(subject)[k]+n > limit {
			return false
		}
	}
	return true
}

func (s *slow) add(list []Subject, k Kind, n int64) {
	for _, subject := range list {
		s.of(subject)[k] += n
	}
}

func (s *slow) compare(t *testing.T, table *Table) {
	t.Helper()
	for _, subject := range subjects {
		if got := table.Has(subject); got != *s.of(subject) {
			t.Fatalf("%v has %v, want %v", subject, got, *s.of(subject))
		}
	}
}

// A visit is a connection with what it has.
type visit struct {
	m      *Meter
	opened map[Subject]*Account
	times  map[Subject]int
	held   []holding
}

// A holding is something taken, of some subjects.
type holding struct {
	set  Set
	list []Subject
	kind Kind // Requests: one that has begun
	n    int64
}

func (v *visit) act(t *testing.T, r *rand.Rand, s *slow) {
	switch r.IntN(4) {
	case 0:
		v.open(t, s, subjects[r.IntN(len(subjects))])
	case 1, 2:
		v.take(t, r, s)
	default:
		if len(v.held) > 0 {
			v.give(s, r.IntN(len(v.held)))
		}
	}
}

func (v *visit) open(t *testing.T, s *slow, subject Subject) {
	fits := v.times[subject] > 0 || s.fits([]Subject{subject}, Connections, 1)
	a, ok := v.m.Open(subject)
	if ok != fits {
		t.Fatalf("%v: a connection is let in: %v, want %v", subject, ok, fits)
	}
	if !ok {
		return
	}
	if v.times[subject]++; v.times[subject] == 1 {
		v.opened[subject] = a
		s.add([]Subject{subject}, Connections, 1)
	}
}

// take takes of some of what is open, one of each sort.
func (v *visit) take(t *testing.T, r *rand.Rand, s *slow) {
	h := holding{kind: Sessions + Kind(r.IntN(4)), n: 1 + r.Int64N(3)}
	for subject, a := range v.opened {
		if h.set[subject.Per] == nil && r.IntN(3) > 0 {
			h.set[subject.Per] = a
			h.list = append(h.list, subject)
		}
	}
	if h.kind == Requests {
		h.set.Begin(h.n)
		s.add(h.list, Requests, 1)
		s.add(h.list, Bytes, h.n)
		v.held = append(v.held, h)
		return
	}
	fits := s.fits(h.list, h.kind, h.n)
	if ok := h.set.Take(h.kind, h.n); ok != fits {
		t.Fatalf("%v of %d %v: %v, want %v", h.list, h.n, h.kind, ok, fits)
	}
	if fits {
		s.add(h.list, h.kind, h.n)
		v.held = append(v.held, h)
	}
}

func (v *visit) give(s *slow, i int) {
	h := v.held[i]
	v.held = slices.Delete(v.held, i, i+1)
	if h.kind != Requests {
		h.set.Give(h.kind, h.n)
		s.add(h.list, h.kind, -h.n)
		return
	}
	h.set.End(h.n, 0)
	s.add(h.list, Requests, -1)
	s.add(h.list, Bytes, -h.n)
}

// leave gives everything back.
func (v *visit) leave(s *slow) {
	for len(v.held) > 0 {
		v.give(s, 0)
	}
	for subject, n := range v.times {
		for range n {
			v.m.Close(v.opened[subject])
		}
		s.add([]Subject{subject}, Connections, -1)
	}
}
