package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"

	"github.com/smbgw/smbgw/cmd/smbgw/demo"
	"github.com/smbgw/smbgw/transports"
)

const demoUsage = `smbgw demo shows SMB over TCP, over SMB Direct in the middle, and over TCP again:
two relays in one process, with RDMA in user space between them.

  smbgw demo                            with a built-in load and a built-in store
  smbgw demo -server HOST[:PORT]        in front of an SMB server, until interrupted

`

// demoListen is where clients find the demonstration unless they are told
// otherwise. 445 needs root and may be in use.
const demoListen = "127.0.0.1:4450"

// runDemo is the command demo.
func runDemo(ctx context.Context, inv *invocation) int {
	quiet := slog.New(slog.DiscardHandler)
	o := demo.Options{
		TCP:    networks["tcp"].dial(nil, quiet),
		RDMA:   networks["smbdirect"].dial(nil, quiet),
		Middle: "smbdirect",
		Out:    inv.stdout,
	}
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	server := flags.String("server", "", "`HOST[:PORT]` of an SMB server; port 445 when there is none")
	listen := flags.String("listen", "", "`HOST:PORT` for clients (default "+demoListen+", or a free port when it is taken)")
	flags.Int64Var(&o.Size, "size", demo.DefaultSize>>20, "`MiB` of the built-in store's file")
	err := flags.Parse(inv.args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(inv.stdout, demoUsage)
		flags.SetOutput(inv.stdout)
		flags.PrintDefaults()
		return exitOK
	case err != nil:
		return inv.wrong("demo: %v", err)
	case flags.NArg() > 0:
		return inv.wrong("demo takes no arguments besides its flags, but there is %q", flags.Arg(0))
	case o.Size < 1 || o.Size > demo.MaxSize>>20:
		return inv.wrong("demo: -size is from 1 to %d MiB, not %d", demo.MaxSize>>20, o.Size)
	}
	o.Size <<= 20
	if *server != "" {
		if o.Server, err = tcpAddress(*server, "445"); err != nil {
			return inv.wrong("demo: -server: %v", err)
		}
	}
	if *listen == "" {
		*listen, o.Any = demoListen, true
	}
	if o.Listen, err = tcpAddress(*listen, ""); err != nil {
		return inv.wrong("demo: -listen: %v", err)
	}
	if err := demo.Run(ctx, o); err != nil {
		return inv.failed(err)
	}
	return exitOK
}

// tcpAddress reads HOST:PORT, or HOST alone when there is a default port.
func tcpAddress(s, port string) (transports.Addr, error) {
	host, p, err := net.SplitHostPort(s)
	if err != nil && port != "" {
		host, p, err = strings.Trim(s, "[]"), port, nil
	}
	if err != nil {
		return transports.Addr{}, fmt.Errorf("%q is not HOST:PORT", s)
	}
	return transports.ParseAddr(transports.Addr{Network: "tcp", Host: host, Service: p}.String())
}
