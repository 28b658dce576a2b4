package demo

import (
	"context"
	"fmt"
	"log/slog"
	"net"

	"github.com/smbgw/smbgw/gateway"
	"github.com/smbgw/smbgw/transports"
)

// A chain is two relays that are listening.
type chain struct {
	front  net.Addr // for clients, TCP
	middle net.Addr // between the two, SMB Direct
}

// Names of the two listeners, by which the ledger tells them apart.
const (
	frontName  = "front"
	middleName = "middle"
)

// chain starts two gateways that lead to server. They end with ctx.
func (d *demonstration) chain(ctx context.Context, server transports.Addr) (chain, error) {
	var c chain
	var err error
	loopback := transports.Addr{Network: d.Middle, Host: "127.0.0.1", Service: "0"}
	c.middle, err = d.relay(ctx, middleName, gateway.Endpoint{Addr: loopback, Network: d.RDMA}, gateway.Endpoint{Addr: server, Network: d.TCP})
	if err != nil {
		return c, err
	}
	middle := tcpAddr(d.Middle, c.middle)
	front := gateway.Endpoint{Addr: d.Listen, Network: d.TCP}
	if d.Any {
		front.Network = anyPort{d.TCP}
	}
	c.front, err = d.relay(ctx, frontName, front, gateway.Endpoint{Addr: middle, Network: d.RDMA})
	return c, err
}

// relay starts a gateway with one listener and returns where it listens.
func (d *demonstration) relay(ctx context.Context, name string, front, back gateway.Endpoint) (net.Addr, error) {
	told := make(chan net.Addr, 1)
	front.Network = announced{front.Network, told}
	g := &gateway.Gateway{
		Log: slog.New(d.records),
		Listeners: []gateway.Listener{{
			Name:     name,
			Endpoint: front,
			Relay:    &gateway.Backend{Name: name, Endpoints: []gateway.Endpoint{back}, Place: true},
		}},
	}
	failed := make(chan error, 1)
	d.running.Go(func() {
		err := g.Run(ctx)
		failed <- err
		if err != nil {
			d.fail(err)
		}
	})
	select {
	case a := <-told:
		return a, nil
	case err := <-failed:
		if err == nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("demo: %w", err)
	}
}

// announced is a network that tells where it listens: the port is not known
// before when it is any free one.
type announced struct {
	transports.Network
	told chan<- net.Addr // room for one
}

func (n announced) Announce(ctx context.Context, a transports.Addr) (transports.Listener, error) {
	l, err := n.Network.Announce(ctx, a)
	if err == nil {
		n.told <- l.Addr()
	}
	return l, err
}

// anyPort is a network that listens on a free port when the wanted one is
// taken.
type anyPort struct{ transports.Network }

func (n anyPort) Announce(ctx context.Context, a transports.Addr) (transports.Listener, error) {
	l, err := n.Network.Announce(ctx, a)
	if err == nil {
		return l, nil
	}
	a.Service = "0"
	if l, again := n.Network.Announce(ctx, a); again == nil {
		return l, nil
	}
	return nil, err
}
