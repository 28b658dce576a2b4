//go:build !iwarp_portable

package iwarp

import (
	"net"
	"os"
	"syscall"
	"unsafe"

	"github.com/smbgw/smbgw/transports/sock"
	"golang.org/x/sys/unix"
)

// A socket is a connection whose system calls we make ourselves. raw calls a
// function with the handle, again whenever the socket has become ready, until
// it returns true; file's deadlines end that wait.
type socket struct {
	file *os.File // gives its deadline errors without allocating
	raw  syscall.RawConn
}

// handle is what the calls below want.
type handle = uintptr

// newSocket takes c over, also when it fails.
func newSocket(c *net.TCPConn) (socket, error) {
	defer c.Close() // the file is a duplicate
	f, err := c.File()
	if err != nil {
		return socket{}, err
	}
	raw, err := f.SyscallConn()
	if err != nil {
		f.Close()
		return socket{}, err
	}
	return socket{f, raw}, nil
}

// vector is room for the kernel's form of a list of buffers, kept by its user
// so that a call allocates nothing.
type vector [3*batchFrames + 1]unix.Iovec

// writev sends the front of parts with one system call that does not wait.
// It reports EAGAIN when the socket takes nothing.
func writev(fd handle, v *vector, parts [][]byte) (int, error) {
	n := min(len(parts), len(v))
	for i, p := range parts[:n] {
		v[i].Base = unsafe.SliceData(p)
		v[i].SetLen(len(p))
	}
	return sock.Writev(fd, v[:n])
}

// readv fills a, then b, with one system call that does not wait. Zero bytes
// are the peer's FIN.
func readv(fd handle, v *readVector, a, b []byte) (int, error) {
	n := 0
	for _, p := range [...][]byte{a, b} {
		if len(p) > 0 {
			v[n].Base = unsafe.SliceData(p)
			v[n].SetLen(len(p))
			n++
		}
	}
	return sock.Readv(fd, v[:n])
}

// readVector is readv's room.
type readVector [2]unix.Iovec

// segmentSize is what TCP puts into one segment at the moment, or 0.
func segmentSize(fd handle) int {
	n, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG)
	if err != nil {
		return 0
	}
	return n
}

// early reports whether the peer has sent something already.
func early(c *net.TCPConn) bool {
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	var n int
	raw.Control(func(fd uintptr) {
		var b [1]byte
		n, _, err = unix.Recvfrom(int(fd), b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	})
	return err == nil && n > 0
}

// finish sends FIN.
func finish(fd handle) { unix.Shutdown(int(fd), unix.SHUT_WR) }

// reset makes the next close a reset.
func reset(fd handle) {
	unix.SetsockoptLinger(int(fd), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
}
