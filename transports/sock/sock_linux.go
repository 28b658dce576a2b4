package sock

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// MaxCall is how many bytes a caller hands to one call: some hundred
// microseconds, which a garbage collection may have to wait for.
const MaxCall = 1 << 20

// Read fills p once. Zero bytes are the peer's end of stream; EAGAIN says that
// there is nothing to read.
func Read(fd uintptr, p []byte) (int, error) {
	return call(unix.SYS_READ, fd, unsafe.Pointer(unsafe.SliceData(p)), len(p))
}

// Write hands p to the system, which may take less of it; EAGAIN says that it
// takes nothing.
func Write(fd uintptr, p []byte) (int, error) {
	return call(unix.SYS_WRITE, fd, unsafe.Pointer(unsafe.SliceData(p)), len(p))
}

// Readv is Read into several buffers. v is not empty, and is cleared: what it
// points to is its owner's again.
func Readv(fd uintptr, v []unix.Iovec) (int, error) {
	defer clear(v)
	return call(unix.SYS_READV, fd, unsafe.Pointer(unsafe.SliceData(v)), len(v))
}

// Writev is Write of several buffers, with v as Readv has it.
func Writev(fd uintptr, v []unix.Iovec) (int, error) {
	defer clear(v)
	return call(unix.SYS_WRITEV, fd, unsafe.Pointer(unsafe.SliceData(v)), len(v))
}

func call(number, fd uintptr, p unsafe.Pointer, n int) (int, error) {
	for {
		done, _, errno := unix.RawSyscall(number, fd, uintptr(p), uintptr(n))
		switch errno {
		case 0:
			return int(done), nil
		case syscall.EINTR:
			continue
		}
		return 0, errno
	}
}
