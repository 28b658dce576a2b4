package gateway

import (
	"context"
	"log/slog"
	"time"

	"github.com/smbgw/smbgw/gateway/health"
	"github.com/smbgw/smbgw/transports"
)

// A connection is one client with its own connection to the backend. The
// goroutine that calls run owns it; the workers of its relay own what their
// comments say.
type connection struct {
	listener *Listener
	backend  *Backend // nil until it has been chosen
	host     *Host    // that the client has named, nil when it need not or has not
	peer     string
	serial   uint64
	began    time.Time
	arena    *transports.Arena
	monitor  *health.Monitor
	log      *slog.Logger

	front, back transports.Conn
	backAddress string // the dial string that answered

	first    *transports.Message // read to choose the backend; nil when that was not needed, or has been sent
	admitted bool                // the client has its answer already

	gate gate // owned by the back's reader

	in  flow // written by the front's reader, read after it ended
	out flow // written by the back's reader, read after it ended
}

// A flow is what has passed in one direction, in bytes of messages and of
// placed payload, counted on the front leg.
type flow struct {
	bytes   uint64
	paced   uint64   // of them: those that the visitor knows of
	visitor *visitor // nil for none
	lane    int      // its
}

// pace blocks until more may pass, or ctx ends.
func (f *flow) pace(ctx context.Context) {
	if f.visitor != nil {
		f.visitor.base.Pass(int64(f.bytes - f.paced))
		f.paced = f.bytes
		f.visitor.meter.Pace(ctx, f.lane)
	}
}

// run relays until one side ends or ctx does, and leaves nothing behind.
func (c *connection) run(ctx context.Context) {
	address, err := c.backend.reach(ctx, c.monitor, func(_ context.Context, conn transports.Conn, i int) error {
		c.back, c.backAddress = conn, c.backend.Endpoints[i].Addr.String()
		return nil
	})
	if err != nil {
		c.dropFirst()
		c.front.Close()
		if ctx.Err() != nil {
			c.report(end{side: gateway}, nil)
			return
		}
		c.log.Warn("backend unreachable", "listener", c.listener.Name, "peer", c.peer,
			"backend", c.backend.Name, "error", err)
		c.report(end{side: gateway, err: err}, nil)
		return
	}
	c.gate = newGate(c.front)
	if err := c.admit(); err != nil {
		c.dropFirst()
		c.front.Close()
		c.back.Close()
		c.report(end{client, ended, err}, nil)
		return
	}
	c.log.Debug("connection opened", "conn", c.serial, "listener", c.listener.Name,
		"peer", c.peer, "backend", c.backend.Name, "back", c.backAddress)
	if e := c.sendFirst(); e != nil {
		c.hangUp(*e)
		c.blame(address, *e)
		c.report(*e, nil)
		return
	}
	v := newConverter(c)
	if v == nil {
		why := c.relay(ctx)
		c.blame(address, why)
		c.report(why, nil)
		return
	}
	why := v.relay(ctx)
	c.blame(address, why)
	c.report(why, &v.counts)
}

// blame has the backend's address checked where the connection's end may be its
// fault: it has ended it, or has never answered.
func (c *connection) blame(address int, why end) {
	switch {
	case why.side == backend:
		c.monitor.Lost(address, why.err)
	case why.side == client && c.in.bytes > 0 && c.out.bytes == 0:
		c.monitor.Doubt(address)
	}
}

// admit answers a client that still waits for it, now that there is a backend
// to talk to. A client that can be told does not send what the backend's leg
// cannot carry: cifs.ko makes its signed WRITEs as long as it may.
func (c *connection) admit() error {
	front, ok := c.front.(transports.Deferred)
	if !ok || c.admitted {
		return nil
	}
	limit := 0
	if back, ok := c.back.(transports.Bounded); ok {
		limit = back.MaxSend()
	}
	return front.Admit(limit)
}

// report writes the connection's line in the log.
func (c *connection) report(why end, n *counts) {
	attrs := append(make([]slog.Attr, 0, 24),
		slog.Uint64("conn", c.serial),
		slog.String("listener", c.listener.Name),
		slog.String("peer", c.peer),
		slog.String("backend", c.backendName()),
		slog.String("front", c.listener.Endpoint.Addr.Network),
		slog.String("back", c.backAddress),
		slog.Uint64("bytes_in", c.in.bytes),
		slog.Uint64("bytes_out", c.out.bytes),
		slog.Duration("duration", time.Since(c.began)),
		slog.String("reason", why.String()),
	)
	if c.host != nil {
		attrs = append(attrs, slog.String("host", c.host.Name))
	}
	attrs = append(attrs, carrier("front_rdma", c.front), carrier("back_rdma", c.back))
	if n == nil {
		n = new(counts)
	}
	attrs = append(attrs, n.attrs()...)
	c.log.LogAttrs(context.Background(), slog.LevelInfo, "connection closed", attrs...)
}
