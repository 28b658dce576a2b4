package rdmatest

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// patience bounds every wait of the suite: far more than any step takes, so
// that reaching it means a hang.
const patience = 20 * time.Second

// An end is one queue pair and the goroutine that polls it.
type end struct {
	t    *testing.T
	q    rdma.QueuePair
	got  chan rdma.Completion
	mute func(test string, remote bool) bool
	err  error         // valid when done is closed
	done chan struct{} // Poll returned its error
}

// poll starts polling q until its end; the test waits for that.
func poll(t *testing.T, q rdma.QueuePair) *end {
	e := &end{t: t, q: q, got: make(chan rdma.Completion, 1<<16), done: make(chan struct{})}
	go func() {
		defer close(e.done)
		defer close(e.got)
		var list [16]rdma.Completion
		for {
			n, err := q.Poll(list[:])
			if err != nil {
				e.err = err
				return
			}
			for _, c := range list[:n] {
				e.got <- c
			}
		}
	}()
	t.Cleanup(func() {
		q.Close()
		e.wait()
	})
	return e
}

// next is the next completion, which must be of op and without error.
func (e *end) next(op rdma.Op, id uint64) rdma.Completion {
	e.t.Helper()
	select {
	case c, ok := <-e.got:
		if !ok {
			e.t.Fatalf("connection ended while waiting for op %d id %d: %v", op, id, e.err)
		}
		if c.Op != op || c.ID != id || c.Err != nil {
			e.t.Fatalf("completion %+v, want op %d id %d", c, op, id)
		}
		return c
	case <-time.After(patience):
		e.t.Fatalf("no completion of op %d id %d", op, id)
		panic("unreachable")
	}
}

// wait waits for the end and returns its reason.
func (e *end) wait() error {
	e.t.Helper()
	select {
	case <-e.done:
		return e.err
	case <-time.After(patience):
		e.t.Fatal("Poll does not end")
		return nil
	}
}

// rest are the completions up to the end.
func (e *end) rest() []rdma.Completion {
	e.t.Helper()
	e.wait()
	var list []rdma.Completion
	for c := range e.got {
		list = append(list, c)
	}
	return list
}

func (e *end) post(list ...rdma.Work) {
	e.t.Helper()
	if err := e.q.PostSend(list); err != nil {
		e.t.Fatal(err)
	}
}

func (e *end) receive(id uint64, n int) []byte {
	e.t.Helper()
	b := make([]byte, n)
	if err := e.q.PostReceive(id, b); err != nil {
		e.t.Fatal(err)
	}
	return b
}

func (e *end) register(b []byte, a rdma.Access) rdma.Region {
	e.t.Helper()
	r, err := e.q.Register(b, a)
	if err != nil {
		e.t.Fatal(err)
	}
	settleRegion(r)
	return r
}

// settleRegion waits for a region that is exposed in the send queue's order:
// no message carries its token to the peer, which is the same process.
func settleRegion(r rdma.Region) {
	if r, ok := r.(interface{ Settle() }); ok {
		r.Settle()
	}
}

// blamed checks that e ended because of a broken rule, by the peer or by e.
func (e *end) blamed(remote bool) {
	e.t.Helper()
	var p *rdma.ProtocolError
	err := e.wait()
	if e.mute != nil && e.mute(name(e.t), remote) {
		return
	}
	if !errors.As(err, &p) || p.Remote != remote {
		e.t.Errorf("ended with %v, want a ProtocolError with Remote %v", err, remote)
	}
}

// setup are what a test varies about its connections.
type setup struct {
	config   rdma.Config
	ird, ord int
	private  []byte
	answer   []byte
}

func (f Fabric) listen(t *testing.T, c rdma.Config) rdma.Listener {
	t.Helper()
	l, err := f.Provider.Listen(t.Context(), f.Listen, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// raw connects two queue pairs; nothing has been sent and nobody polls.
func (f Fabric) raw(t *testing.T, s setup) (initiator, responder rdma.QueuePair) {
	t.Helper()
	if s.ird == 0 {
		s.ird = 16
	}
	l := f.listen(t, s.config)
	a, err := f.Provider.Dial(l.Addr().String(), s.config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	accepted := make(chan rdma.QueuePair, 1)
	failed := make(chan error, 1)
	go func() {
		b, err := l.Accept()
		if err == nil {
			err = b.PostReceive(0, make([]byte, 64))
		}
		if err == nil {
			err = b.Establish(context.Background(), rdma.Params{IRD: s.ird, ORD: s.ord, Private: s.answer})
		}
		accepted <- b
		failed <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err = a.Establish(ctx, rdma.Params{IRD: s.ird, ORD: s.ord, Private: s.private})
	b := <-accepted
	if b != nil {
		t.Cleanup(func() { b.Close() })
	}
	if err := errors.Join(err, <-failed); err != nil {
		t.Fatal(err)
	}
	return a, b
}

// pair connects two ends, both of which may send: the initiator's first
// message has arrived.
func (f Fabric) pair(t *testing.T, s setup) (initiator, responder *end) {
	t.Helper()
	qa, qb := f.raw(t, s)
	a, b := poll(t, qa), poll(t, qb)
	a.mute, b.mute = f.Mute, f.Mute
	a.post(rdma.Work{Op: rdma.OpSend, Head: []byte("hello")})
	b.next(rdma.OpReceive, 0)
	a.next(rdma.OpSend, 0)
	return a, b
}

// pattern is content that betrays a shift, a swap or a hole.
func pattern(n, seed int) []byte {
	b := make([]byte, n+7)
	for i := 0; i < n; i += 8 {
		binary.LittleEndian.PutUint64(b[i:], uint64(i+seed+1)*0x9e3779b97f4a7c15)
	}
	return b[:n:n]
}
