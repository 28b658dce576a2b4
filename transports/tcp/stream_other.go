//go:build !linux

package tcp

import (
	"io"
	"net"
)

func newStream(c *net.TCPConn) io.ReadWriter { return c }
