package gateway

import (
	"context"
	"log/slog"

	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/health"
	"github.com/smbgw/smbgw/transports"
)

// watch makes what remembers which of a backend's addresses answer. What the
// configuration before knew of them stays.
func (s *server) watch(b *Backend, before *server) {
	c := health.Config{
		Backend: b.Name, Options: b.Health, Log: s.log,
		Check: func(ctx context.Context, i int) error { return b.check(ctx, b.Endpoints[i], s.arenas[b]) },
	}
	for _, e := range b.Endpoints {
		c.Addresses = append(c.Addresses, e.Addr.String())
	}
	s.monitors[b] = health.New(c, before.monitor(b.Name))
}

// monitor is that of a backend of a name, or nil.
func (s *server) monitor(backend string) *health.Monitor {
	if s == nil {
		return nil
	}
	for b, m := range s.monitors {
		if b.Name == backend {
			return m
		}
	}
	return nil
}

// check asks for a sign of life at an address.
func (b *Backend) check(ctx context.Context, e Endpoint, arena *transports.Arena) error {
	conn, err := e.Network.Dial(ctx, e.Addr)
	if err != nil {
		return err
	}
	return back.Check(ctx, conn, back.Options{Arena: arena, ServerName: b.host()})
}

// reach opens a connection to an address that answers.
func (b *Backend) reach(ctx context.Context, m *health.Monitor, open func(context.Context, transports.Conn, int) error) (address int, err error) {
	return m.Reach(ctx, func(ctx context.Context, i int) error {
		e := b.Endpoints[i]
		conn, err := e.Network.Dial(ctx, e.Addr)
		if err != nil {
			return err
		}
		return open(ctx, conn, i)
	})
}

// dialer is how sessions of the gateway's own come to a backend.
func (s *server) dialer(b *Backend, log *slog.Logger) back.Dial {
	m := s.monitors[b]
	return func(ctx context.Context, open func(context.Context, back.Link) error) error {
		var over transports.Carrier
		i, err := b.reach(ctx, m, func(ctx context.Context, conn transports.Conn, i int) error {
			over = transports.CarrierOf(conn)
			return open(ctx, back.Link{Conn: conn, Lost: func(err error) { m.Lost(i, err) }})
		})
		if err == nil {
			log.Debug("backend connection", "backend", b.Name, "address", b.Endpoints[i].Addr.String(), "rdma", over)
		}
		return err
	}
}

// Down says how many addresses of backends do not answer, and of how many,
// while Run is running.
func (g *Gateway) Down(ctx context.Context) (down, all int, err error) {
	err = g.ask(ctx, func(_ context.Context, r *run) {
		for _, m := range r.server.monitors {
			d, n := m.Down()
			down, all = down+d, all+n
		}
	})
	return down, all, err
}
