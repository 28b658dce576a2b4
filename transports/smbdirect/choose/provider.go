package choose

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// Verbs is the provider with the system's devices, as far as the choice has to
// know it.
type Verbs interface {
	rdma.Provider

	// Route says which device reaches host:port, whether or not it speaks what
	// the port is for.
	Route(ctx context.Context, address string) (Device, error)

	// Local is the device that an address of this machine belongs to.
	Local(host string) (Device, error)

	// Devices are those that can be used, at least one or an error.
	Devices() ([]Device, error)
}

// A Provider chooses for each peer and each listener. Its fields are set before
// the first use; its methods may be called from any goroutine.
type Provider struct {
	Software rdma.Provider // iWARP over TCP
	Force    Force

	// Verbs gives the provider with the system's devices, or says why there is
	// none; it is asked each time, until it does not fail. It is not needed with
	// OnlyIWARP.
	Verbs func() (Verbs, error)

	Log *slog.Logger

	mu   sync.Mutex
	last map[string]rdma.Link // by address that was dialled
}

var _ rdma.Chooser = (*Provider)(nil)

// chooseTimeout is for Dial, whose caller has no context.
const chooseTimeout = 5 * time.Second

// Dial takes the first of Choose.
func (p *Provider) Dial(address string, c rdma.Config) (rdma.QueuePair, error) {
	ctx, cancel := context.WithTimeout(context.Background(), chooseTimeout)
	defer cancel()
	choices, err := p.Choose(ctx, address)
	if err != nil {
		return nil, err
	}
	return choices[0].Dial(address, c)
}

// Choose says who dials host:port, and why.
func (p *Provider) Choose(ctx context.Context, address string) ([]rdma.Choice, error) {
	host, port, err := split(address)
	if err != nil {
		return nil, err
	}
	r := route{host: host, port: port}
	var v Verbs
	if p.Force != OnlyIWARP {
		if v, r.none = p.Verbs(); r.none == nil {
			r.device, r.none = v.Route(ctx, address)
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	links, err := dial(r, p.Force)
	if err != nil {
		return nil, err
	}
	p.tell(address, links[0])
	choices := make([]rdma.Choice, len(links))
	for i, l := range links {
		choices[i] = rdma.Choice{Provider: p.Software, Link: l}
		if l.Provider == "verbs" {
			choices[i].Provider = v
		}
	}
	return choices, nil
}

// tell logs the choice for an address when it is not that of the time before.
// The addresses are those that a configuration has, so there are few.
func (p *Provider) tell(address string, l rdma.Link) {
	p.mu.Lock()
	before := p.last[address]
	if p.last == nil {
		p.last = make(map[string]rdma.Link)
	}
	p.last[address] = l
	p.mu.Unlock()
	if before != l {
		p.Log.Info("RDMA provider", attrs(address, l)...)
	}
}

func attrs(address string, l rdma.Link) []any {
	list := []any{"address", address, "provider", l.Provider, "kind", l.Kind.String()}
	if l.Device != "" {
		list = append(list, "device", l.Device)
	}
	if l.Reason != "" {
		list = append(list, "reason", l.Reason)
	}
	return list
}

func split(address string) (host string, port int, err error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, fmt.Errorf("choose: %w", err)
	}
	n, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return "", 0, fmt.Errorf("choose: address %s: port %q is no number", address, service)
	}
	return host, int(n), nil
}
