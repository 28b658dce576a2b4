package demo

import (
	"context"
	"fmt"
	"log/slog"
	"net"

	"github.com/smbgw/smbgw/gateway"
	"github.com/smbgw/smbgw/transports"
)

// start runs a gateway, which ends with ctx, and returns where its listeners are.
func (d *demonstration) start(ctx context.Context, g *gateway.Gateway) ([]net.Addr, error) {
	g.Log = slog.New(d.records)
	ready := make(chan []net.Addr, 1)
	g.Ready = func(at []net.Addr) { ready <- at }
	failed := make(chan error, 1)
	d.running.Go(func() {
		err := g.Run(ctx)
		failed <- err
		if err != nil {
			d.fail(err)
		}
	})
	select {
	case at := <-ready:
		return at, nil
	case err := <-failed:
		if err == nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("demo: %w", err)
	}
}

// front is the endpoint for clients.
func (d *demonstration) front() gateway.Endpoint {
	e := gateway.Endpoint{Addr: d.Listen, Network: d.TCP}
	if d.Any {
		e.Network = anyPort{d.TCP}
	}
	return e
}

// middle is the endpoint between the two gateways.
func (d *demonstration) middle() gateway.Endpoint {
	return gateway.Endpoint{Addr: transports.Addr{Network: d.Middle, Host: "127.0.0.1", Service: "0"}, Network: d.RDMA}
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

// tcpAddr is the dial string of a listener.
func tcpAddr(network string, a net.Addr) transports.Addr {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		host, port = a.String(), ""
	}
	return transports.Addr{Network: network, Host: host, Service: port}
}
