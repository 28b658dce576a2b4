package limit

import (
	"net/netip"
	"testing"
)

// What means a subject most closely holds, and alone.
func TestClosestRule(t *testing.T) {
	t.Parallel()
	opens := func(n int64) (l Limits) { l[Opens] = n; return l }
	prefix := netip.MustParsePrefix
	rules := Rules{
		{Per: Address, Limits: opens(1)},
		{Per: Address, Prefixes: []netip.Prefix{prefix("192.0.2.0/24"), prefix("2001:db8::/32")}, Limits: opens(2)},
		{Per: Address, Prefixes: []netip.Prefix{prefix("192.0.2.7/32"), prefix("0.0.0.0/0")}, Limits: opens(3)},
		{Per: User, Only: []string{"ALICE", "BOB"}, Limits: opens(4)},
		{Per: Mount, Limits: opens(5)},
		{Per: Mount, Only: []string{"DATA"}, Limits: Limits{}},
	}
	for _, c := range []struct {
		s    Subject
		want int64
	}{
		{Subject{Address, "192.0.2.8"}, 2},
		{Subject{Address, "192.0.2.7"}, 3},
		{Subject{Address, "198.51.100.1"}, 3},
		{Subject{Address, "2001:db8:1::/64"}, 2},
		{Subject{Address, "2001:db9::/64"}, 1},
		{Subject{Address, "pipe"}, 1},
		{Subject{User, "ALICE"}, 4},
		{Subject{User, "CAROL"}, 0},
		{Subject{Mount, "OTHER"}, 5},
		{Subject{Mount, "DATA"}, 0},
		{Subject{Listener, "office"}, 0},
	} {
		if got := rules.For(c.s)[Opens]; got != c.want {
			t.Errorf("%v %s: %d opens, want %d", c.s.Per, c.s.Name, got, c.want)
		}
	}
}
