package smbdirect_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/loop"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// A client that was quicker than Defer is let go: it has its answer, and not its
// owner's.
func TestDeferLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{fabric: new(loop.Fabric), arena: new(transports.Arena), address: "server:5445"}
		l, err := smbdirect.Over(s.fabric, smbdirect.Options{Arena: s.arena}).Announce(t.Context(), transports.Addr{Host: "*", Service: "5445"})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		r := s.connect(t)
		defer r.qp.Close()
		r.send(wire(request()))
		synctest.Wait()
		l.(transports.Deferrer).Defer()
		r2 := s.connect(t)
		defer r2.qp.Close()
		r2.send(wire(request()))
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		r = r2
		if err := c.(transports.Deferred).Admit(200000); err != nil {
			t.Fatal(err)
		}
		n, _ := smbdirect.ParseNegotiateResponse(r.receive())
		if n.MaxFragmentedSize != 200000 {
			t.Errorf("the peer was told %d, admitted with 200000", n.MaxFragmentedSize)
		}
	})
}

// A raw client that ignores credits against the whole stack; nobody Receives.
func TestFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{fabric: new(loop.Fabric), arena: new(transports.Arena), address: "server:5445"}
		l, err := smbdirect.Over(s.fabric, smbdirect.Options{Arena: s.arena, InboxMessages: 16}).Announce(t.Context(), transports.Addr{Host: "*", Service: "5445"})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		r := s.connect(t)
		defer r.qp.Close()
		r.send(wire(request()))
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		r.receive()
		for range 2000 {
			r.send(fragment(make([]byte, 900), 0, 1))
			synctest.Wait() // one at a time, so that a receive is posted
		}
		if n := s.arena.InUse(); n > 64 {
			t.Errorf("%d messages in memory, InboxMessages 16", n)
		}
	})
}

// Silent peers delay nobody.
func TestSilentCrowd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{fabric: new(loop.Fabric), arena: new(transports.Arena), address: "server:5445"}
		l, err := smbdirect.Over(s.fabric, smbdirect.Options{Arena: s.arena}).Announce(t.Context(), transports.Addr{Host: "*", Service: "5445"})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		for range 64 {
			r := s.connect(t)
			defer r.qp.Close()
		}
		start := time.Now()
		qp, err := s.fabric.Dial(s.address, rdma.Config{SendDepth: 1000, ReceiveDepth: 1000})
		if err != nil {
			t.Fatal(err)
		}
		defer qp.Close()
		r := newRaw(t, qp)
		done := make(chan bool)
		go func() { r.establish(rdma.Params{IRD: 32, ORD: 1}); r.send(wire(request())); close(done) }()
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		<-done
		c.Close()
		if d := time.Since(start); d > time.Second {
			t.Errorf("waited %v", d)
		}
	})
}
