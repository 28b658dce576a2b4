// Package quic carries SMB2 over QUIC, UDP port 443: [MS-SMB2] 2.1.
//
// # Use
//
//	n := quic.Network{Arena: arena, TLS: quic.TLS{Cert: "cert.pem", Key: "key.pem"}}
//	l, err := n.Announce(ctx, addr)   // addr is quic!*!443
//	c, err := l.Accept()
//
//	n := quic.Network{Arena: arena, TLS: quic.TLS{CA: "ca.pem"}}
//	c, err := n.Dial(ctx, addr)       // addr is quic!fileserver.example!443
//
// # On the wire
//
// TLS 1.3 with the protocol name smb, no session tickets, no 0-RTT: requests
// that change files must not be replayed. One stream, bidirectional and opened
// by the client, carries the messages with the four bytes of Direct TCP in
// front of each. Further streams of the client are reset and the connection
// lives on; unidirectional streams and streams of a server are not permitted
// by the transport parameters. The library is quic-go.
//
// Accept returns a connection when its TLS handshake is done. The stream may
// come later, with the client's first message: Receive and Send wait for it.
//
// A client has to show that it receives at its address before its handshake
// costs anything: every first packet is answered with a Retry (RFC 9000 8.1.2),
// at the price of a round trip.
//
// # Certificates
//
// The files of a listener are looked at during handshakes, at most once a
// second, and read again when they have changed. Files that do not fit together
// are reported to Network.Failed, and the old ones stay in use. The certificate
// with its key, the authorities of clients and the entries of access control are
// looked at apart: none waits for another to be mended. A dialler reads its files
// for each connection. With TLS.ClientCA a listener demands a certificate of its
// clients. In TLS 1.3 a client hears of its rejection after its own handshake, so
// Dial may succeed then, and Receive fails.
//
// # Names
//
// TLS.Hosts has further certificates, each for clients that ask for one of its
// names in the handshake (SNI, RFC 6066 3); the others get Cert. What a client
// has asked for is its connection's name (transports.Named): it has been shown a
// certificate for it.
//
// # Access control
//
// TLS.Access says which of the certificates that TLS.ClientCA vouches for are
// let in, [MS-SMB2] 3.3.1.18: see package access. Who is denied gets the alert
// access_denied, and access_denied alone. Network.Admission is told of everybody
// who is let in or denied. The entries know clients' certificates, so that the
// listener's own can be renewed without touching them. A connection that is there
// goes on when its certificate is denied later.
//
// # How a connection ends
//
// QUIC forgets what is under way when a connection is closed, at both ends.
// So Close ends the stream, and then waits: for the peer to end its stream,
// which it does when it has read to our end, or, when the peer's stream has
// ended first, for the peer to close the connection, which it does when it has
// read to our end. Who sees that last closes the connection with code 0. The
// wait is bounded by Network.Linger. Receive returns io.EOF when the peer has
// ended its stream or closed with code 0 between two messages, and
// io.ErrUnexpectedEOF inside of one.
//
// A peer that has vanished is noticed by the idle timeout, because each side
// keeps the connection alive with packets of its own.
//
// # Ownership
//
// As transports.Conn has it. An accepted connection has one goroutine here,
// beside those of quic-go. A listener's socket lives until the listener and all
// its connections are closed.
//
// # Bugs
//
// A peer that does not read within Linger of our Close loses what it has not
// read, also what its system already has.
//
// A client is denied before it has proven that it has the key of the certificate
// that it shows, because TLS asks then. So whoever has somebody's certificate can
// learn by the alert that it is denied, and have that said in his name.
package quic
