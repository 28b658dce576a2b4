package smbdirect_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/loop"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// response is what a raw server answers, unless a test changes it.
func response() smbdirect.NegotiateResponse {
	return smbdirect.NegotiateResponse{
		MinVersion: smbdirect.Version, MaxVersion: smbdirect.Version, NegotiatedVersion: smbdirect.Version,
		CreditsRequested: 255, CreditsGranted: 255, MaxReadWriteSize: 8 << 20,
		PreferredSendSize: 1364, MaxReceiveSize: 1364, MaxFragmentedSize: 173910,
	}
}

// A host is a raw server that our client dials, inside a bubble.
type host struct {
	t      *testing.T
	fabric *loop.Fabric
	arena  *transports.Arena
	below  rdma.Listener
	dialed chan dialResult
	cancel context.CancelFunc
}

type dialResult struct {
	c   *smbdirect.Conn
	err error
}

// withClient runs f with a client that has begun to dial.
func withClient(t *testing.T, o smbdirect.Options, f func(h *host)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &host{t: t, fabric: new(loop.Fabric), arena: new(transports.Arena), dialed: make(chan dialResult, 1)}
		var err error
		h.below, err = h.fabric.Listen(t.Context(), ":5445", rdma.Config{ReceiveDepth: 1000, SendDepth: 1000})
		if err != nil {
			t.Fatal(err)
		}
		o.Arena = h.arena
		ctx, cancel := context.WithCancel(t.Context())
		h.cancel = cancel
		go func() {
			c, err := smbdirect.Over(h.fabric, o).Dial(ctx, transports.Addr{Network: "loop", Host: "h", Service: "smbdirect"})
			if err != nil {
				h.dialed <- dialResult{err: err}
				return
			}
			h.dialed <- dialResult{c: c.(*smbdirect.Conn)}
		}()
		f(h)
		cancel()
		h.below.Close()
		synctest.Wait()
		select {
		case r := <-h.dialed:
			if r.c != nil {
				r.c.Close()
			}
		default:
		}
		if n := h.arena.InUse(); n != 0 {
			t.Errorf("%d messages left", n)
		}
		if n := h.fabric.Regions(); n != 0 {
			t.Errorf("%d regions left", n)
		}
	})
}

// accept takes the client's next connection and its request.
func (h *host) accept() *raw {
	h.t.Helper()
	qp, err := h.below.Accept()
	if err != nil {
		h.t.Fatal(err)
	}
	r := newRaw(h.t, qp)
	r.establish(rdma.Params{IRD: 1, ORD: 8})
	want := wire(smbdirect.NegotiateRequest{
		MinVersion: 0x100, MaxVersion: 0x100, CreditsRequested: 255, PreferredSendSize: 4096,
		MaxReceiveSize: 4096, MaxFragmentedSize: smbdirect.DefaultMaxFragmentedSize,
	})
	if got := r.receive(); !bytes.Equal(got, want) {
		h.t.Fatalf("request %x, want %x", got, want)
	}
	return r
}

// client is the connection that the client has got.
func (h *host) client() *smbdirect.Conn {
	h.t.Helper()
	synctest.Wait()
	select {
	case r := <-h.dialed:
		if r.err != nil {
			h.t.Fatalf("Dial: %v", r.err)
		}
		return r.c
	default:
		h.t.Fatal("Dial has not returned")
	}
	panic("unreachable")
}

