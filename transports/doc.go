// Package transports is how SMB2 messages travel: connections that carry whole
// messages, the buffers that hold them, and the addresses that name peers.
//
// # Use
//
//	a, err := transports.ParseAddr("tcp!fileserver!445")
//	conn, err := network.Dial(ctx, a)    // network: tcp.Network, quic.Network, ...
//	m, err := conn.Receive()
//	...
//	err = other.Send(m)                  // m now belongs to other
//
// A [Network] dials and announces. A [Listener] hands out connections that are
// ready for messages. A [Conn] receives and sends; one that is a [Placer] too
// moves bulk data beside the messages, as SMB Direct does. Other abilities are
// found by assertion likewise: [Gatherer] and [Framed] for relays, [Limited] and
// [Bounded] for the sizes of messages, [Deferred] for the last word of a set-up,
// [Named] for what the peer calls us.
//
// The networks are in the packages below this one: tcp, quic, smbdirect (over
// several RDMA providers) and mem. Which first word of a dial string means
// which of them is decided by a table in the program, not here. Package
// transporttest holds the one suite that all of them pass, and sniff wraps a
// connection to write what it carries to a capture file.
//
// # Dial strings
//
// A peer, or an address to announce, is written net!host!service, as in Plan 9:
//
//	tcp!fileserver.example!445
//	quic!*!443                     every address of this machine
//	smbdirect![2001:db8::1]!5445   IPv6 addresses stand in brackets
//	tcp!10.0.0.5!smb               services have names
//
// [ParseAddr] checks the syntax and answers with an [AddrError] that says which
// part is wrong and what it should be.
//
// # Buffers
//
// A [Message] is a reference-counted buffer with headroom in front, so that
// framing is written where the bytes already are; see there for its layout.
// An [Arena] makes messages of power-of-two classes and takes their buffers
// back. Ownership is simple: Receive gives a message to the caller, Send takes
// one away, also when it fails, and whoever has the last reference releases
// it. [Arena.InUse] is zero when everything has been cleaned up; tests check.
// Buffers are in Go's heap, or in a [Memory]: package mapped has one that RDMA
// devices can work on. An arena gives them back when it keeps too many, when it
// is told to, and when it is collected itself.
//
// # Framing
//
// TCP and QUIC put four bytes in front of every message, [MS-SMB2] 2.1:
//
//	Zero[1] Length[3]   (Length is big-endian and does not count the four)
//
// [Framer] reads and writes that, and the NetBIOS session service's narrower
// form ([RFC 1002] 4.3.1) when told so.
//
// # Helpers for networks
//
// [Acceptor] runs the handshakes of a listener side by side, so that one slow
// peer delays no other.
//
// # Bugs
//
// A message a little longer than a power of two and a kibibyte takes a buffer
// of the next power. NetBIOS session requests and keep-alives are refused, as on port 445: there
// is no listener for port 139.
package transports
