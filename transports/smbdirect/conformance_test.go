package smbdirect_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/iwarp"
	"github.com/smbgw/smbgw/transports/smbdirect/loop"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// The suite that every transport passes, over loop.
func TestConformance(t *testing.T) {
	options := map[string]smbdirect.Options{
		"default":    {MaxFragmentedSize: 1 << 20}, // the full size is left to iWARP
		"one credit": {Credits: 1, MaxFragmentedSize: 256 << 10},
		"as Linux":   {PreferredSendSize: 1364, MaxReceiveSize: 1364, MaxFragmentedSize: 173910},
	}
	for name, o := range options {
		t.Run(name, func(t *testing.T) {
			transporttest.Run(t, func(t *testing.T) transporttest.Fixture {
				fabric := new(loop.Fabric)
				o := o
				o.Arena = new(transports.Arena)
				t.Cleanup(func() {
					if n := fabric.Regions(); n != 0 {
						t.Errorf("%d regions left", n)
					}
				})
				limit := o.MaxFragmentedSize
				if limit == 0 {
					limit = smbdirect.DefaultMaxFragmentedSize
				}
				return transporttest.Fixture{
					Network:     smbdirect.Over(fabric, o),
					Address:     transports.Addr{Network: "loop", Host: "h", Service: "0"},
					Arena:       o.Arena,
					MaxMessage:  limit,
					MaxBuffered: 2 * smbdirect.DefaultInboxBytes,
					Kill:        smbdirect.Abort,
					Silent: func(t *testing.T, l transports.Listener) {
						silent(t, fabric, l.Addr().String())
					},
				}
			})
		})
	}
}

// The same over software iWARP on the loopback interface.
func TestConformanceIWARP(t *testing.T) {
	transporttest.Run(t, func(t *testing.T) transporttest.Fixture {
		provider := new(iwarp.Provider)
		o := smbdirect.Options{Arena: new(transports.Arena)}
		return transporttest.Fixture{
			Network:     smbdirect.Over(provider, o),
			Address:     transports.Addr{Network: "iwarp", Host: "127.0.0.1", Service: "0"},
			Arena:       o.Arena,
			MaxMessage:  smbdirect.DefaultMaxFragmentedSize,
			MaxBuffered: 2 * smbdirect.DefaultInboxBytes,
			Kill:        smbdirect.Abort,
			Silent: func(t *testing.T, l transports.Listener) {
				c, err := net.Dial("tcp", l.Addr().String())
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { c.Close() })
			},
		}
	})
}

// silent connects a queue pair that never says anything.
func silent(t *testing.T, p rdma.Provider, address string) {
	t.Helper()
	qp, err := p.Dial(address, rdma.Config{})
	if err != nil {
		t.Fatal(err)
	}
	established := make(chan error, 1)
	go func() { established <- qp.Establish(context.Background(), rdma.Params{IRD: 1, ORD: 1}) }()
	t.Cleanup(func() {
		qp.Close()
		<-established
	})
}

// A listener turns away what is beyond its limit, and takes again when a
// connection has ended.
func TestConnectionLimit(t *testing.T) {
	withServer(t, smbdirect.Options{Connections: 2}, func(s *script) {
		s.negotiate(request())
		second := s.connect(t)
		second.send(wire(request()))
		second.receive()
		qp, err := s.fabric.Dial(s.address, rdma.Config{})
		if err != nil {
			t.Fatal(err)
		}
		if err := qp.Establish(context.Background(), rdma.Params{IRD: 1, ORD: 1}); err == nil {
			t.Error("a third connection is established")
		}
		qp.Close()
		second.qp.Close()
		<-second.end
		synctest.Wait()
		third := s.connect(t)
		third.send(wire(request()))
		third.receive()
		third.qp.Close()
		<-third.end
	})
}
