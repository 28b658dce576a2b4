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
	told := make([]chan net.Addr, len(g.Listeners))
	for i := range g.Listeners {
		told[i] = make(chan net.Addr, 1)
		e := &g.Listeners[i].Endpoint
		e.Network = announced{e.Network, told[i]}
	}
	failed := make(chan error, 1)
	d.running.Go(func() {
		err := g.Run(ctx)
		failed <- err
		if err != nil {
			d.fail(err)
		}
	})
	var addrs []net.Addr
	for i := range told {
		select {
		case a := <-told[i]:
			addrs = append(addrs, a)
		case err := <-failed:
			if err == nil {
				err = context.Cause(ctx)
			}
			return nil, fmt.Errorf("demo: %w", err)
		}
	}
	return addrs, nil
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

// tcpAddr is the dial string of a listener.
func tcpAddr(network string, a net.Addr) transports.Addr {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		host, port = a.String(), ""
	}
	return transports.Addr{Network: network, Host: host, Service: port}
}
