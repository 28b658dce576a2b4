// The race detector allocates, and so do sockets through package net.

//go:build !race && !iwarp_portable

package gateway

import "testing"

// A READ or WRITE through a gateway that terminates allocates nothing, at the
// client and the server neither.
func TestPathAllocations(t *testing.T) {
	for _, c := range paths {
		p := newPath(t, c.front, c.behind, c.protect, 256*kib)
		for command, one := range p.operations(t) {
			for range 10 {
				one()
			}
			if n := testing.AllocsPerRun(50, one); n != 0 {
				t.Errorf("%s: %v: %v allocations", c.name, command, n)
			}
		}
	}
}
