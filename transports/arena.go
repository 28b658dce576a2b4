package transports

import (
	"fmt"
	"math/bits"
	"runtime"
	"sync/atomic"
)

// Limits of the arena. Classes are powers of two plus classSlack, because SMB
// payloads are powers of two and come with headers: a 1 MiB READ reply must
// not cost 2 MiB.
const (
	minClassBits = 9  // 512 bytes: most requests without data
	maxClassBits = 24 // 16 MiB: the largest message direct TCP can frame
	classSlack   = 1024
	numClasses   = maxClassBits - minClassBits + 1

	// DefaultIdle bounds the free buffers an arena keeps for reuse.
	DefaultIdle = 64 << 20
)

// A Memory is where arenas get their buffers. It is safe for concurrent use.
type Memory interface {
	Alloc(n int) []byte // exactly n bytes, of undefined content
	Free(b []byte)      // the beginning of what Alloc returned
}

// An Arena makes messages and takes their buffers back, one free list per size
// class. It is safe for concurrent use. The zero Arena is ready; its fields may
// be set before the first use.
type Arena struct {
	Idle   int64  // bytes kept for reuse, DefaultIdle when 0
	Memory Memory // nil is Go's heap

	inUse atomic.Int64
	spare atomic.Pointer[spare]
}

// New returns a message of n bytes, of undefined content, with Headroom bytes
// in front of it. n is at most MaxMessage: callers check peers' numbers before
// they come here.
func (a *Arena) New(n int) *Message { return a.NewWithHeadroom(n, Headroom) }

// NewWithHeadroom is New with room for a header that is built later, when what
// follows it is already in place.
func (a *Arena) NewWithHeadroom(n, headroom int) *Message {
	if n < 0 || n > MaxMessage || headroom < 0 || headroom > classSlack {
		panic(fmt.Sprintf("transports: message of %d bytes with headroom %d", n, headroom))
	}
	c := classOf(n + headroom)
	m := a.spares().take(c)
	if m == nil {
		m = &Message{mem: a.buffer(classSize(c)), class: int8(c)}
	}
	m.arena = a
	m.off, m.end = headroom, headroom+n
	m.Invalidate, m.Invalidates = 0, false
	m.refs.Store(1)
	a.inUse.Add(1)
	return m
}

// InUse is the number of messages that have not been released: zero when
// everything has been cleaned up.
func (a *Arena) InUse() int64 { return a.inUse.Load() }

// buffer returns n bytes that tell nothing of other arenas: what is exposed to a
// peer may be taken for what the peer has written.
func (a *Arena) buffer(n int) []byte {
	if a.Memory == nil {
		return make([]byte, n)
	}
	b := a.Memory.Alloc(n)
	clear(b)
	return b
}

func (a *Arena) free(m *Message) {
	a.inUse.Add(-1)
	m.arena = nil // which can be collected while messages are spare
	limit := a.Idle
	if limit == 0 {
		limit = DefaultIdle
	}
	a.spares().keep(m, limit)
}

// Trim gives all spare buffers back to the Memory. They go there by themselves
// when nobody has the Arena any more, some time later.
func (a *Arena) Trim() {
	if s := a.spare.Load(); s != nil {
		s.empty()
	}
}

// spares makes the free lists at the first use.
func (a *Arena) spares() *spare {
	if s := a.spare.Load(); s != nil {
		return s
	}
	s := &spare{memory: a.Memory}
	if !a.spare.CompareAndSwap(nil, s) {
		return a.spare.Load()
	}
	if a.Memory != nil {
		// The collector knows nothing of the buffers. Arenas go with the
		// configuration that they were made for, or with a listener, but not
		// before the last of their messages: nobody else knows when.
		runtime.AddCleanup(a, (*spare).empty, s)
	}
	return s
}

func classSize(c int) int { return 1<<(c+minClassBits) + classSlack }

// classOf is the smallest class that holds n bytes, headroom included.
func classOf(n int) int {
	if n <= classSize(0) {
		return 0
	}
	return bits.Len(uint(n-classSlack-1)) - minClassBits
}
