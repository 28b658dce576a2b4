package tcp

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// setUserTimeout bounds how long sent data may stay unacknowledged. It is a
// refinement: a socket that refuses it has the system's own bound.
func setUserTimeout(c *net.TCPConn, d time.Duration) {
	if d <= 0 {
		return
	}
	setOption(c, unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(d.Milliseconds()))
}

// unacknowledged is the number of bytes that the peer has not acknowledged,
// our end of stream included; 0 when the socket is dead.
func unacknowledged(c *net.TCPConn) int {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0
	}
	n := 0
	raw.Control(func(fd uintptr) {
		n, err = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
	})
	if err != nil {
		return 0
	}
	return n
}

func setOption(c *net.TCPConn, level, name, value int) {
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	raw.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), level, name, value) })
}
