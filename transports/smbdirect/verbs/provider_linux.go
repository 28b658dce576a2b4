//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/smbgw/smbgw/transports/mapped"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// memory is where the queue pairs' own buffers are.
func (p *Provider) memory() *mapped.Memory {
	if p.Memory != nil {
		return p.Memory
	}
	return &p.own
}

// Dial prepares a queue pair towards host:port. Establish finds the device and
// connects.
func (p *Provider) Dial(address string, c rdma.Config) (rdma.QueuePair, error) {
	l, err := load()
	if err != nil {
		return nil, err
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, fmt.Errorf("verbs: dial: %w", err)
	}
	if err := checkConfig(c); err != nil {
		return nil, err
	}
	q := newQueuePair(p, l, c)
	q.address = address
	return q, nil
}

// asking waits for the events of an ID that only asks for a route.
type asking chan *event

func (a asking) onEvent(e *event) {
	select {
	case a <- e:
	default:
	}
}

func (a asking) next(ctx context.Context) (*event, error) {
	select {
	case e := <-a:
		return e, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Route says which device reaches host:port. It resolves the address, on the
// network too, and connects to nobody. The error is ErrNoRoute when no device
// does. Whether the device speaks what the port is for is the caller's to ask.
func (p *Provider) Route(ctx context.Context, address string) (Device, error) {
	l, err := load()
	if err != nil {
		return Device{}, err
	}
	list, err := lookup(ctx, address)
	if err != nil {
		return Device{}, fmt.Errorf("verbs: route: %w", err)
	}
	for _, a := range list {
		var d Device
		if d, err = routeTo(ctx, l, a); err == nil {
			return d, nil
		}
	}
	return Device{}, err
}

func routeTo(ctx context.Context, l *library, a netip.AddrPort) (Device, error) {
	ch, err := newChannel(l)
	if err != nil {
		return Device{}, err
	}
	told := make(asking, 4)
	id, err := ch.newID(told)
	if err != nil {
		ch.close()
		return Device{}, err
	}
	defer ch.destroy(id)
	name, kind, err := resolve(ctx, told, l, id, a)
	if err != nil {
		return Device{}, err
	}
	return Device{Name: name, Kind: kind}, nil
}
