package rdmatest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

var placementSizes = []int{1, 3, 4, 5, 1428, 1429, 65520, 65521, 100000, 1<<20 + 1}

// guarded is memory with a margin on both sides that must not change.
func guarded(n int) (all, inner []byte) {
	all = bytes.Repeat([]byte{0xa5}, n+128)
	return all, all[64 : 64+n : 64+n]
}

func intact(all []byte) bool {
	margin := bytes.Repeat([]byte{0xa5}, 64)
	return bytes.Equal(all[:64], margin) && bytes.Equal(all[len(all)-64:], margin)
}

// part is a piece of a segment.
func part(s rdma.Segment, off, n int) rdma.Segment {
	return rdma.Segment{Token: s.Token, Offset: s.Offset + uint64(off), Length: uint32(n)}
}

// testWrite: a write is in place when the send behind it arrives.
func testWrite(t *testing.T, f Fabric) {
	a, b := f.pair(t, setup{})
	for i, n := range placementSizes {
		all, mem := guarded(n + 8)
		r := b.register(mem, rdma.RemoteWrite)
		b.receive(uint64(i), 16)
		a.post(
			rdma.Work{Op: rdma.OpWrite, ID: 1, Body: pattern(n, i), Remote: part(r.Segment(), 4, n)},
			rdma.Work{Op: rdma.OpSend, ID: 2, Body: []byte("placed")})
		b.next(rdma.OpReceive, uint64(i))
		r.Deregister()
		if !bytes.Equal(mem[4:n+4], pattern(n, i)) {
			t.Errorf("write of %d bytes: wrong content", n)
		}
		if !intact(all) || mem[3] != 0xa5 || mem[n+4] != 0xa5 {
			t.Errorf("write of %d bytes: wrote beside its target", n)
		}
		a.next(rdma.OpWrite, 1)
		a.next(rdma.OpSend, 2)
	}
}

// testRead: a read brings exactly what was asked for, from one region into one
// buffer, in the order of posting.
func testRead(t *testing.T, f Fabric) {
	a, b := f.pair(t, setup{ord: 4})
	for i, n := range placementSizes {
		src := pattern(n+8, i)
		r := b.register(src, rdma.RemoteRead)
		all, mem := guarded(n)
		_, again := guarded(n / 2)
		a.post(
			rdma.Work{Op: rdma.OpRead, ID: 1, Body: mem, Remote: part(r.Segment(), 4, n)},
			rdma.Work{Op: rdma.OpRead, ID: 2, Body: again, Remote: part(r.Segment(), 0, n)})
		a.next(rdma.OpRead, 1)
		a.next(rdma.OpRead, 2)
		r.Deregister()
		if !bytes.Equal(mem, src[4:n+4]) || !bytes.Equal(again, src[:n/2]) || !intact(all) {
			t.Errorf("read of %d bytes: wrong content", n)
		}
	}
}

