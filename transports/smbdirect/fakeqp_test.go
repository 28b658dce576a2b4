package smbdirect

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// A fakeQP is a queue pair that completes nothing by itself: the test does.
type fakeQP struct {
	mu       sync.Mutex
	posted   []rdma.Work // not completed, heads copied
	receives []rdma.Completion
	buffers  map[uint64][]byte
	events   []string // in order: what Close, Deregister and the test noted
	regions  int
	postErr  error
	ordLimit int
	keeps    bool   // regions, when the peer invalidates
	revoking func() // when set, Deregister calls it first

	completions chan []rdma.Completion
	over        chan struct{} // closed: Poll flushes and ends with err
	err         error
	once        sync.Once
	closed      sync.Once
}

func newFakeQP(ord int) *fakeQP {
	return &fakeQP{
		buffers: make(map[uint64][]byte), ordLimit: ord,
		completions: make(chan []rdma.Completion, 100), over: make(chan struct{}),
	}
}

func (q *fakeQP) note(s string) {
	q.mu.Lock()
	q.events = append(q.events, s)
	q.mu.Unlock()
}

func (q *fakeQP) Peer() rdma.Peer                              { return rdma.Peer{} }
func (q *fakeQP) Establish(context.Context, rdma.Params) error { return nil }
func (q *fakeQP) RemoteInvalidation() bool                     { return !q.keeps }
func (q *fakeQP) ORD() int                                     { return q.ordLimit }
func (q *fakeQP) RemoteAddr() net.Addr                         { return &net.TCPAddr{} }
func (q *fakeQP) end(err error)                                { q.once.Do(func() { q.err = err; close(q.over) }) }
func (q *fakeQP) Close() error {
	q.closed.Do(func() { q.note("close") })
	q.end(net.ErrClosed)
	return nil
}

func (q *fakeQP) PostReceive(id uint64, buf []byte) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.buffers[id] = buf
	q.receives = append(q.receives, rdma.Completion{Op: rdma.OpReceive, ID: id})
	return nil
}

func (q *fakeQP) PostSend(list []rdma.Work) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.postErr != nil {
		return q.postErr
	}
	for _, w := range list {
		w.Head = bytes.Clone(w.Head)
		q.posted = append(q.posted, w)
	}
	return nil
}

func (q *fakeQP) Poll(dst []rdma.Completion) (int, error) {
	select {
	case list := <-q.completions:
		return copy(dst, list), nil
	default:
	}
	select {
	case list := <-q.completions:
		return copy(dst, list), nil
	case <-q.over:
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for n < len(dst) && len(q.posted) > 0 {
		dst[n] = rdma.Completion{Op: q.posted[0].Op, ID: q.posted[0].ID, Err: rdma.ErrFlushed}
		q.posted = q.posted[1:]
		n++
	}
	for n < len(dst) && len(q.receives) > 0 {
		dst[n] = q.receives[0]
		dst[n].Err = rdma.ErrFlushed
		q.receives = q.receives[1:]
		n++
	}
	if n > 0 {
		return n, nil
	}
	return 0, q.err
}

type fakeRegion struct {
	q   *fakeQP
	seg rdma.Segment
}

func (q *fakeQP) Register(b []byte, _ rdma.Access) (rdma.Region, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.regions++
	return &fakeRegion{q, rdma.Segment{Token: uint32(q.regions), Length: uint32(len(b))}}, nil
}

func (r *fakeRegion) Segment() rdma.Segment { return r.seg }
func (r *fakeRegion) Deregister() {
	if r.q.revoking != nil {
		r.q.revoking()
	}
	r.q.note("revoked")
	r.q.mu.Lock()
	r.q.regions--
	r.q.mu.Unlock()
}

// arrives delivers b into the oldest receive.
func (q *fakeQP) arrives(t *testing.T, b []byte) {
	t.Helper()
	q.mu.Lock()
	if len(q.receives) == 0 {
		t.Fatal("no receive is posted")
	}
	c := q.receives[0]
	q.receives = q.receives[1:]
	c.Len = copy(q.buffers[c.ID], b)
	q.mu.Unlock()
	q.completions <- []rdma.Completion{c}
}

// complete takes the oldest posted work of an operation off, with err.
func (q *fakeQP) complete(t *testing.T, op rdma.Op, err error) {
	t.Helper()
	q.mu.Lock()
	for i, w := range q.posted {
		if w.Op == op {
			q.posted = append(q.posted[:i:i], q.posted[i+1:]...)
			q.mu.Unlock()
			q.completions <- []rdma.Completion{{Op: op, ID: w.ID, Err: err}}
			return
		}
	}
	q.mu.Unlock()
	t.Fatalf("no operation %d is posted", op)
}

// count is how many works of an operation are posted and not completed.
func (q *fakeQP) count(op rdma.Op) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for _, w := range q.posted {
		if w.Op == op {
			n++
		}
	}
	return n
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: never", what)
		}
	}
}

