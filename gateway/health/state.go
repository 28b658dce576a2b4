package health

import "time"

// A Mode says which addresses are checked.
type Mode uint8

const (
	WhenDown Mode = iota // those that are down, or in doubt
	Always               // all
	Never                // none
)

// A policy is what a state goes by.
type policy struct {
	mode     Mode
	interval time.Duration
	random   func() float64 // from 0 to 1
}

// A state is what is known of one address. The zero value is up. Its methods are
// told the time.
type state struct {
	down     bool
	suspect  bool      // up, but a connection has fallen silent: a check is to say
	since    time.Time // of being up or down
	failures int       // that the pause has grown by
	next     time.Time // when to check; zero: when something happens
	answered time.Time // when somebody last was
	checked  time.Time // when the last check began
	checking bool
}

// works says that somebody was answered. It tells whether that is news.
func (s *state) works(p policy, now time.Time) (news bool) {
	if news = s.down; news {
		s.down, s.since = false, now
	}
	s.suspect, s.answered = false, now
	s.next = time.Time{}
	if p.mode == Always {
		s.next = now.Add(p.cut(p.interval))
	}
	return news
}

// fails says that somebody was not answered. It tells whether that is news. While
// a pause lasts more of the same makes it no longer.
func (s *state) fails(p policy, now time.Time) (news bool) {
	s.suspect = false
	if s.down && now.Before(s.next) {
		return false
	}
	if news = !s.down; news {
		if now.Sub(s.since) >= p.interval {
			s.failures = 0 // it has been up for long enough
		}
		s.down, s.since = true, now
	}
	s.next = now.Add(p.cut(p.pause(s.failures)))
	s.failures++
	return news
}

// doubt has an address that is up checked, as soon as that may be again.
func (s *state) doubt(now time.Time, suspect bool) {
	if s.down {
		return
	}
	s.suspect = s.suspect || suspect
	soon := s.checked.Add(minPause)
	if soon.Before(now) {
		soon = now
	}
	if s.next.IsZero() || soon.Before(s.next) {
		s.next = soon
	}
}

// begin begins a check that is due.
func (s *state) begin(now time.Time) bool {
	if s.checking || s.next.IsZero() || now.Before(s.next) {
		return false
	}
	s.checking, s.checked = true, now
	s.next = time.Time{}
	return true
}

// end ends a check. That it was called off says nothing, and that nobody has
// answered it little, when somebody else was answered meanwhile.
func (s *state) end(p policy, now time.Time, answered, off bool) (news bool) {
	s.checking = false
	switch {
	case answered:
		return s.works(p, now)
	case off, s.answered.After(s.checked):
		s.next = now.Add(p.cut(minPause))
		return false
	}
	return s.fails(p, now)
}

// retry has an address that is down checked now.
func (s *state) retry(now time.Time) {
	if s.down || s.suspect {
		s.next = now
	}
}

// first says that an address has its place in the order, and does not come last.
// Where nobody checks, one that is down has it back after its pause.
func (s *state) first(now time.Time, watched bool) bool {
	if watched {
		return !s.down && !s.suspect
	}
	return !s.down || !now.Before(s.next)
}

// pause is how long to wait after so many failures, and one.
func (p policy) pause(failures int) time.Duration {
	d := minPause
	for range failures {
		if d >= p.interval {
			break
		}
		d *= 2
	}
	return min(d, max(p.interval, minPause))
}

// cut is d, without a random part of up to a half.
func (p policy) cut(d time.Duration) time.Duration {
	return d - time.Duration(p.random()*float64(d)/2)
}
