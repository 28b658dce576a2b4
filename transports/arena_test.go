package transports

import (
	"bytes"
	"runtime"
	"sync"
	"testing"
	"time"
)

// Every length gets a buffer that holds it, of the smallest class that does.
func TestClasses(t *testing.T) {
	for c := range numClasses {
		size := classSize(c)
		if classOf(size) != c || classOf(size-1) != c {
			t.Errorf("%d bytes are of class %d, want %d", size, classOf(size), c)
		}
		if c+1 < numClasses && classOf(size+1) != c+1 {
			t.Errorf("%d bytes are of class %d, want %d", size+1, classOf(size+1), c+1)
		}
	}
	if classOf(0) != 0 || classOf(MaxMessage+classSlack) != numClasses-1 {
		t.Error("the ends of the range are outside of the classes")
	}
}

// A 1 MiB READ reply with its headers does not cost twice as much.
func TestClassesFitPayload(t *testing.T) {
	for n := 512; n <= 8<<20; n *= 2 {
		m := new(Arena).New(n + 64 + 16)
		if waste := len(m.mem) - n; waste > classSlack {
			t.Errorf("a payload of %d bytes takes %d more", n, waste)
		}
		m.Release()
	}
}

func TestMessageRoom(t *testing.T) {
	a := new(Arena)
	m := a.NewWithHeadroom(100, 10)
	if m.Len() != 100 || m.Headroom() != 10 || m.Tailroom() != classSize(0)-110 {
		t.Fatalf("length %d, headroom %d, tailroom %d", m.Len(), m.Headroom(), m.Tailroom())
	}
	copy(m.Prepend(4), "head")
	m.Resize(6)
	if b := m.Bytes(); string(b[:4]) != "head" || len(b) != 6 || m.Headroom() != 6 {
		t.Errorf("after Prepend and Resize: %q", b)
	}
	m.Trim(4)
	if m.Len() != 2 || m.Headroom() != 10 {
		t.Errorf("after Trim: length %d, headroom %d", m.Len(), m.Headroom())
	}
	m.Resize(m.Len() + m.Tailroom())
	for name, f := range map[string]func(){
		"Prepend": func() { m.Prepend(11) },
		"Trim":    func() { m.Trim(m.Len() + 1) },
		"Resize":  func() { m.Resize(m.Len() + 1) },
		"New":     func() { a.New(MaxMessage + 1) },
	} {
		if !panics(f) {
			t.Errorf("%s out of range does not panic", name)
		}
	}
	m.Release()
	if !panics(m.Release) || !panics(func() { m.Retain() }) {
		t.Error("use of a released message does not panic")
	}
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return
}

// The buffer goes back with the last reference, and comes out clean.
func TestReuse(t *testing.T) {
	a := new(Arena)
	m := a.New(1000)
	m.Invalidate, m.Invalidates = 7, true
	m.Retain()
	m.Release()
	if a.InUse() != 1 {
		t.Errorf("%d in use, want 1", a.InUse())
	}
	m.Done(nil)
	if a.InUse() != 0 {
		t.Errorf("%d in use, want 0", a.InUse())
	}
	again := a.New(900)
	if again != m || again.Invalidates || again.Invalidate != 0 || again.Len() != 900 || again.Headroom() != Headroom {
		t.Errorf("the reused message: %+v", again)
	}
	again.Release()
}

// What is kept for reuse is bounded.
func TestIdleBound(t *testing.T) {
	a := &Arena{Idle: 10_000}
	var list []*Message
	for range 20 {
		list = append(list, a.New(1000))
	}
	for _, m := range list {
		m.Release()
	}
	if kept := len(a.spares().lists[0].free); kept != 10_000/classSize(0) {
		t.Errorf("%d buffers of %d bytes are kept", kept, classSize(0))
	}
	if a.spares().idle.Load() != int64(len(a.spares().lists[0].free)*classSize(0)) {
		t.Errorf("%d bytes on the books", a.spares().idle.Load())
	}
}

// shelf is a Memory that counts.
type shelf struct {
	mu    sync.Mutex
	inUse map[*byte]int
}

func (s *shelf) Alloc(n int) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := bytes.Repeat([]byte{'x'}, n)
	if s.inUse == nil {
		s.inUse = map[*byte]int{}
	}
	s.inUse[&b[0]] = n
	return b
}

func (s *shelf) Free(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inUse[&b[0]] != len(b) {
		panic("free of another buffer")
	}
	delete(s.inUse, &b[0])
}

func (s *shelf) left() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.inUse)
}

// Buffers come from the Memory, without what others have left in them, and go
// back there when they are too many, or when they are asked for.
func TestArenaMemory(t *testing.T) {
	t.Parallel()
	s := new(shelf)
	a := &Arena{Memory: s, Idle: 5000}
	var list []*Message
	for range 5 {
		m := a.New(1000)
		if b := m.Bytes(); !bytes.Equal(b, make([]byte, 1000)) {
			t.Error("a buffer has another's content")
		}
		list = append(list, m)
	}
	if s.left() != 5 {
		t.Errorf("%d buffers of the memory's, want 5", s.left())
	}
	for _, m := range list {
		m.Release()
	}
	if s.left() != 5000/classSize(0) {
		t.Errorf("%d buffers are kept", s.left())
	}
	if !panics(func() { list[4].Bytes() }) {
		t.Error("the bytes of a dropped message can be had")
	}
	a.Trim()
	if s.left() != 0 || a.spares().idle.Load() != 0 {
		t.Errorf("%d buffers are left, %d bytes on the books", s.left(), a.spares().idle.Load())
	}
	a.New(10).Release()
	a.Trim()
	new(Arena).Trim()
	if s.left() != 0 {
		t.Errorf("%d buffers are left", s.left())
	}
}

// An arena that nobody has any more leaves nothing, also when its last message
// is released after it was let go.
func TestArenaIsCollected(t *testing.T) {
	t.Parallel()
	s := new(shelf)
	last := func() *Message {
		a := &Arena{Memory: s}
		var list []*Message
		for n := range 5 {
			list = append(list, a.New(n*1000))
		}
		for _, m := range list[1:] {
			m.Release()
		}
		return list[0]
	}()
	runtime.GC()
	last.Retain().Release()
	if s.left() != 5 {
		t.Errorf("%d buffers while a message is in use, want 5", s.left())
	}
	last.Release()
	last = nil
	for end := time.Now().Add(10 * time.Second); s.left() > 0; runtime.GC() {
		if time.Now().After(end) {
			t.Fatalf("%d buffers are left", s.left())
		}
		time.Sleep(time.Millisecond)
	}
}

func BenchmarkArena(b *testing.B) {
	b.ReportAllocs()
	a := new(Arena)
	for b.Loop() {
		a.New(64 << 10).Release()
	}
}

func TestArenaConcurrent(t *testing.T) {
	a := &Arena{Idle: 1 << 20}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 500 {
				m := a.New(1 + n*i)
				m.Bytes()[0] = byte(n)
				wg.Go(m.Retain().Release)
				m.Release()
			}
		})
	}
	wg.Wait()
	if a.InUse() != 0 {
		t.Errorf("%d in use", a.InUse())
	}
}
