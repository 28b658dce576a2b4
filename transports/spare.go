package transports

import (
	"sync"
	"sync/atomic"
)

// spare is what an arena keeps for reuse, by size class. It outlives the arena,
// to which neither it nor the messages in it lead, until it is emptied.
type spare struct {
	memory Memory
	idle   atomic.Int64 // bytes
	lists  [numClasses]struct {
		mu   sync.Mutex
		free []*Message
	}
}

// take returns a message of a class, or nil.
func (s *spare) take(c int) *Message {
	l := &s.lists[c]
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.free)
	if n == 0 {
		return nil
	}
	m := l.free[n-1]
	l.free[n-1] = nil
	l.free = l.free[:n-1]
	s.idle.Add(-int64(len(m.mem)))
	return m
}

// keep adds a message, or drops it when there would be more than limit bytes.
func (s *spare) keep(m *Message, limit int64) {
	size := int64(len(m.mem))
	if s.idle.Add(size) > limit {
		s.idle.Add(-size)
		s.drop(m)
		return
	}
	l := &s.lists[m.class]
	l.mu.Lock()
	l.free = append(l.free, m)
	l.mu.Unlock()
}

// drop gives a buffer back. Whoever uses the message after its release meets no
// bytes, instead of another one's or none of the process's.
func (s *spare) drop(m *Message) {
	b := m.mem
	m.mem = nil
	if s.memory != nil {
		s.memory.Free(b)
	}
}

// empty drops everything.
func (s *spare) empty() {
	for c := range s.lists {
		for m := s.take(c); m != nil; m = s.take(c) {
			s.drop(m)
		}
	}
}
