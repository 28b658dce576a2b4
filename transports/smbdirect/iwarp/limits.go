package iwarp

import "time"

// Sizes that the specifications fix.
const (
	// maxPrivateData is the longest private data of a start-up frame,
	// RFC 5044 7.1.1. What we send stays within rdma.MaxPrivate plus the words:
	// siw resets at 257 bytes, and as initiator it crashes.
	maxPrivateData = 512
	enhancedSize   = 4 // RFC 6581 9

	// notNegotiated in an IRD or ORD field says "do not negotiate this", and is
	// the field's mask, RFC 6581 9.1.
	notNegotiated = 0x3fff

	maxULPDU = 1<<16 - 1 // the length field, RFC 5044 4.1
	// minULPDU is the shortest header there is; less cannot be a segment.
	minULPDU = taggedHeader
	// minMULPDU holds for any segment size of TCP, RFC 5044 4.5.
	minMULPDU = 128
)

// Bounds on what a peer makes us hold.
const (
	// MaxIRD bounds the inbound RDMA reads of a connection, which cost one
	// queue slot each. It is siw's bound too.
	MaxIRD = 128

	// maxRegions bounds the live regions of a connection. Our own upper layer
	// registers them, two per transfer at most, so this is a bug's bound.
	maxRegions = 1 << 16

	// quarantine is how many retired STags of a connection are remembered, not
	// drawn again, and accepted in a late Send with Invalidate. An upper layer
	// has at most its credits' worth of those under way (255 in SMB Direct).
	quarantine = 256

	// maxTerminate bounds what is kept of a Terminate: header, control, length
	// and the two headers it may quote. Longer ones are skipped.
	maxTerminate = untaggedHeader + 4 + 2 + untaggedHeader + readRequestHeader

	// defaultHalfOpen bounds the connections of a listener whose start-up
	// frame is not complete. Each costs a socket, a goroutine and about 8 KiB;
	// beyond it the oldest is closed, so that silent peers cannot keep others
	// out.
	defaultHalfOpen = 256
	// backlog bounds the requests that wait for Accept.
	backlog = 128
)

// Queue depths when rdma.Config leaves them open: SMB Direct's default of 255
// credits with as many transfers beside them.
const (
	defaultSendDepth    = 512
	defaultReceiveDepth = 512
	// maxDepth bounds what Config may ask for.
	maxDepth = 1 << 16
)

// Buffers and batches.
const (
	// readBuffer holds the longest frame and as much again, so that a frame
	// rarely has to be moved to the front.
	readBuffer = 128 << 10
	// pooledBuffers is how many idle read buffers a Provider keeps: enough for
	// the connections that are busy at one moment on a small machine.
	pooledBuffers = 32
	// minWindow is read at once from a quiet connection: several messages of
	// SMB Direct's default size, and little enough to be copied without regret
	// when a large placement begins in it. The window doubles up to maxWindow
	// while reads fill it.
	minWindow = 4 << 10
	maxWindow = readBuffer / 2
	// directSize is the least rest of a payload that is read from the socket
	// straight into its place: below it a system call costs more than a copy.
	directSize = 4 << 10
	// spill is read behind a direct payload: its trailer and the next header.
	spill = 7 + 2 + untaggedHeader + readRequestHeader
	// stash is how much of an incomplete header is kept without a buffer, so
	// that a peer that stops there costs nothing.
	stash = 2 + maxTerminate

	// maxSkipped is how many Polls in a row may be answered without reading.
	maxSkipped = 4

	// batchFrames and batchBytes bound one writev: enough to fill a socket
	// buffer, little enough that a Send does not wait long behind it.
	batchFrames = 128
	batchBytes  = 1 << 20
	// longResponse is the least response that Poll hands to the writer: copying
	// it takes longer than waking a goroutine.
	longResponse = 256 << 10
	// burst is how many frames of a read response and of the send queue
	// alternate.
	burst = 4
	// remeasure is how often, in bytes sent, TCP is asked for its segment size.
	remeasure = 1 << 20
)

// Timers, when the Provider's fields leave them open.
const (
	// DefaultRequestTimeout is siw's wait for a request, RFC 5044 7.1.2 rule 10.
	DefaultRequestTimeout = 5 * time.Second
	// DefaultReplyTimeout is siw's wait for a reply, TCP's own set-up included.
	DefaultReplyTimeout = 10 * time.Second
	// DefaultFirstTimeout is the responder's wait for the first frame. The
	// upper layer has its own, shorter one; this is for upper layers without.
	DefaultFirstTimeout = 15 * time.Second
	// DefaultWriteTimeout ends a connection whose peer takes nothing: well
	// above any pause of TCP that a working peer recovers from.
	DefaultWriteTimeout = 30 * time.Second
	// DefaultCloseTimeout bounds Close: sending what is queued, and after that
	// waiting for the peer's FIN, so that unread input does not turn our
	// Terminate into a reset (RFC 5040 6.2.1).
	DefaultCloseTimeout = 2 * time.Second
)

// The first-segment stall of siw: it answers the request before it listens for
// data, so a frame that follows at once lies unread until more arrives. A
// pause makes it rare; a zero-length RDMA Write later cures it. 5 ms gave no
// stall in 80 connections where 3 ms gave one in three.
const stallHold = 5 * time.Millisecond

// stallCures are the times of the cure, counted from the first Send.
var stallCures = [...]time.Duration{20 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond}
