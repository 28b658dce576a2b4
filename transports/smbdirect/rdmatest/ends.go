package rdmatest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// testNoReceive: a send that finds no posted receive ends the connection.
func testNoReceive(t *testing.T, f Fabric) {
	a, b := f.pair(t, setup{})
	a.post(rdma.Work{Op: rdma.OpSend})
	b.blamed(true)
	a.blamed(false)
}

// testLongSend: so does one that does not fit, and nothing beyond the buffer
// is written.
func testLongSend(t *testing.T, f Fabric) {
	a, b := f.pair(t, setup{})
	all, buf := guarded(100)
	if err := b.q.PostReceive(1, buf); err != nil {
		t.Fatal(err)
	}
	a.post(rdma.Work{Op: rdma.OpSend, Body: make([]byte, 101)})
	b.blamed(true)
	a.blamed(false)
	if !intact(all) {
		t.Error("wrote beyond the receive")
	}
}

// testResponderWaits: what a responder posts before the initiator's first
// message is held back until then.
func testResponderWaits(t *testing.T, f Fabric) {
	qa, qb := f.raw(t, setup{})
	if err := qa.PostReceive(1, make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	a, b := poll(t, qa), poll(t, qb)
	b.post(rdma.Work{Op: rdma.OpSend, ID: 2, Body: []byte("early")})
	a.post(rdma.Work{Op: rdma.OpSend, ID: 3})
	// b's two completions may come in either order.
	for range 2 {
		c := <-b.got
		if c.Err != nil || c.Op == rdma.OpReceive && c.ID != 0 || c.Op == rdma.OpSend && c.ID != 2 {
			t.Errorf("responder: %+v", c)
		}
	}
	for range 2 {
		c := <-a.got
		if c.Err != nil || c.Op == rdma.OpReceive && c.ID != 1 || c.Op == rdma.OpSend && c.ID != 3 {
			t.Errorf("initiator: %+v", c)
		}
	}
}

// testCloseDelivers: what was posted before Close arrives, then the end.
func testCloseDelivers(t *testing.T, f Fabric) {
	a, b := f.pair(t, setup{})
	const n = 50
	for i := range n {
		b.receive(uint64(i), 1000)
	}
	mem := make([]byte, 1<<20)
	r := b.register(mem, rdma.RemoteWrite)
	defer r.Deregister()
	for range n - 1 {
		a.post(rdma.Work{Op: rdma.OpSend, Body: make([]byte, 1000)})
	}
	a.post(rdma.Work{Op: rdma.OpWrite, Body: pattern(len(mem), 1), Remote: r.Segment()}, rdma.Work{Op: rdma.OpSend})
	if err := a.q.Close(); err != nil {
		t.Error(err)
	}
	for i := range n {
		b.next(rdma.OpReceive, uint64(i))
	}
	if err := b.wait(); err != io.EOF {
		t.Errorf("peer's end: %v, want io.EOF", err)
	}
	if err := a.wait(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("own end: %v, want net.ErrClosed", err)
	}
}

// testCloseFlushes: every posted entry comes back exactly once.
func testCloseFlushes(t *testing.T, f Fabric) {
	for _, by := range []string{"own", "peer"} {
		t.Run(by, func(t *testing.T) {
			a, b := f.pair(t, setup{ord: 2})
			for i := range 20 {
				a.receive(uint64(i), 10)
			}
			if by == "own" {
				a.q.Close()
			} else {
				b.q.Close()
			}
			seen := make(map[uint64]int)
			for _, c := range a.rest() {
				if c.Op != rdma.OpReceive || !errors.Is(c.Err, rdma.ErrFlushed) {
					t.Errorf("completion %+v", c)
				}
				seen[c.ID]++
			}
			for i := range 20 {
				if seen[uint64(i)] != 1 {
					t.Errorf("receive %d came back %d times", i, seen[uint64(i)])
				}
			}
		})
	}
}

// testCloseTwice: Close may be called again and from several goroutines.
func testCloseTwice(t *testing.T, f Fabric) {
	a, _ := f.pair(t, setup{})
	done := make(chan error, 3)
	for range 3 {
		go func() { done <- a.q.Close() }()
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// testAfterTheEnd: Poll repeats its error, posts fail, regions can still be
// given back.
func testAfterTheEnd(t *testing.T, f Fabric) {
	a, b := f.pair(t, setup{ord: 1})
	r := a.register(make([]byte, 8), rdma.RemoteRead)
	b.q.Close()
	if err := a.wait(); err != io.EOF {
		t.Errorf("end: %v", err)
	}
	for range 2 {
		if n, err := a.q.Poll(make([]rdma.Completion, 1)); n != 0 || err != io.EOF {
			t.Errorf("Poll again: %d %v", n, err)
		}
	}
	if err := a.q.PostSend([]rdma.Work{{}}); err == nil || errors.Is(err, rdma.ErrFull) {
		t.Errorf("PostSend: %v", err)
	}
	if err := a.q.PostReceive(1, nil); err == nil || errors.Is(err, rdma.ErrFull) {
		t.Errorf("PostReceive: %v", err)
	}
	if _, err := a.q.Register(nil, rdma.RemoteRead); err == nil {
		t.Error("Register works after the end")
	}
	r.Deregister()
	if err := a.q.Close(); err != nil {
		t.Error(err)
	}
}

// testPeerDeath: the peer goes at each step, in order or not; the survivor
// gets everything back and an end.
func testPeerDeath(t *testing.T, f Fabric) {
	for _, how := range []string{"close", "abort"} {
		for step, name := range []string{"idle", "posted receives", "send", "write", "read", "two reads and a send"} {
			t.Run(name+"/"+how, func(t *testing.T) {
				qa, qb := f.raw(t, setup{ord: 1})
				a := poll(t, qa)
				sink := make([]byte, 1<<20)
				posted := 0
				if step >= 1 {
					a.receive(100, 10)
					a.receive(101, 10)
					posted += 2
				}
				// Nobody polls qb, so most of this stays under way.
				r, err := qb.Register(pattern(len(sink), 1), rdma.RemoteRead)
				if err != nil {
					t.Fatal(err)
				}
				w, err := qb.Register(make([]byte, len(sink)), rdma.RemoteWrite)
				if err != nil {
					t.Fatal(err)
				}
				settleRegion(r)
				settleRegion(w)
				var list []rdma.Work
				switch step {
				case 2:
					list = []rdma.Work{{Op: rdma.OpSend, Body: sink}}
				case 3:
					list = []rdma.Work{{Op: rdma.OpWrite, Body: sink, Remote: w.Segment()}}
				case 4:
					list = []rdma.Work{{Op: rdma.OpRead, Body: sink, Remote: r.Segment()}}
				case 5:
					read := rdma.Work{Op: rdma.OpRead, Body: sink, Remote: r.Segment()}
					list = []rdma.Work{read, read, {Op: rdma.OpSend}}
				}
				a.post(list...)
				posted += len(list)
				if ab, ok := qb.(interface{ Abort() }); ok && how == "abort" {
					ab.Abort()
				}
				qb.Close()
				r.Deregister()
				w.Deregister()
				if n := len(a.rest()); n != posted {
					t.Errorf("%d of %d entries came back", n, posted)
				}
			})
		}
	}
}

// testNoListener: nobody answers.
func testNoListener(t *testing.T, f Fabric) {
	l := f.listen(t, rdma.Config{})
	l.Close()
	q, err := f.Provider.Dial(l.Addr().String(), rdma.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.PostReceive(7, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	if err := q.Establish(t.Context(), rdma.Params{}); err == nil {
		t.Error("connected to nobody")
	}
	e := poll(t, q)
	if list := e.rest(); len(list) != 1 || list[0].ID != 7 || !errors.Is(list[0].Err, rdma.ErrFlushed) {
		t.Errorf("completions %+v", list)
	}
}

// testRefused: the responder closes instead of establishing.
func testRefused(t *testing.T, f Fabric) {
	l := f.listen(t, rdma.Config{})
	go func() {
		if q, err := l.Accept(); err == nil {
			q.Close()
		}
	}()
	q, err := f.Provider.Dial(l.Addr().String(), rdma.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Establish(t.Context(), rdma.Params{IRD: 1, ORD: 1}); !errors.Is(err, rdma.ErrRefused) {
		t.Errorf("establish: %v, want ErrRefused", err)
	}
	q.Close()
}

// testEstablishCancelled: the context ends the wait for a peer that is silent.
func testEstablishCancelled(t *testing.T, f Fabric) {
	l := f.listen(t, rdma.Config{})
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	accepted := make(chan rdma.QueuePair, 1)
	go func() {
		q, err := l.Accept()
		if err != nil {
			close(accepted)
			return
		}
		cancel(stop)
		accepted <- q
	}()
	q, err := f.Provider.Dial(l.Addr().String(), rdma.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Establish(ctx, rdma.Params{}); !errors.Is(err, stop) {
		t.Errorf("establish: %v, want the context's cause", err)
	}
	q.Close()
	if p := <-accepted; p != nil {
		p.Close()
	}
}

// testListenerClose: Accept ends, accepted connections live on.
func testListenerClose(t *testing.T, f Fabric) {
	l := f.listen(t, rdma.Config{})
	failed := make(chan error, 1)
	go func() {
		_, err := l.Accept()
		failed <- err
	}()
	l.Close()
	if err := <-failed; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept again: %v", err)
	}
	if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		t.Error(fmt.Errorf("close again: %w", err))
	}
}
