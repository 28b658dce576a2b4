/*
Package iwarp is RDMA over an ordinary TCP socket: the iWARP protocols RDMAP,
DDP and MPA in user space, in Go, both roles. It needs no RDMA hardware, no
kernel module and no C library, and talks to whatever speaks iWARP: hardware,
Linux siw, Windows, itself.

It implements rdma.Provider. A program that speaks SMB Direct uses it through
package smbdirect; any other use of RDMA sends, writes and reads is as good:

	var p iwarp.Provider
	q, err := p.Dial("10.0.0.5:5445", rdma.Config{})
	q.PostReceive(1, make([]byte, 4096))
	err = q.Establish(ctx, rdma.Params{IRD: 16, ORD: 16})
	r, err := q.Register(memory, rdma.RemoteWrite)       // the peer may write it now
	err = q.PostSend([]rdma.Work{{Op: rdma.OpSend, Body: tell(r.Segment())}})
	n, err := q.Poll(completions)                        // somebody always is in Poll

See package rdma for the life of a queue pair and who owns what. The zero
Provider is ready; its fields are policy and timers.

# How it works

Poll reads the socket. There is no goroutine for it: what arrives is parsed,
placed and delivered in the goroutine that waits for it. The rest of a large
payload is read from the socket straight into the region or buffer it is meant
for; only headers, and payload of small frames, pass through a buffer, which is
borrowed while a connection is busy. With a CRC a frame is verified as a whole
before a byte of it is placed.

PostSend writes what the socket takes at once, headers and payload with one
writev, payload from where it lies. What is left is written by the connection's
one goroutine, which otherwise sleeps. Neither PostSend nor Poll waits for a
peer that does not read. Read responses are sent out of the registered memory;
when there is a CRC, out of a copy, because the memory's owner may change it.
After warm-up nothing is allocated per operation.

Frames fit TCP's segments, because hardware wants that (Provider.MaxFPDU says
otherwise), and are cut at multiples of four bytes. Read responses and sends
take turns; a tagged message is never put inside another.

# Systems

On Linux the socket calls are our own, in sock_linux.go. On every other system
sock_portable.go does with package net: payload passes through 64 KiB of memory
in each direction, every write is the writer goroutine's, an idle connection
keeps its 128 KiB, and the waits of Poll that are interrupted allocate. TCP is
not asked for its segment size; frames fit Ethernet's. The build tag
iwarp_portable selects that file on Linux too, for tests.

# Protocols

MPA is RFC 5044 with the enhanced set-up of RFC 6581: revisions 1 and 2, IRD
and ORD, peer-to-peer with a zero-length RDMA Write or Read. Our initiator asks
for revision 2 and comes back once with revision 1 when the peer goes away or
answers with that. CRC32C is used when either side wants it. Markers are
refused, as every known stack does. DDP is RFC 5041, RDMAP is RFC 5040 with all
its opcodes; what RFC 7306 adds is not used.

STags are 32 random bits, offsets begin at a random 48-bit number, a region
gives one right to one connection, and the buffer of an RDMA Read can be reached
by its response only. Revoking is synchronous. The first mistake of a peer is
answered with one Terminate, placed behind the frame that is being sent, and a
FIN; nothing is placed after it. Only a mistake of MPA's in a responder's very
first frame has no answer but the close (RFC 5044 7.1.2 rule 4).

# Linux siw

A siw responder answers the request before it listens for data, and then lets a
frame that follows at once lie unread until more data comes. Towards a peer
that may be one - it names only the Write RTR, or speaks revision 1 - the first
Send waits 5 ms. Towards any peer, while nothing has come back after the first
Send, a zero-length RDMA Write, which has no effect, follows after 20, 100 and
500 ms: it makes siw read. Zero-length RDMA Reads are never sent, since siw
answers them with old memory, and private data stay within its 256 bytes.
Its Terminates are bit-swapped; TerminateError gives both readings.

# Deviations

An STag of another connection is answered like one that does not exist (code 0
instead of 2 and 3): the difference would tell a peer that it has found a live
one. An invalidation that cannot be made is always 0/1/9. Version and opcode
errors quote no header. A tagged message may not be interleaved with another,
nor have gaps, although RFC 5041 would let it.

# Bugs

On a machine with an iWARP adapter, connections that the adapter's own TCP
handles do not reach a listener here.
*/
package iwarp
