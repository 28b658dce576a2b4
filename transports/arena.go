package transports

import (
	"fmt"
	"math/bits"
	"sync"
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

// An Arena makes messages and takes their buffers back, one free list per size
// class. It is safe for concurrent use. The zero Arena is ready; Idle may be
// set before the first use.
type Arena struct {
	Idle int64 // bytes kept for reuse, DefaultIdle when 0

	idle  atomic.Int64
	inUse atomic.Int64
	lists [numClasses]struct {
		mu   sync.Mutex
		free []*Message
	}
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
	m := a.take(c)
	if m == nil {
		m = &Message{mem: make([]byte, classSize(c)), arena: a, class: int8(c)}
	}
	m.off, m.end = headroom, headroom+n
	m.Invalidate, m.Invalidates = 0, false
	m.refs.Store(1)
	a.inUse.Add(1)
	return m
}

// InUse is the number of messages that have not been released: zero when
// everything has been cleaned up.
func (a *Arena) InUse() int64 { return a.inUse.Load() }

func (a *Arena) take(c int) *Message {
	l := &a.lists[c]
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.free)
	if n == 0 {
		return nil
	}
	m := l.free[n-1]
	l.free[n-1] = nil
	l.free = l.free[:n-1]
	a.idle.Add(-int64(len(m.mem)))
	return m
}

func (a *Arena) free(m *Message) {
	a.inUse.Add(-1)
	limit := a.Idle
	if limit == 0 {
		limit = DefaultIdle
	}
	size := int64(len(m.mem))
	if a.idle.Add(size) > limit {
		a.idle.Add(-size)
		return // to the garbage collector
	}
	l := &a.lists[m.class]
	l.mu.Lock()
	l.free = append(l.free, m)
	l.mu.Unlock()
}

func classSize(c int) int { return 1<<(c+minClassBits) + classSlack }

// classOf is the smallest class that holds n bytes, headroom included.
func classOf(n int) int {
	if n <= classSize(0) {
		return 0
	}
	return bits.Len(uint(n-classSlack-1)) - minClassBits
}