// What the client makes of a response, [MS-SMBD] 3.1.5.7. cifs.ko was seen to
// do the same, except where the comment says so.
func TestClientNegotiate(t *testing.T) {
	t.Parallel()
	type r = smbdirect.NegotiateResponse
	for _, test := range []struct {
		name   string
		change func(*r)
		ok     bool
	}{
		{"as Linux", func(*r) {}, true},
		{"Status", func(n *r) { n.Status = smbdirect.StatusInsufficientResources }, false},
		{"NegotiatedVersion", func(n *r) { n.NegotiatedVersion = 0x101 }, false},
		{"PreferredSendSize beyond", func(n *r) { n.PreferredSendSize = 4097 }, false},
		{"PreferredSendSize at our MaxReceiveSize", func(n *r) { n.PreferredSendSize = 4096 }, true},
		{"PreferredSendSize 0", func(n *r) { n.PreferredSendSize = 0 }, true},
		{"PreferredSendSize 128", func(n *r) { n.PreferredSendSize = 128 }, true},
		{"MaxReceiveSize 127", func(n *r) { n.MaxReceiveSize = 127 }, false},
		{"MaxReceiveSize 128", func(n *r) { n.MaxReceiveSize = 128 }, true},
		{"MaxReceiveSize 8192", func(n *r) { n.MaxReceiveSize = 8192 }, true},
		{"MaxFragmentedSize 131071", func(n *r) { n.MaxFragmentedSize = 131071 }, false},
		{"MaxFragmentedSize 131072", func(n *r) { n.MaxFragmentedSize = 131072 }, true},
		{"MaxFragmentedSize max", func(n *r) { n.MaxFragmentedSize = 1<<32 - 1 }, true},
		{"CreditsGranted 0", func(n *r) { n.CreditsGranted = 0 }, false},
		{"CreditsGranted 1", func(n *r) { n.CreditsGranted = 1 }, true},
		{"CreditsGranted 65535", func(n *r) { n.CreditsGranted = 65535 }, true},
		{"CreditsRequested 0", func(n *r) { n.CreditsRequested = 0 }, false},
		{"versions of the response", func(n *r) { n.MinVersion, n.MaxVersion = 7, 1 }, true},
		// cifs.ko drops these two; without placement we go on.
		{"MaxReadWriteSize 0", func(n *r) { n.MaxReadWriteSize = 0 }, true},
		{"MaxReadWriteSize 4095", func(n *r) { n.MaxReadWriteSize = 4095 }, true},
		{"MaxReadWriteSize 4096", func(n *r) { n.MaxReadWriteSize = 4096 }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := response()
			test.change(&n)
			answered(t, wire(n), test.ok)
		})
	}
	t.Run("31 bytes", func(t *testing.T) { answered(t, wire(response())[:31], false) })
	t.Run("0 bytes", func(t *testing.T) { answered(t, nil, false) })
	t.Run("33 bytes", func(t *testing.T) { answered(t, append(wire(response()), 1), true) })
	t.Run("512 bytes", func(t *testing.T) { answered(t, append(wire(response()), make([]byte, 480)...), true) })
	t.Run("4097 bytes", func(t *testing.T) { answered(t, append(wire(response()), make([]byte, 4065)...), false) })
	t.Run("data instead", func(t *testing.T) { answered(t, fragment(pattern(100), 0, 10), false) })
	t.Run("Reserved", func(t *testing.T) {
		b := wire(response())
		b[6], b[7] = 0xff, 0xff
		answered(t, b, true)
	})
}

// answered sends b as the response. A client that takes it sends a message and
// takes one; one that does not ends the connection with no word.
func answered(t *testing.T, b []byte, ok bool) {
	withClient(t, smbdirect.Options{}, func(h *host) {
		s := h.accept()
		s.send(b)
		if !ok {
			s.dropped(time.Second)
			synctest.Wait()
			r := <-h.dialed
			if r.err == nil {
				h.t.Fatal("Dial has succeeded")
			}
			return
		}
		c := h.client()
		defer c.Close()
		m := h.arena.New(224)
		copy(m.Bytes(), pattern(224))
		if err := c.Send(m); err != nil {
			h.t.Fatal(err)
		}
		if got := s.message(); !bytes.Equal(got, pattern(224)) {
			h.t.Fatalf("message of %d bytes", len(got))
		}
		s.send(fragment(pattern(100), 0, 10))
		got, err := c.Receive()
		if err != nil || !bytes.Equal(got.Bytes(), pattern(100)) {
			h.t.Fatalf("Receive: %v", err)
		}
		got.Release()
		s.qp.Close()
	})
}

// The error of Dial names the server's status, and whom to blame.
func TestClientRefused(t *testing.T) {
	withClient(t, smbdirect.Options{}, func(h *host) {
		s := h.accept()
		s.send(wire(smbdirect.NegotiateResponse{MinVersion: 0x100, MaxVersion: 0x100, Status: smbdirect.StatusNotSupported}))
		e, ok := errors.AsType[*smbdirect.RefusedError]((<-h.dialed).err)
		if !ok || e.Status != smbdirect.StatusNotSupported || !e.Remote() || e.Local {
			h.t.Errorf("Dial: %v", e)
		}
		s.dropped(time.Second)
	})
}

