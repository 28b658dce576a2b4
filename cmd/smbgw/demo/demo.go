package demo

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway"
	"github.com/smbgw/smbgw/transports"
)

// Options say what Run shows.
type Options struct {
	// Server is an SMB server to put relays in front of; the zero Addr stands
	// for the share that the demonstration has itself. Its network is TCP.
	Server transports.Addr

	// Listen is the address for clients. When its port is taken, and Any is
	// set, any free one is used instead.
	Listen transports.Addr
	Any    bool

	// Size is the copied file's in bytes, DefaultSize when 0: a multiple of
	// 1 MiB, at most MaxSize.
	Size int64

	// Once ends the demonstration after the table.
	Once bool

	TCP  transports.Network // clients, and Server
	RDMA transports.Network // the middle
	// Middle is the dial string's network of RDMA.
	Middle string

	// QUIC makes the network that clients can come by too, from the files of a
	// certificate; none when nil. Its port is ListenQUIC's or any free one.
	QUIC       func(cert, key string) transports.Network
	ListenQUIC transports.Addr

	// Welcome is a service without mounts that lets one account in, and Login
	// begins that account's log-in.
	Welcome func(auth.Account) *gateway.Service
	Login   func(auth.Account) auth.Initiator

	// Live says that Out is a terminal, on which a line can be written over.
	Live bool
	Out  io.Writer
}

// Run shows what it is told to. It returns nil when the demonstration is
// complete or ctx has ended, else what went wrong.
func Run(ctx context.Context, o Options) error {
	if o.Size == 0 {
		o.Size = DefaultSize
	}
	if o.Size < unit || o.Size%unit != 0 || o.Size > MaxSize {
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
		return context.Cause(ctx) // a gateway has failed
	}
	return err
}

// A demonstration is one Run. Only its own goroutine uses it.
type demonstration struct {
	Options
	records *ledger
	running sync.WaitGroup          // gateways
	fail    context.CancelCauseFunc // ends all with a reason
}
