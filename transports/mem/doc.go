// Package mem carries SMB2 messages inside one process: for tests, and for
// examples that need no network.
//
// # Use
//
//	n := &mem.Network{Arena: arena}
//	l, err := n.Announce(ctx, addr)   // addr is mem!lab!445
//	c, err := n.Dial(ctx, addr)
//	client, server := n.Pipe()        // without addresses
//
// A Network is a name space of its own: hosts are any names, * announces for
// every host, service 0 takes a free number. All waiting is on channels, so
// connections work inside a testing/synctest bubble.
//
// # Placement
//
// With Network.MaxReadWrite set, connections are transports.Placer: who dialled
// is the SMB client and exposes memory, who accepted is the server and moves
// data. Tokens and offsets are unpredictable, rights and bounds are checked on
// every transfer, and a transfer that may not be ends the connection on both
// sides with an *AccessError, as a protection fault ends an RDMA connection.
// A message that carries a token to invalidate does so when it is delivered,
// unless the Network has NoInvalidation.
//
// # Faults
//
// Conn.Break ends a link as if its cable were cut: both ends fail, and what was
// under way is lost.
//
// # Ownership
//
// As transports.Conn has it. Bytes are copied at Send, as by a real network, so
// that no message is ever shared between two owners. A connection that can
// place has one goroutine, one that cannot has none.
//
// # Bugs
//
// Transfers are done in the order they were asked for, reads and writes alike;
// RDMA lets reads be overtaken.
package mem