// fakeServer is a negotiated server over a fake queue pair, with many credits.
func fakeServer(t *testing.T, q *fakeQP) (*Conn, *transports.Arena) {
	t.Helper()
	arena := new(transports.Arena)
	c := startFake(t, q, true, arena)
	q.arrives(t, appendLike(linuxRequest))
	<-c.ready
	q.complete(t, rdma.OpSend, nil)
	q.arrives(t, empty(1000, 0))
	eventually(t, "credits", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.core.out.available == 1000
	})
	return c, arena
}

func fakeClient(t *testing.T, q *fakeQP) (*Conn, *transports.Arena) {
	t.Helper()
	arena := new(transports.Arena)
	c := startFake(t, q, false, arena)
	q.arrives(t, appendLike(linuxResponse))
	<-c.ready
	q.complete(t, rdma.OpSend, nil)
	return c, arena
}

func startFake(t *testing.T, q *fakeQP, server bool, arena *transports.Arena) *Conn {
	t.Helper()
	c, err := newConn(q, Options{Arena: arena}.withDefaults(), server)
	if err != nil {
		t.Fatal(err)
	}
	c.start()
	t.Cleanup(func() {
		c.Close()
		if n := arena.InUse(); n != 0 {
			t.Errorf("%d messages left", n)
		}
		if q.regions != 0 {
			t.Errorf("%d regions left", q.regions)
		}
	})
	return c
}

// A counted remembers what Done was told.
type counted struct {
	mu    sync.Mutex
	calls int
	err   error
	q     *fakeQP
}