// Placements are as large as both sides allow.
func TestClientMaxReadWriteSize(t *testing.T) {
	for _, test := range []struct{ own, peer, want uint32 }{{8 << 20, 4096, 4096}, {4096, 8 << 20, 4096}, {4096, 0, 0}} {
		t.Run("", func(t *testing.T) {
			withClient(t, smbdirect.Options{MaxReadWriteSize: int(test.own)}, func(h *host) {
				s := h.accept()
				n := response()
				n.MaxReadWriteSize = test.peer
				s.send(wire(n))
				c := h.client()
				defer c.Close()
				if got := c.Placement().MaxReadWrite; got != test.want {
					h.t.Errorf("%d of %d and %d", got, test.own, test.peer)
				}
			})
		})
	}
}

// The first fragments respect the server's MaxReceiveSize.
func TestClientFragments(t *testing.T) {
	withClient(t, smbdirect.Options{}, func(h *host) {
		s := h.accept()
		n := response()
		n.MaxReceiveSize = 128
		s.send(wire(n))
		c := h.client()
		defer c.Close()
		c.Send(h.arena.New(224))
		for _, want := range []int{104, 104, 16} {
			if d, data := s.parsed(); len(data) != want || d.DataOffset != 24 {
				h.t.Errorf("fragment %+v, want %d bytes", d, want)
			}
		}
	})
}

// siw may never see the first request: the client dials again after 2 s, once.
func TestDialAgain(t *testing.T) {
	withClient(t, smbdirect.Options{}, func(h *host) {
		begun := time.Now()
		s := h.accept()
		s.dropped(3 * time.Second)
		s = h.accept()
		if d := time.Since(begun); d != 2*time.Second {
			h.t.Errorf("second attempt after %v", d)
		}
		s.silent(110 * time.Second) // a server whose application is slow
		s.send(wire(response()))
		h.client().Close()
	})
}

// [MS-SMBD] 3.1.6.1: 120 s in all.
func TestDialTimeout(t *testing.T) {
	withClient(t, smbdirect.Options{}, func(h *host) {
		begun := time.Now()
		h.accept().dropped(3 * time.Second)
		s := h.accept()
		r := <-h.dialed
		if d := time.Since(begun); d != 120*time.Second {
			h.t.Errorf("Dial returned after %v", d)
		}
		if e, ok := errors.AsType[*smbdirect.TimeoutError](r.err); !ok || !e.Timeout() {
			h.t.Errorf("Dial: %v", r.err)
		}
		s.dropped(time.Second)
	})
}

func TestDialCancelled(t *testing.T) {
	withClient(t, smbdirect.Options{}, func(h *host) {
		s := h.accept()
		h.cancel()
		if r := <-h.dialed; !errors.Is(r.err, context.Canceled) {
			h.t.Errorf("Dial: %v", r.err)
		}
		s.dropped(time.Second)
	})
}

// The client's keepalive, and its end when nothing comes back.
func TestClientKeepalive(t *testing.T) {
	withClient(t, smbdirect.Options{}, func(h *host) {
		s := h.accept()
		s.send(wire(response()))
		c := h.client()
		defer c.Close()
		if d, _ := s.parsed(); d.CreditsGranted == 0 { // when things have settled
			h.t.Errorf("first message %+v", d)
		}
		s.silent(119700 * time.Millisecond)
		if d, _ := s.parsed(); d.Flags != smbdirect.FlagResponseRequested {
			h.t.Errorf("keepalive %+v", d)
		}
		s.silent(4900 * time.Millisecond)
		s.dropped(200 * time.Millisecond)
		_, err := c.Receive()
		if e, ok := errors.AsType[*smbdirect.TimeoutError](err); !ok || e.Section != "3.1.6.2" {
			h.t.Errorf("Receive: %v", err)
		}
	})
}

// Back-pressure: Send blocks while the server grants nothing, and goes on.
func TestSendBlocks(t *testing.T) {
	withClient(t, smbdirect.Options{}, func(h *host) {
		s := h.accept()
		n := response()
		n.CreditsGranted = 4
		s.send(wire(n))
		c := h.client()
		defer c.Close()
		sent := make(chan error, 20)
		go func() {
			for range 10 {
				sent <- c.Send(h.arena.New(100))
			}
		}()
		time.Sleep(time.Second)
		synctest.Wait()
		if len(sent) != 5 { // four have left, one is accepted; the next waits
			h.t.Errorf("%d messages accepted for 4 credits", len(sent))
		}
		s.send(emptyMessage(100, 0))
		for range 10 {
			if err := <-sent; err != nil {
				h.t.Error(err)
			}
		}
	})
}

