package mapped

import (
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"unsafe"
)

// empty checks that nothing is left of a memory in the end.
func empty(t *testing.T, m *Memory) {
	t.Helper()
	if n := m.InUse(); n != 0 {
		t.Errorf("%d blocks in use", n)
	}
	m.Trim()
	if n := m.Mapped(); n != 0 || len(m.chunks()) != 0 || m.idle != 0 {
		t.Errorf("%d bytes are mapped, %d chunks, %d bytes idle", n, len(m.chunks()), m.idle)
	}
	for class, list := range m.room {
		if len(list) != 0 {
			t.Errorf("%d chunks in the list of class %d", len(list), class)
		}
	}
}

func TestAlloc(t *testing.T) {
	t.Parallel()
	var m Memory
	for _, n := range []int{0, 1, 63, 64, 65, 1536, 2048, 2049, 1<<20 + 1024, 1<<21 + 1, 16<<20 + 1024, 1 << 25, 1<<25 + 1} {
		a, b := m.Alloc(n), m.Alloc(n)
		for _, x := range [][]byte{a, b} {
			if len(x) != n || cap(x) != n || address(x)%align != 0 {
				t.Errorf("%d bytes: length %d, capacity %d, at %#x", n, len(x), cap(x), address(x))
			}
			c, ok := m.Chunk(x)
			if !ok || address(x) < address(c.Bytes()) || address(x)+uintptr(n) > address(c.Bytes())+uintptr(len(c.Bytes())) {
				t.Errorf("%d bytes are in no chunk that holds them", n)
			}
			for i := range x {
				x[i] = byte(n)
			}
		}
		if address(a) == address(b) {
			t.Errorf("two blocks of %d bytes are one", n)
		}
		m.Free(a[:0]) // the beginning is enough
		m.Free(b)
	}
	empty(t, &m)
}

func TestFreePanics(t *testing.T) {
	t.Parallel()
	var m Memory
	a := m.Alloc(1000)
	once := m.Alloc(1000)
	m.Free(once)
	large := m.Alloc(3 << 20)
	c, _ := m.Chunk(a)
	for name, f := range map[string]func(){
		"nil":                     func() { m.Free(nil) },
		"the heap's":              func() { m.Free(make([]byte, 1000)) },
		"freed":                   func() { m.Free(once) },
		"a part":                  func() { m.Free(a[8:]) },
		"a part of a large block": func() { m.Free(large[64:]) },
		"a chunk's rest":          func() { m.Free(c.Bytes()[len(c.Bytes())-1:]) },
		"a length below zero":     func() { m.Alloc(-1) },
	} {
		if !panics(f) {
			t.Errorf("%s: no panic", name)
		}
	}
	m.Free(a) // and the lock is free
	m.Free(large)
	empty(t, &m)
}

func panics(f func()) (did bool) {
	defer func() { did = recover() != nil }()
	f()
	return
}

func TestChunk(t *testing.T) {
	t.Parallel()
	var m Memory
	a, b := m.Alloc(1000), m.Alloc(1000)
	ca, _ := m.Chunk(a)
	if cb, ok := m.Chunk(b); !ok || ca != cb {
		t.Error("neighbours have different chunks")
	}
	whole := ca.Bytes()
	if c, ok := m.Chunk(whole); !ok || c != ca {
		t.Error("a chunk is not in itself")
	}
	for name, x := range map[string][]byte{
		"nil":               nil,
		"the heap's":        make([]byte, 10),
		"more than a chunk": unsafe.Slice(&whole[0], len(whole)+1),
	} {
		if _, ok := m.Chunk(x); ok {
			t.Errorf("%s is in a chunk", name)
		}
	}
	m.Free(a)
	m.Free(b)
	m.Trim()
	if _, ok := m.Chunk(whole[:1]); ok {
		t.Error("a chunk is found after its end")
	}
	empty(t, &m)
}

// What is kept is bounded, and what has been idle for longest goes first.
func TestIdle(t *testing.T) {
	t.Parallel()
	m := Memory{Idle: 9 << 20}
	var gone []*Chunk
	m.Watch(func(c *Chunk) { gone = append(gone, c) })
	var blocks [][]byte
	var chunks []*Chunk
	for range 3 {
		b := m.Alloc(4 << 20)
		c, _ := m.Chunk(b)
		blocks, chunks = append(blocks, b), append(chunks, c)
	}
	m.Free(blocks[1])
	m.Free(blocks[0])
	if len(gone) != 0 || m.Mapped() != 12<<20 {
		t.Errorf("%d chunks have gone, %d bytes are mapped", len(gone), m.Mapped())
	}
	m.Free(blocks[2])
	if len(gone) != 1 || gone[0] != chunks[1] || m.Mapped() != 8<<20 {
		t.Errorf("%d chunks have gone, %d bytes are mapped", len(gone), m.Mapped())
	}
	again := m.Alloc(4 << 20)
	if c, _ := m.Chunk(again); c != chunks[2] {
		t.Error("the next block is not the last that was freed")
	}
	m.Free(again)
	m.Free(m.Alloc(1<<25 + 1))
	if len(gone) != 2 || m.Mapped() != 8<<20 {
		t.Errorf("a chunk of no class is kept: %d bytes are mapped", m.Mapped())
	}
	empty(t, &m)
	if len(gone) != 4 {
		t.Errorf("%d chunks have been told of, want 4", len(gone))
	}
}

