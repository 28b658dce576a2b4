package rdma

import (
	"context"
	"errors"
	"net"
)

// A Provider makes queue pairs: software iWARP, kernel verbs, memory.
type Provider interface {
	// Dial prepares a queue pair towards host:port; nothing is sent before
	// Establish.
	Dial(address string, c Config) (QueuePair, error)
	// Listen accepts queue pairs on host:port.
	Listen(ctx context.Context, address string, c Config) (Listener, error)
}

// A Listener hands out queue pairs whose peers have asked to connect. One slow
// peer delays no other.
type Listener interface {
	Accept() (QueuePair, error) // not established yet; net.ErrClosed after Close
	Close() error
	Addr() net.Addr
}

// Config sizes a queue pair. Zero values take the provider's defaults.
type Config struct {
	SendDepth    int // sends, writes and reads posted and not completed
	ReceiveDepth int // receives posted and not completed
}

// Params are what the two sides tell each other at connection set-up.
type Params struct {
	IRD     int    // inbound RDMA reads accepted at a time
	ORD     int    // outbound RDMA reads issued at a time
	Private []byte // the upper layer's private data, at most MaxPrivate bytes
}

// MaxPrivate bounds the upper layer's private data: siw takes 256 bytes, of
// which the enhanced MPA header takes four.
const MaxPrivate = 252

// A Peer is what the other side said at connection set-up, in its own
// perspective. Known to a responder from Accept on, to an initiator after
// Establish.
type Peer struct {
	Params
	// Negotiated says that IRD and ORD were carried by the provider's own
	// protocol (RFC 6581, or the InfiniBand CM) and so are real.
	Negotiated bool
}

// A QueuePair is one reliable connection. PostSend, PostReceive and Register
// may be called from any goroutine and never block; Poll from one at a time.
type QueuePair interface {
	Peer() Peer

	// Establish completes the set-up that Dial or Accept began; receives are
	// posted before it. It blocks until the peer answered or ctx ends. An
	// initiator may post sends when it returns, a responder after its first
	// completion.
	Establish(ctx context.Context, p Params) error

	// PostReceive adds a buffer for one inbound send. The provider owns buf
	// until its completion, which comes also at the connection's end.
	PostReceive(id uint64, buf []byte) error

	// PostSend queues work in order: all of list or, with an error, nothing.
	// list itself may be reused at once; what it points to belongs to the
	// provider until the completion.
	PostSend(list []Work) error

	// Poll blocks until there are completions, fills dst and returns how many.
	// It also drives the receive side of providers without a thread of their
	// own, so someone must be in Poll all the time. After the connection's end
	// it first returns everything that is outstanding, with ErrFlushed, and
	// only then the connection's error: io.EOF when the peer closed in order.
	Poll(dst []Completion) (int, error)

	// Register exposes exactly b to the peer with one right.
	Register(b []byte, a Access) (Region, error)

	// ORD is how many RDMA reads may be outstanding at the peer: valid after
	// Establish. More are queued and hold up what is posted behind them.
	ORD() int

	// RemoteInvalidation says whether the peer may end regions of ours with a
	// send: valid after Establish. Otherwise it must not be asked to, and only
	// Deregister ends them.
	RemoteInvalidation() bool

	// Close ends the connection, after what was posted has been sent as far as
	// that takes a bounded time, revokes all regions, and unblocks Poll, which
	// still has the flushed completions to give.
	Close() error

	RemoteAddr() net.Addr
}

// Op is a kind of work.
type Op uint8

const (
	OpSend    Op = iota // Head and Body to a receive of the peer
	OpWrite             // Body into Remote
	OpRead              // Remote into Body
	OpReceive           // completions only: a send of the peer arrived
)

// A Work is one entry of the send queue.
type Work struct {
	Op          Op
	ID          uint64
	Head        []byte // OpSend: goes in front of Body
	Body        []byte // source, or an OpRead's destination
	Remote      Segment
	Invalidate  uint32 // OpSend with Invalidates: the peer's token
	Invalidates bool   // a wish: a provider whose device cannot sends without
}

// A Completion is the end of a work entry or of a receive.
type Completion struct {
	Op          Op
	ID          uint64
	Len         int    // OpReceive: bytes in the buffer
	Invalidate  uint32 // OpReceive with Invalidates: the token of ours the peer retired
	Invalidates bool
	Err         error
}

// A Segment names memory of a peer. Offset and Token are opaque and used as
// received.
type Segment struct {
	Offset uint64
	Token  uint32
	Length uint32
}

// Access is the one right of a region.
type Access uint8

const (
	RemoteRead  Access = 1 + iota // the peer may RDMA Read it
	RemoteWrite                   // the peer may RDMA Write it
)

// A Region is registered memory.
type Region interface {
	Segment() Segment
	// Deregister ends the peer's access; when it returns nothing touches the
	// memory. Calling it after the peer's invalidation, or the connection's
	// end, is necessary too: it gives the Region back. Not to be used after.
	Deregister()
}

// Errors that completions and Poll carry; found with errors.Is.
var (
	ErrFlushed = errors.New("rdma: flushed at the end of the connection")
	ErrFull    = errors.New("rdma: queue full")
	ErrRefused = errors.New("rdma: connection refused by the peer")
)