// A token that the server retires is reported with the message that completes,
// the last one of several fragments.
func TestReceivedInvalidation(t *testing.T) {
	withClient(t, smbdirect.Options{}, func(h *host) {
		s := h.accept()
		s.send(wire(response()))
		c := h.client()
		defer c.Close()
		c.Send(h.arena.New(100))
		s.message()
		var tokens []uint32
		var exposures []transports.Exposure
		for range 2 {
			e, err := c.Expose(make([]byte, 100), transports.Writable)
			if err != nil {
				h.t.Fatal(err)
			}
			exposures = append(exposures, e)
			tokens = append(tokens, e.Descriptor().Token)
		}
		b := pattern(300)
		s.qp.PostSend([]rdma.Work{
			{Op: rdma.OpSend, Head: fragment(b[:100], 200, 10), Invalidate: tokens[0], Invalidates: true},
			{Op: rdma.OpSend, Head: fragment(b[100:200], 100, 0), Invalidate: tokens[1], Invalidates: true},
			{Op: rdma.OpSend, Head: fragment(b[200:], 0, 0)},
			{Op: rdma.OpSend, Head: fragment(b, 0, 0)},
		})
		for i, want := range []bool{true, false} {
			m, err := c.Receive()
			if err != nil {
				h.t.Fatal(err)
			}
			if m.Invalidates != want || want && m.Invalidate != tokens[1] {
				h.t.Errorf("message %d: invalidation %v %#x, want %v %#x", i, m.Invalidates, m.Invalidate, want, tokens[1])
			}
			m.Release()
		}
		for _, e := range exposures {
			e.Revoke()
			e.Revoke()
		}
		if n := h.fabric.Regions(); n != 0 || c.Exposed() != 0 {
			h.t.Errorf("%d regions left", n)
		}
	})
}

// A message's invalidation rides on its first fragment only.
func TestSentInvalidation(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.negotiate(request())
		region, err := s.qp.Register(make([]byte, 10), rdma.RemoteWrite)
		if err != nil {
			t.Fatal(err)
		}
		defer region.Deregister()
		s.send(emptyMessage(10, 0))
		synctest.Wait()
		c := <-s.accepted
		m := s.arena.New(3000)
		m.Invalidate, m.Invalidates = region.Segment().Token, true
		if err := c.Send(m); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			a := s.arrive()
			if a.invalidates != (i == 0) || a.invalidates && a.token != region.Segment().Token {
				t.Errorf("fragment %d: %v %#x", i, a.invalidates, a.token)
			}
		}
	})
}

// The peer's orderly end inside of a message is none; what came whole before
// is still received.
func TestEndOfStream(t *testing.T) {
	for _, inside := range []bool{false, true} {
		t.Run("", func(t *testing.T) {
			withClient(t, smbdirect.Options{}, func(h *host) {
				s := h.accept()
				s.send(wire(response()))
				c := h.client()
				defer c.Close()
				s.parsed() // the first grant
				s.send(fragment(pattern(100), 0, 0))
				want := io.EOF
				if inside {
					s.send(fragment(pattern(100), 100, 0))
					want = io.ErrUnexpectedEOF
				}
				synctest.Wait()
				s.qp.Close()
				synctest.Wait()
				m, err := c.Receive()
				if err != nil {
					h.t.Fatalf("what came before: %v", err)
				}
				m.Release()
				if _, err := c.Receive(); err != want {
					h.t.Errorf("Receive: %v, want %v", err, want)
				}
				if err := c.Send(h.arena.New(1)); err == nil {
					h.t.Error("Send: no error")
				}
			})
		})
	}
}

// Back-pressure the other way: with a full inbox nothing is granted, and
// receiving grants again at once.
func TestReceiveGrants(t *testing.T) {
	withClient(t, smbdirect.Options{InboxMessages: 3}, func(h *host) {
		s := h.accept()
		s.send(wire(response()))
		c := h.client()
		defer c.Close()
		d, _ := s.parsed() // the first grant
		for range int(d.CreditsGranted) {
			s.send(fragment(pattern(10), 0, 1))
		}
		synctest.Wait()
		before, _ := s.grants()
		for range d.CreditsGranted {
			m, err := c.Receive()
			if err != nil {
				h.t.Fatal(err)
			}
			m.Release()
		}
		const target = 10 // what fragment asks for
		if n, _ := s.grants(); before != 0 || n != target {
			h.t.Errorf("%d credits granted before and %d after receiving, want 0 and %d", before, n, target)
		}
	})
}
