/*
Package smbdirect is SMB Direct, [MS-SMBD]: SMB2 messages over RDMA, client and
server, in user space. It is the counterpart of a kernel's SMB Direct socket for
any Go program that speaks SMB.

# Use

	network := smbdirect.Over(new(iwarp.Provider), smbdirect.Options{})

	conn, err := network.Dial(ctx, addr)       // an SMB client
	l, err := network.Announce(ctx, addr)      // an SMB server
	conn, err := l.Accept()                    // negotiated and ready

	m, err := conn.Receive()                   // whole SMB2 messages, without prefix
	err = conn.Send(m)

	placer := conn.(transports.Placer)         // every connection is one
	e, err := placer.Expose(b, transports.Writable)          // client, for SMB2 READ
	placer.Push(descriptors, data, done)                     // server, for its answer

A server that wants to know something else before it answers, such as what the
messages are for, calls Defer on the listener (transports.Deferrer): Accept then
returns connections whose request is in order, and Admit answers them.

[ParseDescriptors] and [AppendDescriptors] are the form that descriptors have in
the channel information of READ and WRITE. What the provider is, software iWARP
or hardware, is the business of package rdma and its siblings.

# The layers

	Conn      pump, queues, buffers: does what the core asks for     conn.go pump.go
	          receiver.go sender.go placing.go exposure.go
	core      the protocol's state: no socket, clock, goroutine, lock   core*.go credits.go
	codecs    the five structures on the wire                        negotiate.go
	          datatransfer.go descriptor.go
	rdma      queue pair, completions, regions                       package rdma

The core is told what happened, each time with the time, and asked what is to be
done: how many receives to post, which message to send next, when to be called
again. Everything that depends on time or order is tested there, without either.

One goroutine of each connection, the pump, waits for completions; a timer is
the only other thing that runs by itself. A mutex guards the rest, so that
fragments leave from the goroutine that calls Send when there are credits, and
from the pump when credits arrive.

# Credits

Three numbers are kept apart: receives posted, those of them granted to the
peer, and what the peer has granted to us. An idle connection posts few receives
(Options.ReceiveMemory and the limits beside it say how many); the window opens
when the peer makes use of it. Grants ride on messages with payload; one of
their own is sent when a quarter of the credits is back, or the peer is down to
a quarter. The last credit is used only by a message that grants one.

What has arrived is copied once, into a message of the size that its first
fragment announced, and its receive is posted again at once. When nobody takes
the messages, nothing more is granted: that is the back-pressure. A peer that is
then without credits gets two every two seconds, up to a bound, because some
peers give up after five seconds without.

Send returns when what was sent before has been posted. Messages and pushes
leave in the order of their calls; pulls have a queue of their own and are
issued as fast as the peer accepts RDMA reads, so that no message waits behind
one that may not be posted yet.

# Ownership

Send and Receive pass messages on as package transports says. A message that
was sent is released when its last fragment has completed. Memory given to Push
and Pull belongs to the connection until Done is told. Exposed memory is the
caller's again when Revoke returns. Receive buffers go back to Options.Memory
when the queue pair has completed all of them, at the connection's end.

A connection ends for one reason, the first; Receive, Send and every Done get
it. Before anything that was under way is released, all exposures have been
revoked. Then the queue pair is closed, and the pump waits until it owns
nothing.

# Errors

	*ProtocolError               the peer broke [MS-SMBD]; names structure, field, section
	*RefusedError                the negotiation ended with a status
	*TimeoutError                nothing came: negotiation, keepalive, credits
	*TransferError               an RDMA operation failed
	*DescriptorError             a list that cannot be served; the connection lives
	*transports.DescriptorError  a list that is too short; the connection lives
	*transports.MessageSizeError longer than the peer takes; the connection lives
	io.EOF                       the peer's orderly end
	net.ErrClosed                our own Close

The first three and *DescriptorError have a method Remote: the peer is to blame.

# Sections

2.2 all structures; 3.1.1 and 3.1.2 state and timers; 3.1.4.1 to 3.1.4.7 the
upper layer's calls; 3.1.5.1 to 3.1.5.9 sending, receiving, credits; 3.1.6
timers; 3.1.7 provider events; 6 IRD and ORD on iWARP. Where the specification
leaves a choice, the code says which one, and what Linux and Windows do.

# Bugs

The receive window of a connection never shrinks: one that has been busy keeps
up to Options.ReceiveMemory until it ends.

MinVersion and MaxVersion of a request are taken as a range, as the
specification has it; Windows refuses all but 0x0100 in both.

PreferredSendSize above 8136 is accepted, Windows refuses it.

The byte order of the private data is guessed: a big-endian number above 65535
is taken for little-endian.
*/
package smbdirect
