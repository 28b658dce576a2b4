package mapped

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// A Memory hands out blocks of mapped memory. It is safe for concurrent use and
// allocates nothing in Go's heap but for new chunks. The zero Memory is ready;
// Idle may be set before the first use.
type Memory struct {
	Idle int64 // bytes of chunks without a block in use that are kept, DefaultIdle when 0

	table atomic.Pointer[table] // all chunks; changed under mu

	mu     sync.Mutex
	room   [numClasses][]*Chunk // those with free blocks, idle ones first; the last is next
	idle   int64                // bytes of chunks without a block in use
	mapped int64                // bytes of all chunks
	inUse  int64
	events uint64

	watchers watchers
}

// Alloc returns n bytes of undefined content that begin at a multiple of 64. It
// panics when the system has no more memory.
func (m *Memory) Alloc(n int) []byte {
	if n < 0 {
		panic(fmt.Sprintf("mapped: block of %d bytes", n))
	}
	class := classOf(n)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inUse++
	if class == unclassed {
		return m.add(class, n).take(n)
	}
	if len(m.room[class]) == 0 {
		m.enter(m.add(class, sizeOf(class)))
	}
	list := m.room[class]
	c := list[len(list)-1]
	if c.inUse == 0 {
		m.idle -= int64(len(c.mem))
	}
	b := c.take(n)
	if c.full() {
		m.leave(c)
	}
	return b
}

// add maps another chunk, without the lock, which the caller has. Others may add
// some as well.
func (m *Memory) add(class, size int) *Chunk {
	m.mu.Unlock()
	c, err := newChunk(class, size)
	m.mu.Lock()
	if err != nil {
		m.inUse--
		panic(fmt.Sprintf("mapped: block of %d bytes: %v", size, err))
	}
	next := m.chunks().with(c)
	m.table.Store(&next)
	m.mapped += int64(len(c.mem))
	if class != unclassed {
		m.idle += int64(len(c.mem))
	}
	return c
}

// Free takes back a block, of which b is the beginning. It panics when that is
// no block in use.
func (m *Memory) Free(b []byte) {
	m.mu.Lock()
	gone := m.free(address(b))
	m.mu.Unlock()
	m.unmap(gone)
}

// free returns the chunks that go back to the system, out of the table already.
func (m *Memory) free(p uintptr) []*Chunk {
	c := m.chunks().find(p)
	if c == nil {
		m.mu.Unlock()
		panic("mapped: free of other memory")
	}
	wasFull := c.full()
	if !c.give(p) {
		m.mu.Unlock()
		panic("mapped: free of what is no block in use")
	}
	m.inUse--
	if c.class == unclassed {
		return m.drop([]*Chunk{c})
	}
	if wasFull {
		m.enter(c)
	}
	if c.inUse > 0 {
		return nil
	}
	m.idle += int64(len(c.mem))
	m.events++
	c.since = m.events
	m.rest(c)
	return m.shrink(m.limit())
}

func (m *Memory) limit() int64 {
	if m.Idle == 0 {
		return DefaultIdle
	}
	return m.Idle
}

// Trim gives every chunk without a block in use back to the system.
func (m *Memory) Trim() {
	m.mu.Lock()
	gone := m.shrink(0)
	m.mu.Unlock()
	m.unmap(gone)
}

// Chunk returns the chunk that holds all of b, memory of a block in use.
func (m *Memory) Chunk(b []byte) (*Chunk, bool) {
	p := address(b)
	c := m.chunks().find(p)
	if c == nil || uintptr(len(b)) > uintptr(len(c.mem))-(p-c.base) {
		return nil, false
	}
	return c, true
}

// InUse is the number of blocks that have not been freed.
func (m *Memory) InUse() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.inUse
}

// Mapped is the number of bytes of all chunks.
func (m *Memory) Mapped() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mapped
}
