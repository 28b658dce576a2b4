//go:build unix

package mapped

import (
	"os"

	"golang.org/x/sys/unix"
)

// mapMemory gets n bytes or a little more, to the end of a page.
func mapMemory(n int) ([]byte, error) {
	page := os.Getpagesize()
	n = (n + page - 1) &^ (page - 1)
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, os.NewSyscallError("mmap", err)
	}
	keepFromChildren(b)
	return b, nil
}

func unmapMemory(b []byte) {
	if err := unix.Munmap(b); err != nil {
		panic("mapped: munmap: " + err.Error()) // it is not ours: nothing else fails
	}
}
