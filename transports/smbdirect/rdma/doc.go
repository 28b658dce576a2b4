/*
Package rdma says what an RDMA provider offers to SMB Direct.

A provider makes queue pairs. A queue pair is one reliable connection that
carries untagged messages (sends into posted receives) and moves memory beside
them (RDMA Write and RDMA Read, addressed by a token and an offset). The
package holds types, and what all providers check alike; the providers are its
siblings:

	iwarp   RDMAP, DDP and MPA over an ordinary TCP socket, in user space
	verbs   libibverbs and librdmacm, loaded at run time
	loop    both ends in one process, for tests

# Life of a queue pair

	Dial or Accept -> PostReceive... -> Establish -> PostSend, Poll... -> Close -> Poll until error

Receives are posted before Establish, so that the peer's first send finds one.
An initiator may post sends when Establish returns. A responder may post them
after its first completion; providers hold back what comes earlier. Somebody is
in Poll all the time: providers without a thread of their own receive there.

# Ownership

What a Work or a posted receive points to belongs to the provider until the
completion with its ID comes out of Poll. Every posted entry completes exactly
once, also when the connection ends: with ErrFlushed then. A flushed entry may
or may not have reached the peer.

A region belongs to the connection that registered it, gives one right, and
ends with Deregister, with the peer's invalidation or with the connection,
whichever is first. Deregister is called exactly once in every case.

A peer invalidates by a send that names the token. Not every device has regions
that it may end so: RemoteInvalidation says whether ours has. Nor can every
device send so: it then sends without, and the peer, which may not rely on it
([MS-SMB2] 3.2.5.11), ends its region itself.

# Order

Work of one queue pair reaches the peer in the order of posting, and completes
in that order. When a send arrives, the writes posted before it are in place. A
read is served after what was posted before it has arrived; what is posted
after the read may arrive before the read is done, but completes after it.
Nothing is ordered between the two directions. Completions of receives and of
sends come in no particular order relative to each other.

# Errors

A bad argument or a full queue (ErrFull) fails the call and changes nothing.
Everything else ends the connection: Poll gives what is outstanding and then,
for ever, the reason. That is io.EOF after the peer's orderly end,
net.ErrClosed after Close, *ProtocolError when one side broke the rules, else
the network's error.
*/
package rdma
