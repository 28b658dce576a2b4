package guard

import (
	"testing"

	"github.com/smbgw/smbgw/policy"
)

// A short name that a directory is given is another path to what is below it.
func TestShortName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allow(policy.ReadWrite), deny(0, `a\secret`))
	w.make(`a\`, `a\secret`)
	d := w.guarded.open(opening("a", toWrite))
	w.guarded.do([]part{setting(d, fileShortNameInfo, append([]byte{2, 0, 0, 0}, 'B', 0))}, denied)
	w.guarded.do([]part{closing(d)}, ok)
}

// A snapshot's name in a path is no directory, and Samba's short names are no names
// of their own.
func TestAliases(t *testing.T) {
	t.Parallel()
	w := newWorld(t, allow(policy.ReadWrite), deny(0, "secret"))
	for _, name := range []string{"P9X2KQ~B", `@GMT-2026.01.01-00.00.00\secret`, `@gmt-2026.01.01-00.00.00\secret\f`, `secret\@GMT-2026.01.01-00.00.00`} {
		if got := w.guarded.try(opening(name, toRead)); got != denied {
			t.Errorf("%s: %v, want %v", name, got, denied)
		}
	}
}
