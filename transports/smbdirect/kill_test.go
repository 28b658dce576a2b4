package smbdirect_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/loop"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// A guillotine is a provider that destroys a connection at the n-th operation
// on any of its queue pairs: an establishment, a post, a completion taken, a
// registration.
type guillotine struct {
	loop.Fabric
	left  atomic.Int64
	fell  atomic.Bool
	posts atomic.Int64 // receives posted and not completed
}

func (g *guillotine) count(q rdma.QueuePair) {
	if g.left.Add(-1) == 0 {
		g.fell.Store(true)
		q.(interface{ Abort() }).Abort()
	}
}

func (g *guillotine) Dial(address string, c rdma.Config) (rdma.QueuePair, error) {
	q, err := g.Fabric.Dial(address, c)
	if err != nil {
		return nil, err
	}
	return &victim{q, g}, nil
}

func (g *guillotine) Listen(ctx context.Context, address string, c rdma.Config) (rdma.Listener, error) {
	l, err := g.Fabric.Listen(ctx, address, c)
	return &scaffold{l, g}, err
}

type scaffold struct {
	rdma.Listener
	g *guillotine
}

func (l *scaffold) Accept() (rdma.QueuePair, error) {
	q, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &victim{q, l.g}, nil
}

type victim struct {
	rdma.QueuePair
	g *guillotine
}

func (v *victim) Establish(ctx context.Context, p rdma.Params) error {
	v.g.count(v.QueuePair)
	return v.QueuePair.Establish(ctx, p)
}

func (v *victim) PostReceive(id uint64, b []byte) error {
	v.g.count(v.QueuePair)
	err := v.QueuePair.PostReceive(id, b)
	if err == nil {
		v.g.posts.Add(1)
	}
	return err
}

func (v *victim) PostSend(list []rdma.Work) error {
	v.g.count(v.QueuePair)
	return v.QueuePair.PostSend(list)
}

func (v *victim) Register(b []byte, a rdma.Access) (rdma.Region, error) {
	v.g.count(v.QueuePair)
	return v.QueuePair.Register(b, a)
}

func (v *victim) Poll(dst []rdma.Completion) (int, error) {
	n, err := v.QueuePair.Poll(dst)
	for _, c := range dst[:n] {
		if c.Op == rdma.OpReceive {
			v.g.posts.Add(-1)
		}
	}
	v.g.count(v.QueuePair)
	return n, err
}

// Killing a connection at every step of its set-up and of a busy life leaves
// no goroutine (the bubble would not end), message, region or posted receive,
// and tells every transfer its end.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	for step := int64(1); ; step++ {
		g := new(guillotine)
		g.left.Store(step)
		name := fmt.Sprintf("step %d", step)
		if ok := t.Run(name, func(t *testing.T) { synctest.Test(t, func(t *testing.T) { busyLife(t, g) }) }); !ok {
			return
		}
		if !g.fell.Load() {
			if step < 100 {
				t.Errorf("a life has only %d steps", step)
			}
			return
		}
		if step > 60 { // the busy part repeats itself
			step += 3
		}
	}
}

// busyLife dials, exchanges messages, exposes, pushes and pulls, and closes.
// Everything may fail at any time.
func busyLife(t *testing.T, g *guillotine) {
	arena := new(transports.Arena)
	n := smbdirect.Over(g, smbdirect.Options{Arena: arena, Credits: 20})
	a := transports.Addr{Network: "loop", Host: "h", Service: "5445"}
	l, err := n.Announce(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		c, err := l.Accept()
		if err == nil {
			serveLife(t, c.(transports.Placer), arena)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	c, err := n.Dial(ctx, a)
	cancel()
	if err == nil {
		clientLife(c.(transports.Placer), arena)
	}
	l.Close()
	wg.Wait()
	if n := arena.InUse(); n != 0 {
		t.Errorf("%d messages left", n)
	}
	if n := g.Regions(); n != 0 {
		t.Errorf("%d regions left", n)
	}
	if n := g.posts.Load(); n != 0 {
		t.Errorf("%d receives left", n)
	}
}

// clientLife sends, for every round, two descriptors and waits for an answer.
func clientLife(c transports.Placer, arena *transports.Arena) {
	defer c.Close()
	buf := make([]byte, 20000)
	for range 4 {
		in, err1 := c.Expose(buf[:10000], transports.Readable)
		out, err2 := c.Expose(buf[10000:], transports.Writable)
		if err1 == nil && err2 == nil {
			m := arena.New(30000)
			smbdirect.AppendDescriptors(m.Bytes()[:0], in.Descriptor(), out.Descriptor())
			c.Send(m)
			if m, err := c.Receive(); err == nil {
				m.Release()
			}
		}
		for _, e := range []transports.Exposure{in, out} {
			if e != nil {
				e.Revoke()
			}
		}
	}
}

func serveLife(t *testing.T, c transports.Placer, arena *transports.Arena) {
	defer c.Close()
	var list []transports.Descriptor
	for {
		m, err := c.Receive()
		if err != nil {
			return
		}
		list, _ = smbdirect.ParseDescriptors(list[:0], m.Bytes()[:32])
		done := make(ended, 4)
		src := arena.New(10000)
		c.Pull(src.Bytes(), list[:1], done)
		if <-done == nil {
			c.Push(list[1:], src.Bytes(), done)
			m.Invalidate, m.Invalidates = list[1].Token, true
			c.Send(m.Retain())
			<-done
		}
		src.Release()
		m.Release()
		synctest.Wait()
		if len(done) > 0 {
			t.Error("Done was told twice")
		}
	}
}
