package back

import "testing"

// The oldest sessions are forgotten, and what is entered again is not old.
func TestRemembered(t *testing.T) {
	t.Parallel()
	var s Sessions
	for i := range uint64(maxRemembered) {
		s.put(i+1, 100+i)
	}
	s.put(1, 7)
	s.put(maxRemembered+1, 8)
	if s.Len() != maxRemembered || s.find(1) != 7 || s.find(2) != 0 || s.find(3) != 102 {
		t.Errorf("%d sessions: 1 is %d, 2 is %d, 3 is %d", s.Len(), s.find(1), s.find(2), s.find(3))
	}
	var none *Sessions
	none.put(1, 2)
	none.forget(1)
	if none.find(1) != 0 {
		t.Error("a table that is not there remembers")
	}
}
