//go:build !unix

package mapped

// mapMemory makes n bytes in Go's heap, where objects do not move.
func mapMemory(n int) ([]byte, error) {
	b := make([]byte, n+align-1)
	skip := int(-address(b) & (align - 1))
	return b[skip : skip+n : skip+n], nil
}

// unmapMemory leaves it to the collector.
func unmapMemory([]byte) {}
