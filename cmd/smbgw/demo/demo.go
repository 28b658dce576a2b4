package demo

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/smbgw/smbgw/transports"
)

// Options say what Run shows.
type Options struct {
	// Server is the SMB server to put the chain in front of; the zero Addr
	// stands for the built-in store. Its network is TCP.
	Server transports.Addr

	// Listen is the address for clients. When its port is taken, and Any is
	// set, any free one is used instead.
	Listen transports.Addr
	Any    bool

	// Size is the store's file in bytes, DefaultSize when 0: a multiple of
	// 1 MiB, at most MaxSize.
	Size int64

	TCP  transports.Network // both ends
	RDMA transports.Network // the middle
	// Middle is the dial string's network of RDMA.
	Middle string

	Out io.Writer
}

// Run shows the chain. It returns nil when the demonstration is complete or
// ctx has ended, else what went wrong.
func Run(ctx context.Context, o Options) error {
	if o.Size == 0 {
		o.Size = DefaultSize
	}
	if o.Size < maxTransfer || o.Size%maxTransfer != 0 || o.Size > MaxSize {
		return fmt.Errorf("demo: a file of %d bytes; the size is a multiple of 1 MiB from 1 MiB to %d GiB", o.Size, MaxSize>>30)
	}
	caller := ctx
	ctx, cancel := context.WithCancelCause(caller)
	d := &demonstration{Options: o, fail: cancel, records: newLedger()}
	defer d.running.Wait()
	defer cancel(nil) // comes before the wait

	var err error
	if d.Server == (transports.Addr{}) {
		err = d.builtIn(ctx)
	} else {
		err = d.before(ctx)
	}
	switch {
	case caller.Err() != nil:
		return nil // whatever else has happened is a consequence
	case ctx.Err() != nil:
		return context.Cause(ctx) // a gateway or the store has failed
	}
	return err
}

// A demonstration is one Run. Only its own goroutine uses it.
type demonstration struct {
	Options
	records *ledger
	running sync.WaitGroup          // gateways, and the store
	fail    context.CancelCauseFunc // ends all with a reason
}

// before is the chain in front of a real server.
func (d *demonstration) before(ctx context.Context) error {
	c, err := d.chain(ctx, d.Server)
	if err != nil {
		return err
	}
	d.picture("your client", c, d.Server.Host+":"+d.Server.Service)
	d.commands(c.front)
	t := newTable(d.Out)
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

// builtIn runs the load directly and through the chain.
func (d *demonstration) builtIn(ctx context.Context) error {
	s, err := d.store(ctx)
	if err != nil {
		return err
	}
	c, err := d.chain(ctx, s)
	if err != nil {
		return err
	}
	d.picture("built-in load", c, "built-in store at "+s.Host+":"+s.Service)
	fmt.Fprintf(d.Out, "The load writes a file of %s %d times and reads it as often, in requests of %s, unsigned,\n"+
		"and compares every block. Directly first, then through the chain.\n\n", size(d.Size), passes, size(maxTransfer))

	direct, err := d.load(ctx, "directly", s)
	if err != nil {
		return err
	}
	through, err := d.load(ctx, "through smbgw", tcpAddr(d.Listen.Network, c.front))
	if err != nil {
		d.reasons()
		return err
	}
	return d.summary(direct, through)
}

// load runs the load against a and prints its results.
func (d *demonstration) load(ctx context.Context, name string, a transports.Addr) (result, error) {
	conn, err := d.TCP.Dial(ctx, a)
	if err != nil {
		return result{}, fmt.Errorf("demo: connecting %s: %w", name, err)
	}
	// The load knows no contexts: the end of its connection ends it.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	defer conn.Close()
	r, err := newLoad(conn, d.Size).run(func(what string, n int64, rate float64) {
		fmt.Fprintf(d.Out, "  %-14s %-6s %8s  %6.0f MiB/s\n", name, what, size(n), rate)
	})
	if err != nil {
		return result{}, fmt.Errorf("demo: %s: %w", name, err)
	}
	return r, nil
}

// tcpAddr is the dial string of a listener.
func tcpAddr(network string, a net.Addr) transports.Addr {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		host, port = a.String(), ""
	}
	return transports.Addr{Network: network, Host: host, Service: port}
}
