package smbdirect_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect"
)

// A deferred connection's request is answered when its owner says so, with the
// owner's limit on messages: never below the protocol's own least value, never
// above the network's.
func TestAdmit(t *testing.T) {
	const network = 1 << 20
	for _, c := range []struct{ limit, want int }{
		{0, network}, {173910, 173910}, {131072, 131072}, {1000, 131072}, {network + 1, network},
	} {
		t.Run(fmt.Sprint(c.limit), func(t *testing.T) {
			admitWith(t, network, c.limit, c.want)
		})
	}
}

func admitWith(t *testing.T, network, limit, want int) {
	withServer(t, smbdirect.Options{MaxFragmentedSize: network}, func(s *script) {
		s.listener.(transports.Deferrer).Defer()
		r := s.connect(s.t)
		defer r.qp.Close()
		r.send(wire(request()))
		conn := <-s.accepted
		r.silent(60 * time.Second) // longer than the negotiation timer: it is not the client's turn
		if err := conn.Admit(limit); err != nil {
			s.t.Fatal(err)
		}
		n, err := smbdirect.ParseNegotiateResponse(r.receive())
		if err != nil || n.Status != 0 || int(n.MaxFragmentedSize) != want {
			s.t.Errorf("limit %d: %+v, %v", limit, n, err)
		}
		if conn.MaxSend() != int(request().MaxFragmentedSize) {
			s.t.Errorf("MaxSend is %d", conn.MaxSend())
		}
		if conn.MaxReceive() != want {
			s.t.Errorf("MaxReceive is %d", conn.MaxReceive())
		}
		// What is longer than announced ends the connection.
		r.send(fragment(make([]byte, 1), want, 10))
		r.dropped(time.Second)
	})
}

// A client that is never admitted is let go, before it gives up itself.
func TestAdmitTimeout(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.listener.(transports.Deferrer).Defer()
		r := s.connect(s.t)
		defer r.qp.Close()
		r.send(wire(request()))
		conn := <-s.accepted
		r.dropped(120 * time.Second)
		if err := conn.Admit(0); err == nil {
			s.t.Error("admitted after its end")
		}
	})
}

// A client that goes away while it waits is noticed by Admit.
func TestAdmitGone(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.listener.(transports.Deferrer).Defer()
		r := s.connect(s.t)
		r.send(wire(request()))
		conn := <-s.accepted
		r.qp.Close()
		time.Sleep(time.Second)
		if err := conn.Admit(0); err == nil {
			s.t.Error("admitted after its end")
		}
	})
}

// What is not in order is refused as ever, without the owner.
func TestAdmitRefused(t *testing.T) {
	withServer(t, smbdirect.Options{}, func(s *script) {
		s.listener.(transports.Deferrer).Defer()
		r := s.connect(s.t)
		defer r.qp.Close()
		bad := request()
		bad.CreditsRequested = 0
		r.send(wire(bad))
		r.dropped(time.Second)
		if len(s.accepted) != 0 {
			s.t.Error("accepted")
		}
	})
}
