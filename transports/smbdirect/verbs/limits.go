package verbs

import "time"

const (
	// maxDepth bounds a queue pair's queues, whatever its Config says: above
	// every device's own limit.
	maxDepth = 1 << 14

	// Queue depths when Config leaves them open: enough for SMB Direct's
	// default of 255 credits and as many transfers.
	defaultSendDepth    = 512
	defaultReceiveDepth = 512

	// memoryOps is how many window operations may wait in a queue pair beside
	// the work of its Config: two for each of as many regions as a client with
	// 512 credits exposes at a time.
	memoryOps = 1024

	// windowSlots is what the device's send queue has room for beyond the
	// work of Config. More window operations wait in our own queue.
	windowSlots = 128

	// headSize is the longest head that is gathered by the device: SMB Direct's
	// longest, of 32 bytes, with room. Longer ones are copied with their body.
	headSize = 64

	// maxInline is what we ask the device to take by value: bare headers and
	// credits. siw takes 80 bytes.
	maxInline = 64

	// chain is how many work requests go to the device with one call.
	chain = 32

	// reapBatch is how many completions are taken with one call.
	reapBatch = 32

	// spins is how often an empty completion queue is looked at before its
	// event is waited for: about as long as arming it costs.
	spins = 16

	// maxPart is the longest message or transfer of one work request, what
	// rxe takes; other devices take more. Longer transfers are split.
	maxPart = 8 << 20

	// maxBinds is how often a window is bound before it is allocated anew. The
	// low 8 bits of its key count, so the 256th bind would bring a key back
	// that some peer has known.
	maxBinds = 200

	// maxWindows bounds the windows a queue pair keeps for use again.
	maxWindows = 256

	// domainChunks bounds the registered chunks of a protection domain that
	// belongs to one connection; more memory is registered per operation. Each
	// is some MiB and counts against the locked memory limit anew.
	domainChunks = 64

	// backlog is what the kernel keeps of requests nobody has taken, and
	// pending how many wait for Accept. Beyond it peers are rejected.
	backlog = 256
	pending = 256

	// retryCount repeats a lost packet seven times, the most there is: several
	// seconds on RoCE. rnrRetry is what Linux uses: a message without a credit
	// is a mistake, not something to be repeated.
	retryCount = 7
	rnrRetry   = 0

	// MaxPrivate of InfiniBand's and RoCE's connection manager,
	// rdma_connect(3) and rdma_accept(3).
	maxConnectPrivate = 56
	maxAcceptPrivate  = 196
	maxIWARPPrivate   = 252 // siw: 256 less MPA revision 2's header

	// routeTimeout is Linux's own, for InfiniBand's subnet manager.
	routeTimeout = 5 * time.Second

	// closeTimeout is how long Close waits until what was posted has been
	// taken by the peer.
	closeTimeout = 2 * time.Second

	// drainTimeout bounds the wait for flushed work, once before the queue pair
	// is moved to its error state and once behind it; then the queue pair is
	// destroyed and the rest counts as flushed. siw keeps what it was sending.
	drainTimeout = 500 * time.Millisecond

	// reasonTimeout is how long the end of a connection waits to be told why:
	// flushed work comes out earlier than the event that explains it.
	reasonTimeout = 500 * time.Millisecond

	// goodbyeTimeout is how long a peer's goodbye waits to be explained: a peer
	// whose request the device has refused says it at once, and the device's
	// event comes another way.
	goodbyeTimeout = 50 * time.Millisecond

	// errorPause keeps errors of an event channel that stay from taking a
	// processor.
	errorPause = 5 * time.Millisecond

	// rebindFirst and rebindMost are the pauses of a listener whose device is
	// gone.
	rebindFirst = 100 * time.Millisecond
	rebindMost  = 5 * time.Second

	// ackBatch is how many events are acknowledged together, which takes a
	// lock in the library.
	ackBatch = 256
)

// siwVendor is the vendor ID of Linux's software iWARP, "bmt" backwards in its
// three low bytes. It alone takes a read's sink without remote rights.
const siwVendor = 0x626d74

// rxeVendor is the vendor ID of Linux's software RoCE, which has none.
const rxeVendor = 0xffffff

// resolveTimeouts are the times that a neighbour is asked for, one after the
// other: in all less than what a gateway gives a server to answer.
var resolveTimeouts = [...]time.Duration{
	250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second,
}