func (d *counted) Done(err error) {
	if d.q != nil {
		d.q.note("done")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls++
	d.err = err
}

func (d *counted) told() (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls, d.err
}

// descriptors names n pieces of size bytes each.
func descriptors(n, size int) []transports.Descriptor {
	var list []transports.Descriptor
	for i := range n {
		list = append(list, transports.Descriptor{Offset: uint64(i) << 20, Token: uint32(i + 1), Length: uint32(size)})
	}
	return list
}

// Reads wait on our side, so that no more are outstanding than the peer
// accepts and messages are not held up behind them.
func TestReadsAreBounded(t *testing.T) {
	t.Parallel()
	q := newFakeQP(3)
	c, arena := fakeServer(t, q)
	var done [2]counted
	list := descriptors(5, 100)
	c.Pull(make([]byte, 500), list, &done[0])
	clear(list) // the caller's list is the caller's again
	c.Pull(make([]byte, 150), descriptors(2, 100), &done[1])
	if err := c.Send(arena.New(10)); err != nil {
		t.Fatal(err)
	}
	if q.count(rdma.OpRead) != 3 || q.count(rdma.OpSend) != 1 {
		t.Fatalf("%d reads and %d sends posted, want 3 and 1", q.count(rdma.OpRead), q.count(rdma.OpSend))
	}
	for i, want := range []int{3, 3, 3, 3, 2, 1, 0} {
		q.complete(t, rdma.OpRead, nil)
		eventually(t, "reads", func() bool { return q.count(rdma.OpRead) == want })
		for _, w := range q.posted {
			if w.Op == rdma.OpRead && w.Remote.Token == 0 {
				t.Fatal("a read of memory that the peer has not named")
			}
		}
		if i == 4 {
			eventually(t, "first transfer", func() bool { n, _ := done[0].told(); return n == 1 })
		}
	}
	eventually(t, "second transfer", func() bool { n, err := done[1].told(); return n == 1 && err == nil })
	q.complete(t, rdma.OpSend, nil)
}

// Done is told when the last element has completed, not when none is posted.
func TestReadsOneByOne(t *testing.T) {
	t.Parallel()
	q := newFakeQP(1)
	c, _ := fakeServer(t, q)
	var done counted
	c.Pull(make([]byte, 300), descriptors(3, 100), &done)
	for i := range 3 {
		if n, _ := done.told(); n != 0 {
			t.Fatalf("told after %d of 3", i)
		}
		q.complete(t, rdma.OpRead, nil)
		if i < 2 {
			eventually(t, "next read", func() bool { return q.count(rdma.OpRead) == 1 })
		}
	}
	eventually(t, "transfer", func() bool { n, err := done.told(); return n == 1 && err == nil })
}

// A message sent after a Push is posted after all of its writes, also when
// those wait for room in the queue.
func TestPushBeforeMessage(t *testing.T) {
	t.Parallel()
	q := newFakeQP(1)
	c, arena := fakeServer(t, q)
	const pieces = maxWrites + 10
	var done counted
	c.Push(descriptors(pieces, 10), make([]byte, 10*pieces), &done)
	if err := c.Send(arena.New(10)); err != nil {
		t.Fatal(err)
	}
	for i := range pieces {
		if q.count(rdma.OpSend) != 0 && i < 10 {
			t.Fatalf("the message was posted with %d writes to go", 10-i)
		}
		q.complete(t, rdma.OpWrite, nil)
		want := min(maxWrites, pieces-i-1)
		eventually(t, "writes", func() bool { return q.count(rdma.OpWrite) == want })
	}
	eventually(t, "message", func() bool { return q.count(rdma.OpSend) == 1 })
	eventually(t, "transfer", func() bool { n, err := done.told(); return n == 1 && err == nil })
}

// The elements are addressed exactly as received, the last one is clipped, and
// what is not needed is not touched.
func TestElements(t *testing.T) {
	t.Parallel()
	q := newFakeQP(8)
	c, _ := fakeServer(t, q)
	list := []transports.Descriptor{
		{Offset: 0x123456789abd, Token: 0x00112233, Length: 100},
		{Offset: 0x7777000000000001, Token: 0xaabbccdd, Length: 5000},
		{Offset: 5, Token: 0x01020304, Length: 10000},
		{Offset: 6, Token: 9, Length: 0},
	}
	var done counted
	src := make([]byte, 8192)
	c.Push(list, src, &done)
	list[0].Token = 0 // the caller's list is the caller's again
	want := []rdma.Segment{
		{Offset: 0x123456789abd, Token: 0x00112233, Length: 100},
		{Offset: 0x7777000000000001, Token: 0xaabbccdd, Length: 5000},
		{Offset: 5, Token: 0x01020304, Length: 3092},
	}
	at := 0
	if len(q.posted) != len(want) {
		t.Fatalf("%d writes", len(q.posted))
	}
	for i, w := range q.posted {
		if w.Remote != want[i] || len(w.Body) != int(want[i].Length) || &w.Body[0] != &src[at] {
			t.Errorf("write %d: %+v with %d bytes, want %+v", i, w.Remote, len(w.Body), want[i])
		}
		at += len(w.Body)
	}
}

// When an operation fails everything ends with that error, each Done is told
// once, and memory that the peer could reach is revoked before anything else.
func TestOneFunnel(t *testing.T) {
	t.Parallel()
	q := newFakeQP(1)
	c, arena := fakeServer(t, q)
	var done [4]counted
	c.Push(descriptors(3, 10), make([]byte, 30), &done[0])
	c.Pull(make([]byte, 20), descriptors(2, 10), &done[1])
	c.Pull(make([]byte, 20), descriptors(2, 10), &done[2])
	c.Send(arena.New(5000))
	broken := errors.New("remote access error")
	q.complete(t, rdma.OpWrite, broken)
	<-c.pumped
	c.Push(descriptors(1, 10), make([]byte, 10), &done[3])
	for i := range done {
		if n, err := done[i].told(); n != 1 || !errors.Is(err, broken) {
			t.Errorf("transfer %d: told %d times, %v", i, n, err)
		}
	}
	if err := c.Send(arena.New(10)); !errors.Is(err, broken) {
		t.Errorf("Send: %v", err)
	}
	_, err := c.Receive()
	if e, ok := errors.AsType[*TransferError](err); !ok || e.Op != rdma.OpWrite {
		t.Errorf("Receive: %v", err)
	}
}

func TestRegionsAreRevokedFirst(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"close", "peer", "violation"} {
		q := newFakeQP(1)
		c, arena := fakeClient(t, q)
		for range 3 {
			if _, err := c.Expose(make([]byte, 10), transports.Readable); err != nil {
				t.Fatal(err)
			}
		}
		c.Send(arena.New(10))
		switch how {
		case "close":
			c.Close()
		case "peer":
			q.end(net.ErrClosed)
		case "violation":
			q.arrives(t, []byte("nonsense"))
		}
		<-c.pumped
		c.teardown.Wait()
		if n := c.Exposed(); n != 0 || q.regions != 0 {
			t.Errorf("%s: %d exposed, %d regions", how, n, q.regions)
		}
		want := []string{"revoked", "revoked", "revoked", "close"}
		for i := range want {
			if i >= len(q.events) || q.events[i] != want[i] {
				t.Errorf("%s: %v, want %v", how, q.events, want)
				break
			}
		}
	}
}

