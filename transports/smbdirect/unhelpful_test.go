package smbdirect

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mapped"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// A peer without credits cannot fill our memory.
func TestCreditsIgnored(t *testing.T) {
	t.Parallel()
	s, _ := openServer(t, Options{InboxMessages: 4, Keepalive: time.Hour}, linuxRequest)
	for i := range 10000 {
		f, err := s.receive(payload(1000, DataTransfer{}))
		if err != nil {
			if _, ok := errors.AsType[*ProtocolError](err); !ok {
				t.Errorf("ended after %d messages: %v", i, err)
			}
			return
		}
		if f.last {
			s.c.delivered(f.total, s.now)
		}
		s.headers()
	}
	t.Errorf("%d messages, %d bytes in the inbox; limit 2*4 messages; granted now %d", s.c.inboxMessages, s.c.inboxBytes, s.c.in.granted)
}

// Admit does not take a connection that is over for one that it has answered.
func TestAdmitBroken(t *testing.T) {
	t.Parallel()
	q := newFakeQP(1)
	c, err := newConn(q, Options{Arena: new(transports.Arena)}.withDefaults(), true)
	if err != nil {
		t.Fatal(err)
	}
	c.core.deferred = true
	c.start()
	defer c.Close()
	q.arrives(t, appendLike(linuxRequest))
	<-c.ready
	q.mu.Lock()
	q.postErr = net.ErrClosed // the peer has gone, Poll has not said so yet
	q.mu.Unlock()
	time.AfterFunc(50*time.Millisecond, func() { q.end(net.ErrClosed) })
	if err := c.Admit(0); err == nil {
		t.Errorf("admitted, state %d", c.core.state)
	}
}

// Of a connection that has ended the end is told, whatever is to be sent.
func TestSendAfterTheEnd(t *testing.T) {
	t.Parallel()
	q := newFakeQP(1)
	arena := new(transports.Arena)
	c, err := newConn(q, Options{Arena: arena}.withDefaults(), true)
	if err != nil {
		t.Fatal(err)
	}
	c.start()
	q.arrives(t, appendLike(linuxRequest))
	<-c.ready
	c.Close()
	if err := c.Send(arena.New(c.MaxSend() + 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a message that would not fit: %v", err)
	}
	if n := arena.InUse(); n != 0 {
		t.Errorf("%d messages left", n)
	}
}

// What the peer may invalidate is as the queue pair says, and on the client's
// side alone.
func TestPlacementInvalidates(t *testing.T) {
	t.Parallel()
	for _, keeps := range []bool{false, true} {
		for _, server := range []bool{false, true} {
			q := newFakeQP(1)
			q.keeps = keeps
			c, err := newConn(q, Options{}.withDefaults(), server)
			if err != nil {
				t.Fatal(err)
			}
			c.start()
			if got, want := c.Placement().Invalidates, !keeps && !server; got != want {
				t.Errorf("keeps %v, server %v: Invalidates is %v", keeps, server, got)
			}
			c.Close()
		}
	}
}

// Receive buffers are the Memory's, and go back there whether a connection has
// begun or not.
func TestReceiveMemory(t *testing.T) {
	t.Parallel()
	for name, begun := range map[string]bool{"abandoned": false, "closed": true} {
		var memory mapped.Memory
		q := newFakeQP(1)
		c, err := newConn(q, Options{Memory: &memory}.withDefaults(), true)
		if err != nil {
			t.Fatal(err)
		}
		for id, b := range q.buffers {
			if _, ok := memory.Chunk(b); !ok || id != 0 {
				t.Errorf("%s: receive %d is elsewhere", name, id)
			}
		}
		if memory.InUse() == 0 {
			t.Errorf("%s: nothing is posted", name)
		}
		if begun {
			c.start()
			q.arrives(t, appendLike(linuxRequest))
			<-c.ready
			q.mu.Lock()
			for _, cp := range q.receives {
				if _, ok := memory.Chunk(q.buffers[cp.ID]); !ok {
					t.Errorf("receive %d is elsewhere", cp.ID)
				}
			}
			q.mu.Unlock()
			c.Close()
		} else {
			c.abandon()
		}
		c.o.Arena.Trim()
		if n := memory.InUse(); n != 0 {
			t.Errorf("%s: %d blocks are left", name, n)
		}
		memory.Trim()
	}
}

// Sends that do not complete, because a read before them is never answered, use
// up the slots: what waits for one is timed like what waits for credits.
func TestStallWithoutSlots(t *testing.T) {
	t.Parallel()
	s, _ := openServer(t, Options{StallTimeout: 5 * time.Second}, linuxRequest)
	s.receive(empty(1000, 0))
	s.headers()
	s.c.out.slots = 0 // 256 sends posted behind an unanswered read
	s.c.offer(5000)
	for range 60 {
		if _, ok := s.c.next(s.head[:], s.now); ok {
			t.Fatal("sent")
		}
		s.now = s.now.Add(time.Minute)
		if err := s.c.expired(s.now); err != nil {
			if _, ok := errors.AsType[*TimeoutError](err); !ok {
				t.Errorf("ended with %v", err)
			}
			return
		}
		s.receive(empty(1, 0))
	}
	t.Error("a message has waited for an hour")
}

// A peer that never answers an RDMA read, and is alive otherwise, does not hold
// a transfer and its memory for ever.
func TestPullNeverAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newFakeQP(1)
		c, _ := fakeServer(t, q)
		var done counted
		c.Pull(make([]byte, 8<<20), descriptors(1, 8<<20), &done)
		for range 60 {
			time.Sleep(time.Minute)
			synctest.Wait()
			if n, err := done.told(); n > 0 {
				if _, ok := errors.AsType[*TimeoutError](err); !ok {
					t.Errorf("told %v", err)
				}
				return
			}
			q.arrives(t, empty(1, 0))
			synctest.Wait()
			for q.count(rdma.OpSend) > 0 {
				q.complete(t, rdma.OpSend, nil)
			}
		}
		t.Error("the transfer is open after an hour")
	})
}