// testBothWays: sends, writes and reads of both sides under way together.
func testBothWays(t *testing.T, f Fabric) {
	const rounds, n = 20, 150000
	a, b := f.pair(t, setup{ord: 3})
	run := func(from, to *end, seed int) {
		src := pattern(n, seed)
		sink := make([]byte, n)
		target := make([]byte, n)
		readable, err1 := to.q.Register(src, rdma.RemoteRead)
		writable, err2 := to.q.Register(target, rdma.RemoteWrite)
		if err := errors.Join(err1, err2); err != nil {
			t.Error(err)
			return
		}
		settleRegion(readable)
		settleRegion(writable)
		defer readable.Deregister()
		for range rounds {
			clear(sink)
			list := []rdma.Work{
				{Op: rdma.OpWrite, ID: 1, Body: src, Remote: writable.Segment()},
				{Op: rdma.OpRead, ID: 2, Body: sink[:n/2], Remote: part(readable.Segment(), 0, n/2)},
				{Op: rdma.OpRead, ID: 3, Body: sink[n/2:], Remote: part(readable.Segment(), n/2, n-n/2)},
			}
			if err := from.q.PostSend(list); err != nil {
				t.Error(err)
				return
			}
			for _, w := range list {
				if c := <-from.got; c.ID != w.ID || c.Err != nil {
					t.Errorf("completion %+v, want %d", c, w.ID)
					return
				}
			}
			if !bytes.Equal(sink, src) {
				t.Error("wrong content read")
				return
			}
		}
		// The reads behind the last write were served after it had arrived.
		writable.Deregister()
		if !bytes.Equal(target, src) {
			t.Error("wrong content written")
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() { run(a, b, 1) })
	wg.Go(func() { run(b, a, 2) })
	wg.Wait()
}

// testORD: reads beyond ORD wait, hold up what is behind them, and complete in
// order.
func testORD(t *testing.T, f Fabric) {
	a, b := f.pair(t, setup{ord: 1})
	src := pattern(5000, 0)
	r := b.register(src, rdma.RemoteRead)
	defer r.Deregister()
	b.receive(1, 8)
	sink := make([]byte, len(src))
	var list []rdma.Work
	for i := range 5 {
		list = append(list, rdma.Work{Op: rdma.OpRead, ID: uint64(i), Body: sink[i*1000 : i*1000+1000], Remote: part(r.Segment(), i*1000, 1000)})
	}
	list = append(list, rdma.Work{Op: rdma.OpSend, ID: 9, Body: []byte("done")})
	a.post(list...)
	for i := range 5 {
		a.next(rdma.OpRead, uint64(i))
	}
	a.next(rdma.OpSend, 9)
	b.next(rdma.OpReceive, 1)
	if !bytes.Equal(sink, src) {
		t.Error("wrong content")
	}
}

// testORDZero: a read that could never be issued is refused at once.
func testORDZero(t *testing.T, f Fabric) {
	a, _ := f.pair(t, setup{})
	w := rdma.Work{Op: rdma.OpRead, Body: make([]byte, 1), Remote: rdma.Segment{Length: 1}}
	if err := a.q.PostSend([]rdma.Work{w}); !errors.Is(err, rdma.ErrNoReads) {
		t.Errorf("read with ORD %d: %v", a.q.ORD(), err)
	}
}

// testZeroLength: empty transfers name no memory, so nothing is checked.
func testZeroLength(t *testing.T, f Fabric) {
	a, b := f.pair(t, setup{ord: 1})
	b.receive(1, 8)
	bogus := rdma.Segment{Token: 0xdeadbeef, Offset: 1 << 60}
	a.post(
		rdma.Work{Op: rdma.OpWrite, ID: 1, Remote: bogus},
		rdma.Work{Op: rdma.OpRead, ID: 2, Remote: bogus},
		rdma.Work{Op: rdma.OpSend, ID: 3})
	a.next(rdma.OpWrite, 1)
	a.next(rdma.OpRead, 2)
	a.next(rdma.OpSend, 3)
	b.next(rdma.OpReceive, 1)
}

// testInvalidate: the token comes with the message and is dead from then on.
func testInvalidate(t *testing.T, f Fabric) {
	a, b := f.pair(t, setup{})
	if !a.q.RemoteInvalidation() || !b.q.RemoteInvalidation() {
		t.Error("the queue pair says that the peer cannot invalidate")
	}
	mem := make([]byte, 64)
	r := a.register(mem, rdma.RemoteWrite)
	defer r.Deregister()
	a.receive(1, 16)
	b.post(
		rdma.Work{Op: rdma.OpWrite, ID: 1, Body: pattern(64, 3), Remote: r.Segment()},
		rdma.Work{Op: rdma.OpSend, ID: 2, Body: []byte("reply"), Invalidate: r.Segment().Token, Invalidates: true})
	c := a.next(rdma.OpReceive, 1)
	if !c.Invalidates || c.Invalidate != r.Segment().Token || c.Len != 5 {
		t.Errorf("%+v", c)
	}
	if !bytes.Equal(mem, pattern(64, 3)) {
		t.Error("write before the invalidation is not in place")
	}
	b.next(rdma.OpWrite, 1)
	b.next(rdma.OpSend, 2)
	b.post(rdma.Work{Op: rdma.OpWrite, Body: pattern(64, 4), Remote: r.Segment()})
	a.blamed(true)
	b.blamed(false)
	if !bytes.Equal(mem, pattern(64, 3)) {
		t.Error("an invalidated region was written")
	}
}

// testInvalidateForeign: nobody retires the token of another connection.
func testInvalidateForeign(t *testing.T, f Fabric) {
	a, b := f.pair(t, setup{})
	c, d := f.pair(t, setup{})
	mem := make([]byte, 8)
	r := c.register(mem, rdma.RemoteWrite)
	defer r.Deregister()
	a.receive(1, 16)
	b.post(rdma.Work{Op: rdma.OpSend, Invalidate: r.Segment().Token, Invalidates: true})
	a.blamed(true)
	b.blamed(false)

	c.receive(1, 16)
	d.post(rdma.Work{Op: rdma.OpWrite, Body: pattern(8, 1), Remote: r.Segment()}, rdma.Work{Op: rdma.OpSend})
	c.next(rdma.OpReceive, 1)
	if !bytes.Equal(mem, pattern(8, 1)) {
		t.Error("the other connection's region was lost")
	}
}

// testAccess: every way to touch memory that was not given, for read and
// write. The memory stays as it was and both sides know who is to blame.
func testAccess(t *testing.T, f Fabric) {
	const n = 64 // one segment of any provider: the part of a message that is in range may be placed
	forge := map[string]func(s rdma.Segment, foreign rdma.Segment) rdma.Segment{
		"unknown token": func(s, _ rdma.Segment) rdma.Segment { s.Token ^= 0x5a5a5a5a; return s },
		"next token":    func(s, _ rdma.Segment) rdma.Segment { s.Token++; return s },
		"foreign token": func(_, o rdma.Segment) rdma.Segment { return o },
		"one before":    func(s, _ rdma.Segment) rdma.Segment { s.Offset--; return s },
		"one beyond":    func(s, _ rdma.Segment) rdma.Segment { s.Offset++; return s },
		"far":           func(s, _ rdma.Segment) rdma.Segment { s.Offset += 1 << 50; return s },
		"wrap":          func(s, _ rdma.Segment) rdma.Segment { s.Offset = 1<<64 - 4; return s },
		"wrong right":   nil,
		"stale token":   nil,
	}
	for name, change := range forge {
		for _, op := range []rdma.Op{rdma.OpWrite, rdma.OpRead} {
			t.Run(fmt.Sprintf("%s/%d", name, op), func(t *testing.T) {
				f.skips(t)
				right, wrong := rdma.RemoteWrite, rdma.RemoteRead
				if op == rdma.OpRead {
					right, wrong = wrong, right
				}
				if name == "wrong right" {
					right = wrong
				}
				a, b := f.pair(t, setup{ord: 1})
				other, _ := f.pair(t, setup{})
				mem := pattern(n, 1)
				r, foreign := b.register(mem, right), other.register(pattern(n, 1), right)
				defer foreign.Deregister()
				seg := r.Segment()
				if name == "stale token" {
					r.Deregister()
				} else {
					defer r.Deregister()
				}
				if change != nil {
					seg = change(seg, foreign.Segment())
				}
				body := pattern(n, 2)
				a.post(rdma.Work{Op: op, Body: body, Remote: seg})
				b.blamed(true)
				a.blamed(false)
				if !bytes.Equal(mem, pattern(n, 1)) || !bytes.Equal(body, pattern(n, 2)) {
					t.Error("memory changed")
				}
			})
		}
	}
}

// testDeregister: when Deregister returns, the peer's writes touch nothing.
func testDeregister(t *testing.T, f Fabric) {
	for range 20 {
		a, b := f.pair(t, setup{})
		mem := make([]byte, 1<<20)
		r := b.register(mem, rdma.RemoteWrite)
		for i := range 4 {
			a.post(rdma.Work{Op: rdma.OpWrite, ID: uint64(i), Body: bytes.Repeat([]byte{byte(i + 1)}, len(mem)), Remote: r.Segment()})
		}
		a.post(rdma.Work{Op: rdma.OpSend})
		r.Deregister()
		was := bytes.Clone(mem)
		b.wait()
		a.wait()
		if !bytes.Equal(was, mem) {
			t.Fatal("memory changed after Deregister")
		}
	}
}