// Nothing that was under way is released while the peer can still reach memory:
// the pump waits for revocations that others have begun. (Not in a bubble: it
// waits on a mutex.)
func TestReleaseWaitsForRevocation(t *testing.T) {
	t.Parallel()
	q := newFakeQP(1)
	c, arena := fakeClient(t, q)
	var early atomic.Bool
	q.revoking = func() { // gives a wrong pump time to be wrong
		for end := time.Now().Add(20 * time.Millisecond); time.Now().Before(end); time.Sleep(time.Millisecond) {
			if arena.InUse() == 0 {
				early.Store(true)
			}
		}
	}
	if _, err := c.Expose(make([]byte, 10), transports.Readable); err != nil {
		t.Fatal(err)
	}
	c.Send(arena.New(10))
	q.end(net.ErrClosed)
	<-c.pumped
	c.teardown.Wait() // the revocation itself may be the later of the two
	if early.Load() {
		t.Error("the message was released before the region was revoked")
	}
}

// A queue pair that takes nothing more is not the reason of the end: Poll says
// that.
func TestPostErrorIsNotTheCause(t *testing.T) {
	t.Parallel()
	q := newFakeQP(1)
	c, arena := fakeServer(t, q)
	q.mu.Lock()
	q.postErr = net.ErrClosed
	q.mu.Unlock()
	c.Send(arena.New(10))
	cause := errors.New("the cable is out")
	q.end(cause)
	if _, err := c.Receive(); !errors.Is(err, cause) {
		t.Errorf("Receive: %v", err)
	}
}

// A queue that is full against our books is our own mistake: it ends the
// connection instead of losing messages.
func TestFullQueueEnds(t *testing.T) {
	t.Parallel()
	q := newFakeQP(1)
	c, arena := fakeServer(t, q)
	q.mu.Lock()
	q.postErr = rdma.ErrFull
	q.mu.Unlock()
	c.Send(arena.New(10))
	if _, err := c.Receive(); !errors.Is(err, rdma.ErrFull) {
		t.Errorf("Receive: %v", err)
	}
}

// Not more sends are posted than there are slots, whatever the peer grants.
func TestSlotsBoundSends(t *testing.T) {
	t.Parallel()
	q := newFakeQP(1)
	c, arena := fakeServer(t, q)
	go func() {
		for range 2 {
			c.Send(arena.New(173000)) // 130 fragments each
		}
	}()
	eventually(t, "sends", func() bool { return q.count(rdma.OpSend) == DefaultCredits+1 })
	for range 259 - DefaultCredits {
		q.complete(t, rdma.OpSend, nil)
	}
	eventually(t, "second message", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.current == nil && c.messages == 0
	})
}
