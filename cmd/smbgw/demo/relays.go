package demo

import (
	"context"
	"fmt"
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

// before is the chain in front of a real server.
func (d *demonstration) before(ctx context.Context) error {
	c, err := d.chain(ctx, d.Server)
	if err != nil {
		return err
	}
	d.relayPicture(c, d.Server.Host+":"+d.Server.Service)
	d.relayCommands(c.front)
	t := &relayTable{out: d.Out}
	for {
		select {
		case r := <-d.records.closed:
			t.row(r)
		case f := <-d.records.faults:
			fmt.Fprintf(d.Out, "  %s\n", f)
		case <-ctx.Done():
			return nil
		}
	}
}

// chain starts two gateways that lead to server. They end with ctx.
func (d *demonstration) chain(ctx context.Context, server transports.Addr) (chain, error) {
	var c chain
	var err error
	c.middle, err = d.relay(ctx, middleName, d.middle(), gateway.Endpoint{Addr: server, Network: d.TCP})
	if err != nil {
		return c, err
	}
	c.front, err = d.relay(ctx, frontName, d.front(), gateway.Endpoint{Addr: tcpAddr(d.Middle, c.middle), Network: d.RDMA})
	return c, err
}

// relay starts a gateway with one listener and returns where it listens.
func (d *demonstration) relay(ctx context.Context, name string, front, back gateway.Endpoint) (net.Addr, error) {
	addrs, err := d.start(ctx, &gateway.Gateway{Listeners: []gateway.Listener{{
		Name:     name,
		Endpoint: front,
		Relay:    &gateway.Backend{Name: name, Endpoints: []gateway.Endpoint{back}, Place: true},
	}}})
	if err != nil {
		return nil, err
	}
	return addrs[0], nil
}
