package rdmatest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"sync"
	"testing"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// testParams: each side learns what the other said, in the other's terms.
func testParams(t *testing.T, f Fabric) {
	private, answer := []byte("from the initiator"), []byte("from the responder")
	a, b := f.raw(t, setup{ird: 7, ord: 3, private: private, answer: answer})
	// InfiniBand's connection manager has no length for it: zeros follow.
	if p := b.Peer(); !bytes.Equal(bytes.TrimRight(p.Private, "\x00"), private) || p.Negotiated && (p.IRD != 7 || p.ORD != 3) {
		t.Errorf("responder knows %+v", p)
	}
	if p := a.Peer(); !bytes.Equal(bytes.TrimRight(p.Private, "\x00"), answer) || p.Negotiated && (p.IRD != 7 || p.ORD != 3) {
		t.Errorf("initiator knows %+v", p)
	}
	if a.ORD() != 3 || b.ORD() != 3 {
		t.Errorf("ORD %d and %d, want 3", a.ORD(), b.ORD())
	}
	if a.RemoteAddr() == nil || b.RemoteAddr() == nil {
		t.Error("no remote address")
	}
}

// testSends: messages of many sizes arrive whole and in order, both ways.
func testSends(t *testing.T, f Fabric) {
	a, b := f.pair(t, setup{})
	sizes := []int{0, 1, 2, 3, 4, 5, 20, 1364, 1424, 1425, 4096, 65517, 65518, 65536, 200000, 1 << 20, 0, 7}
	for _, way := range [][2]*end{{a, b}, {b, a}} {
		from, to := way[0], way[1]
		var bufs [][]byte
		for i, n := range sizes {
			bufs = append(bufs, to.receive(uint64(100+i), n+i%2))
		}
		for i, n := range sizes {
			from.post(rdma.Work{Op: rdma.OpSend, ID: uint64(i), Body: pattern(n, i)})
		}
		for i, n := range sizes {
			c := to.next(rdma.OpReceive, uint64(100+i))
			if c.Len != n || !bytes.Equal(bufs[i][:c.Len], pattern(n, i)) || c.Invalidates {
				t.Errorf("send %d of %d bytes: wrong content or %+v", i, n, c)
			}
			from.next(rdma.OpSend, uint64(i))
		}
	}
}

// testGather: Head goes in front of Body, wherever a segment is cut.
func testGather(t *testing.T, f Fabric) {
	a, b := f.pair(t, setup{})
	for i, n := range [][2]int{{24, 0}, {0, 24}, {3, 5}, {24, 1340}, {1424, 1}, {1423, 4}, {70000, 70000}, {1, 200001}} {
		buf := b.receive(uint64(i), n[0]+n[1])
		head, body := pattern(n[0], 1), pattern(n[1], 2)
		a.post(rdma.Work{Op: rdma.OpSend, ID: uint64(i), Head: head, Body: body})
		c := b.next(rdma.OpReceive, uint64(i))
		if c.Len != len(buf) || !bytes.Equal(buf[:n[0]], head) || !bytes.Equal(buf[n[0]:], body) {
			t.Errorf("head %d body %d: wrong content", n[0], n[1])
		}
		a.next(rdma.OpSend, uint64(i))
	}
}

// testDepth: a list that does not fit is refused whole; room comes back with
// the completions.
func testDepth(t *testing.T, f Fabric) {
	a, b := f.pair(t, setup{config: rdma.Config{SendDepth: 4, ReceiveDepth: 8}})
	for i := range 8 {
		b.receive(uint64(i), 8)
	}
	if err := b.q.PostReceive(9, nil); !errors.Is(err, rdma.ErrFull) {
		t.Errorf("ninth receive: %v", err)
	}
	five := make([]rdma.Work, 5)
	if err := a.q.PostSend(five); !errors.Is(err, rdma.ErrFull) {
		t.Errorf("five works: %v", err)
	}
	for round := range 2 {
		list := make([]rdma.Work, 4)
		for i := range list {
			list[i].ID = uint64(round*4 + i)
		}
		a.post(list...)
		for i := range list {
			a.next(rdma.OpSend, uint64(round*4+i))
			b.next(rdma.OpReceive, uint64(round*4+i))
		}
	}
}

// testBadWork: what cannot be meant is refused and nothing of the list is sent.
func testBadWork(t *testing.T, f Fabric) {
	a, b := f.pair(t, setup{ord: 1})
	seg := rdma.Segment{Token: 1, Length: 4}
	for _, w := range []rdma.Work{
		{Op: rdma.OpReceive},
		{Op: 99},
		{Op: rdma.OpWrite, Body: make([]byte, 5), Remote: seg},
		{Op: rdma.OpRead, Body: make([]byte, 5), Remote: seg},
		{Op: rdma.OpWrite, Head: make([]byte, 1), Remote: seg},
		{Op: rdma.OpRead, Invalidates: true, Remote: seg},
	} {
		if err := a.q.PostSend([]rdma.Work{{Op: rdma.OpSend}, w}); err == nil {
			t.Errorf("%+v accepted", w)
		}
	}
	if _, err := a.q.Register(nil, 0); err == nil {
		t.Error("a region without a right")
	}
	if _, err := a.q.Poll(nil); err == nil {
		t.Error("Poll without room")
	}
	b.receive(1, 8)
	a.post(rdma.Work{Op: rdma.OpSend, ID: 5, Body: []byte("after")})
	if c := b.next(rdma.OpReceive, 1); c.Len != 5 {
		t.Errorf("%+v", c)
	}
}

// testConcurrentPosts: posts from many goroutines all arrive, each goroutine's
// in its order.
func testConcurrentPosts(t *testing.T, f Fabric) {
	const writers, each = 4, 200
	config := rdma.Config{SendDepth: writers * each, ReceiveDepth: writers * each}
	a, b := f.pair(t, setup{config: config})
	for way, e := range [][2]*end{{a, b}, {b, a}} {
		from, to := e[0], e[1]
		bufs := make([][]byte, writers*each)
		for i := range bufs {
			bufs[i] = to.receive(uint64(i), 300)
		}
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					head := binary.BigEndian.AppendUint32(nil, uint32(w<<16|i))
					if err := from.q.PostSend([]rdma.Work{{Op: rdma.OpSend, Head: head, Body: pattern(i, way)}}); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		var want [writers]int
		for i := range bufs {
			c := to.next(rdma.OpReceive, uint64(i))
			v := binary.BigEndian.Uint32(bufs[i])
			w, k := v>>16, int(v&0xffff)
			if k != want[w] || c.Len != 4+k || !bytes.Equal(bufs[i][4:c.Len], pattern(k, way)) {
				t.Fatalf("message %d of goroutine %d, want %d", k, w, want[w])
			}
			want[w]++
		}
		for range bufs {
			from.next(rdma.OpSend, 0)
		}
	}
}