// A chunk that is in use is taken from before an idle one, whatever comes last.
func TestIdleIsTakenLast(t *testing.T) {
	t.Parallel()
	var m Memory
	const n = 500 << 10
	var list [][]byte
	for len(m.chunks()) < 3 {
		list = append(list, m.Alloc(n))
	}
	first, _ := m.Chunk(list[0])
	keep := list[len(list)-1]
	for _, b := range list[:len(list)-1] {
		m.Free(b)
	}
	b := m.Alloc(n)
	if c, _ := m.Chunk(b); c == first || c.inUse != 2 {
		t.Error("an idle chunk is taken from")
	}
	m.Free(b)
	m.Free(keep)
	empty(t, &m)
}

// A watcher may use the memory, and others do while it takes its time.
func TestWatch(t *testing.T) {
	t.Parallel()
	m := Memory{Idle: 1}
	var told int
	inside, done := make(chan struct{}), make(chan struct{})
	stop := m.Watch(func(c *Chunk) {
		told++
		c.Bytes()[0] = 1 // mapped still
		if told == 1 {
			m.Free(m.Alloc(10 << 20)) // and told of it
			close(inside)
			<-done
		}
	})
	b := m.Alloc(3 << 20)
	var wg sync.WaitGroup
	wg.Go(func() { m.Free(b) })
	<-inside
	x := m.Alloc(5)
	m.Alloc(3 << 20)
	close(done)
	wg.Wait()
	if told != 2 {
		t.Errorf("told %d times, want 2", told)
	}
	stop()
	stop()
	m.Free(x)
	if told != 2 {
		t.Error("told after the end")
	}
}

// Random use against a model: what is in use keeps its content and is nobody
// else's, and only chunks without a block in use go.
func TestModel(t *testing.T) {
	t.Parallel()
	m := Memory{Idle: 8 << 20}
	live := map[*byte][]byte{}
	m.Watch(func(c *Chunk) {
		for _, b := range live {
			if a := address(b); a >= c.base && a < c.base+uintptr(len(c.mem)) {
				t.Error("a chunk with a block in use goes")
			}
		}
		clear(c.mem)
	})
	r := rand.New(rand.NewPCG(1, 2))
	for step := range 4000 {
		if len(live) > 0 && r.IntN(100) < 49+step/2000*10 {
			for p, b := range live {
				check(t, b)
				delete(live, p)
				m.Free(b)
				break
			}
			continue
		}
		n := 1 + r.IntN(1<<r.IntN(23))
		b := m.Alloc(n)
		p := unsafe.SliceData(b)
		if live[p] != nil {
			t.Fatal("a block is handed out twice")
		}
		mark(b, byte(r.Uint32()))
		live[p] = b
		if m.InUse() != int64(len(live)) {
			t.Fatalf("%d in use, want %d", m.InUse(), len(live))
		}
	}
	if m.idle > m.Idle {
		t.Errorf("%d bytes idle", m.idle)
	}
	for p, b := range live {
		check(t, b)
		delete(live, p)
		m.Free(b)
	}
	empty(t, &m)
}

// mark writes the ends and each page of a block.
func mark(b []byte, with byte) {
	for i := 0; i < len(b); i += 4096 {
		b[i] = with
	}
	b[len(b)-1] = b[0]
}

func check(t *testing.T, b []byte) {
	t.Helper()
	for i := 0; i < len(b); i += 4096 {
		if b[i] != b[len(b)-1] {
			t.Fatalf("a block of %d bytes has changed at %d", len(b), i)
		}
	}
}

func TestConcurrent(t *testing.T) {
	t.Parallel()
	m := Memory{Idle: 4 << 20}
	var known sync.Map
	m.Watch(func(c *Chunk) { known.Delete(c) })
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(3, uint64(i)))
			var mine [][]byte
			for range 400 {
				if len(mine) > 8 || len(mine) > 0 && r.IntN(2) == 0 {
					b := mine[len(mine)-1]
					mine = mine[:len(mine)-1]
					check(t, b)
					m.Free(b)
					continue
				}
				b := m.Alloc(1 + r.IntN(1<<r.IntN(22)))
				mark(b, byte(i))
				mine = append(mine, b)
				c, ok := m.Chunk(b)
				if !ok {
					t.Error("a block is in no chunk")
					return
				}
				known.Store(c, true)
			}
			for _, b := range mine {
				m.Free(b)
			}
		})
	}
	wg.Wait()
	empty(t, &m)
	known.Range(func(any, any) bool { t.Error("a chunk has gone unseen"); return false })
}

// Nothing is allocated once there are chunks.
func TestAllocates(t *testing.T) {
	var m Memory
	for _, n := range []int{1000, 66560, 1<<20 + 1024, 8<<20 + 1024} {
		hold := m.Alloc(n)
		if allocs := testing.AllocsPerRun(100, func() {
			b := m.Alloc(n)
			if _, ok := m.Chunk(b); !ok {
				t.Error("in no chunk")
			}
			m.Free(b)
		}); allocs > 0 {
			t.Errorf("%d bytes: %v allocations", n, allocs)
		}
		m.Free(hold)
	}
	empty(t, &m)
}

func BenchmarkAllocFree(b *testing.B) {
	for _, n := range []int{1536, 66560, 1<<20 + 1024, 8<<20 + 1024} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			var m Memory
			b.ReportAllocs()
			for b.Loop() {
				m.Free(m.Alloc(n))
			}
			m.Trim()
		})
	}
}

func BenchmarkChunk(b *testing.B) {
	var m Memory
	var list [][]byte
	for len(m.chunks()) < 100 {
		list = append(list, m.Alloc(1<<20))
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, ok := m.Chunk(list[i%len(list)]); !ok {
			b.Fatal("in no chunk")
		}
		i++
	}
	for _, x := range list {
		m.Free(x)
	}
	m.Trim()
}
