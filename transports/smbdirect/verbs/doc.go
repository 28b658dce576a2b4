/*
Package verbs makes RDMA queue pairs with the devices of the machine: RoCE,
InfiniBand and iWARP cards, and Linux's devices of software, rxe and siw.

	p, err := verbs.Open()
	network := smbdirect.Over(p, smbdirect.Options{})
	conn, err := network.Dial(ctx, addr)

It is a provider of package rdma over libibverbs and librdmacm, the libraries
through which every card is reached. They are loaded when Open, Dial or Listen
is called first, and need not be there when the program is built, nor when it
starts. Open says in one sentence what is missing and what to do: see
LibraryError and its siblings.

# How the libraries are called

With github.com/ebitengine/purego, which calls C functions from a program that
no C compiler has seen. The alternatives are cgo, which makes the build need a
compiler and the headers for each processor, and the kernel's own interface,
which would mean to write the driver of every card anew. A call costs two
and a half times as much as with cgo, and less than a system call; work is posted
and completions are taken in batches of one call. Nothing is allocated for a
transfer.

Calls that matter (post, poll, arm) do not go through the libraries' exported
functions, which they are not: they are inline in verbs.h, and taken from the
table in the device's context. The structures in abi.go are those of the
libraries on 64-bit Linux, amd64 and arm64. On other systems, and with the build
tag noverbs, Open returns ErrNotBuilt.

A program with this package is linked to the C library dynamically, without
having been compiled with it: it needs glibc's loader to start. The tag noverbs
makes one that needs nothing.

# Connections

Establish resolves the address, creates the queues on the device that has the
route, posts the receives and connects, librdmacm's way. Port 5445 belongs to
iWARP and 445 to the others, [MS-SMBD] 1.9; a device of the wrong kind is a
rdma.KindError. Listen without a host listens on all devices, and on those that come
later; a listener whose device goes waits for it to come back.

InfiniBand and RoCE carry IRD and ORD in their own protocol, so Peer has them
as negotiated. iWARP devices do not tell, and the private data of [MS-SMBD] 6
has them.

Nothing blocks a thread: events of connections, completions and devices come
through descriptors that the Go poller watches. The exceptions are calls that
the kernel answers in the time of a device command, such as making a queue pair
or registering memory.

A completion queue is looked at a few times before its event is waited for. With
siw and rxe in a guest of one processor (BenchmarkRoundTrip, BenchmarkProvider)
0, 16 and 256 looks make no difference beyond the noise; to look for as long as
an answer takes costs half of the throughput and fifteen times the latency, for
the processor is the device too. Cards have not been measured.

# Memory

Buffers that devices know are in transports/mapped: a device registers a chunk
of it when it first meets it, once, and with local rights only. Everything else
works too, but what is sent is copied, and what is read or written registered for the
operation.

What a peer may reach is decided for each Register, and by what the device can
do:

	windows    A memory window of type 2B is bound to exactly the bytes, in the
	           send queue, and invalidated by the peer's Send with Invalidate or
	           by us. It works for one queue pair alone, and costs no system
	           call. A window is bound 200 times before it is given back, so that
	           its key does not come round. mlx5, rxe.
	otherwise  The bytes are registered for the operation and deregistered
	           behind it: two system calls and the pinning of the pages. A key is
	           good for every queue pair of its protection domain, so each
	           connection has a domain of its own. The peer may not invalidate:
	           RemoteInvalidation is false and clients say so to their servers,
	           [MS-SMB2] 3.2.4.6. siw, cxgb4, bnxt_re, and irdma as iWARP.

Register and PostSend queue in order, so that a peer that learns a token from a
later message finds the window bound. Deregister returns when nothing reaches
the memory any more, which takes the device the time of what was posted before.

The target of an RDMA Read is registered for remote writing on iWARP cards,
which check the response as a write, for the time of the read and no longer.

# End

A connection ends by itself when any work fails, when the peer disconnects and
when the device is removed. Then the queue pair is moved to its error state,
what the device flushes is taken, and windows, registrations, queue pair,
queues, domain and ID go, in this order: see teardown. What the device does not
give back within a second is flushed by our own books, after the queue pair is
destroyed.

Poll's last word is io.EOF, net.ErrClosed, ErrRemoved, a *rdma.ProtocolError or
what the device said. Flushed work comes out before the event that explains it,
so that an end whose reason is unknown waits half a second for it.

# Bugs

siw tells neither side why a stream was terminated: what would be a
ProtocolError is io.EOF there. It never answers an RDMA Read of memory that the
kernel refuses to it, so that the reader's own timers end that, and it lets a
peer read memory that is registered for writing only. "rdma link del" of a siw
device waits until the program ends, and no event says so. A queue pair whose
dial is given up before the peer has answered is destroyed when siw's own 10 s
are over, and Close waits for that.

rxe lets a peer that can name a window of another connection invalidate it,
which ends that connection. Its kernel code panics when a window is invalidated
twice, so that windows are given back there instead of invalidated; a peer that
invalidates twice can still do that. It holds a peer to the bounds of the
registration that a window is in, so there each window has a registration of
its own; and it binds a window again when it repeats a message before the
binding, so nothing that may be repeated is before one. Both are devices to try things with.

Cards have not been tried, only siw and rxe.
*/
package verbs
