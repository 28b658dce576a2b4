package transports

import "time"

// MaxMessage is the longest message any transport carries: the 24-bit length
// of direct TCP, [MS-SMB2] 2.1.
const MaxMessage = 1<<24 - 1

// MaxNetBIOSMessage is the longest message of the NetBIOS session service: a
// 17-bit length, [RFC 1002] 4.3.1.
const MaxNetBIOSMessage = 1<<17 - 1

// readAhead is what a Framer reads in one go when it does not know what comes:
// the prefix together with a whole small message, up to a READ of 4 KiB and its
// headers, which costs one system call. It is part of every idle connection,
// an eighth of what one may cost, and of a larger message this much is copied
// once.
const readAhead = 8 << 10

// What ReceiveFrames reads at once: as much as a busy stream has to give, but
// no more than stays in a core's cache until it has been written again, and
// than a peer may make a relay hold that takes nothing at the other leg.
const (
	minFrameWindow = 16 << 10
	maxFrameWindow = 1 << 20
)

// DefaultPending bounds the handshakes of an Acceptor that run at a time. Each
// costs a peer nothing but a SYN, and us a goroutine or two and their buffers.
const DefaultPending = 64

// DefaultHandshakeTimeout is how long a peer may take until its connection is
// ready: several round trips over a bad line, lost packets included.
const DefaultHandshakeTimeout = 10 * time.Second

// Accepting again at once when the process is out of file descriptors would
// spin, so an Acceptor waits, twice as long each time, between these two.
const (
	minAcceptPause = 5 * time.Millisecond
	maxAcceptPause = time.Second
)
