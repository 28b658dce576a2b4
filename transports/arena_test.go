package transports

import (
	"sync"
	"testing"
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
	if kept := len(a.lists[0].free); kept != 10_000/classSize(0) {
		t.Errorf("%d buffers of %d bytes are kept", kept, classSize(0))
	}
	if a.idle.Load() != int64(len(a.lists[0].free)*classSize(0)) {
		t.Errorf("%d bytes on the books", a.idle.Load())
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
