package rdma

import (
	"errors"
	"strings"
	"testing"
)

// TestCheckWork: what providers refuse alike is refused for its own reason, and
// the reason says which work it is; what is next to it passes.
func TestCheckWork(t *testing.T) {
	t.Parallel()
	four := make([]byte, 4)
	segment := Segment{Length: 4}
	for _, c := range []struct {
		name string
		work Work
		ord  int
		want string // nothing: it passes
	}{
		{"a send with all it may have", Work{Op: OpSend, Head: four, Body: four, Invalidates: true}, 0, ""},
		{"a write of a whole segment", Work{Op: OpWrite, Body: four, Remote: segment}, 0, ""},
		{"a read of a whole segment", Work{Op: OpRead, Body: four, Remote: segment}, 1, ""},
		{"a read of nothing", Work{Op: OpRead}, 0, ""},
		{"what is no operation", Work{Op: OpRead + 1}, 1, "work 1: no operation"},
		{"a write with a head", Work{Op: OpWrite, Head: four, Remote: segment}, 1, "work 1: head or invalidation"},
		{"a read that invalidates", Work{Op: OpRead, Invalidates: true}, 1, "work 1: head or invalidation"},
		{"a write beyond its segment", Work{Op: OpWrite, Body: make([]byte, 5), Remote: segment}, 1, "work 1: 5 bytes for a segment of 4"},
		{"a read beyond its segment", Work{Op: OpRead, Body: make([]byte, 5), Remote: segment}, 1, "work 1: 5 bytes for a segment of 4"},
		{"a read of who accepts none", Work{Op: OpRead, Body: four, Remote: segment}, 0, ErrNoReads.Error()},
	} {
		err := CheckWork([]Work{{Op: OpSend, Body: four}, c.work}, c.ord)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if err := CheckWork([]Work{{Op: OpRead, Body: four, Remote: segment}}, 0); !errors.Is(err, ErrNoReads) {
		t.Errorf("a read of who accepts none: %v", err)
	}
}
