// Package tcp carries SMB2 over TCP, port 445: what [MS-SMB2] 2.1 calls Direct
// TCP.
//
// # Use
//
//	n := tcp.Network{Arena: arena}
//	l, err := n.Announce(ctx, addr)   // addr is tcp!*!445
//	c, err := l.Accept()
//	c, err := n.Dial(ctx, addr)       // addr is tcp!fileserver!445
//
// # Framing
//
// Four bytes in front of every message: a zero and a 24-bit length. Anything
// else ends the connection with an error that is transports.ErrFraming. The
// framing itself is transports.Framer.
//
// # How a connection ends
//
// Receive returns io.EOF when the peer has ended its stream between two
// messages, io.ErrUnexpectedEOF inside of one, and the system's error when the
// connection was torn down. Close ends our stream, takes what the peer still
// sends, and is done when the peer has ended too or has acknowledged all we
// sent; it waits no longer than Network.Linger. Without that, the system
// answers unread input with a reset, and what Send has accepted is lost.
//
// A peer that has vanished is noticed by keep-alive when the connection is
// idle, and by TCP_USER_TIMEOUT when we have sent something.
//
// # Buffers and system calls
//
// A small message costs one read; of a large one the first read takes the
// prefix and a little more, and all the rest goes straight into the message. A
// message leaves with one write, its prefix in its headroom. On Linux the calls
// are those of package sock. A relay between two TCP legs takes whatever has
// arrived and passes it on (transports.Framed). Socket buffers and low-water
// marks are left to the system: fixed buffers turn its tuning off, and both
// made 1 MiB messages slower.
//
// # Ownership
//
// As transports.Conn has it. A connection has no goroutine of its own.
//
// # Bugs
//
// TCP_USER_TIMEOUT also ends connections whose peer is alive but has not
// received for that long. User timeout and the early end of Close are for
// Linux; elsewhere it is the system's default and the full Linger.
package tcp
