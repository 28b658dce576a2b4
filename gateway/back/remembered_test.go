package back

import "testing"

// The oldest sessions are forgotten, and what is entered again is not old.
func TestRemembered(t *testing.T) {
	t.Parallel()
	var s Sessions
	for i := range uint64(maxRemembered) {
		s.put(i+1, 100+i, "alice")
	}
	s.put(1, 7, "Alice")
	s.put(maxRemembered+1, 8, "alice")
	alice := func(n uint64) uint64 { return s.find(n, "ALICE") }
	if s.Len() != maxRemembered || alice(1) != 7 || alice(2) != 0 || alice(3) != 102 {
		t.Errorf("%d sessions: 1 is %d, 2 is %d, 3 is %d", s.Len(), alice(1), alice(2), alice(3))
	}
	if s.find(3, "bob") != 0 {
		t.Error("one user's session is told another")
	}
	if s.forget(3, 9); alice(3) == 0 {
		t.Error("a session is forgotten for one before it")
	}
	var none *Sessions
	none.put(1, 2, "alice")
	none.forget(1, 2)
	if none.find(1, "alice") != 0 {
		t.Error("a table that is not there remembers")
	}
}
