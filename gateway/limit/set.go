package limit

// A Set is the accounts that one thing draws on, by their sort; nil for none.
type Set [numberOfPers]*Account

// meter is the connection's.
func (s *Set) meter() *Meter {
	for _, a := range s {
		if a != nil {
			return a.meter
		}
	}
	return nil
}

// Take takes n of a kind that is refused, of each budget or of none.
func (s *Set) Take(k Kind, n int64) bool {
	for i, a := range s {
		if a == nil || a.budget.gauges[k].take(n) {
			continue
		}
		a.budget.met(k)
		for _, b := range s[:i] {
			if b != nil {
				b.budget.gauges[k].give(n)
			}
		}
		return false
	}
	return true
}

// Give gives back what Take has taken.
func (s *Set) Give(k Kind, n int64) {
	for _, a := range s {
		if a != nil {
			a.budget.gauges[k].give(n)
		}
	}
}

// Begin counts a request that holds so many bytes, its answer's included.
func (s *Set) Begin(bytes int64) {
	if m := s.meter(); m != nil {
		m.began(bytes)
	}
	for _, a := range s {
		if a != nil {
			a.budget.gauges[Requests].add(1)
			a.budget.gauges[Bytes].add(bytes)
			a.owed[RequestsPerSecond-counted].Add(1)
			a.owed[BytesPerSecond-counted].Add(bytes)
		}
	}
}

// End ends a request: of the bytes that it has held, so many have crossed.
func (s *Set) End(held, crossed int64) {
	if m := s.meter(); m != nil {
		m.own.give(held)
	}
	for _, a := range s {
		if a != nil {
			a.budget.gauges[Requests].give(1)
			a.budget.gauges[Bytes].give(held)
			a.owed[BytesPerSecond-counted].Add(crossed - held)
		}
	}
}

// Park is for a request that waits for something to happen, and so many bytes of
// which nobody needs meanwhile. It comes before End, which is then Unpark.
func (s *Set) Park(bytes int64) {
	if m := s.meter(); m != nil {
		m.own.give(bytes)
	}
	for _, a := range s {
		if a != nil {
			a.budget.gauges[Requests].give(1)
			a.budget.gauges[Bytes].give(bytes)
		}
	}
}

// Unpark ends a request that has been parked and has kept some of what it held.
func (s *Set) Unpark(kept, held, crossed int64) {
	if m := s.meter(); m != nil {
		m.own.give(kept)
	}
	for _, a := range s {
		if a != nil {
			a.budget.gauges[Bytes].give(kept)
			a.owed[BytesPerSecond-counted].Add(crossed - held)
		}
	}
}

// Ask counts requests that hold nothing and cross as nothing.
func (s *Set) Ask(n int64) {
	for _, a := range s {
		if a != nil {
			a.owed[RequestsPerSecond-counted].Add(n)
		}
	}
}

// Pass counts bytes that have crossed by themselves.
func (s *Set) Pass(bytes int64) {
	for _, a := range s {
		if a != nil {
			a.owed[BytesPerSecond-counted].Add(bytes)
		}
	}
}
