package mapped

import "golang.org/x/sys/unix"

// keepFromChildren has a child process not share the pages for copying when one
// side writes: then the device would go on with the child's. A system that
// cannot is no worse off while children, as Go's own do, begin with another
// program at once.
func keepFromChildren(b []byte) { _ = unix.Madvise(b, unix.MADV_DONTFORK) }
