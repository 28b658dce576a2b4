package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/cmd/smbgw/demo"
	"github.com/smbgw/smbgw/gateway"
	"github.com/smbgw/smbgw/transports"
)

const demoUsage = `smbgw demo shows SMB over TCP, and over SMB Direct behind it: two gateways in one
process, with RDMA in user space between them.

  smbgw demo                            copies a file to a share in memory and back,
                                        and keeps the share up for your own client
  smbgw demo -server HOST[:PORT]        relays to an SMB server
  both                                  until interrupted

`

// Where clients find the demonstration unless they are told otherwise: 445 and
// 443 need root and may be in use.
const (
	demoListen = "127.0.0.1:4450"
	demoQUIC   = "4443"
)

// runDemo is the command demo.
func runDemo(ctx context.Context, inv *invocation) int {
	quiet := slog.New(slog.DiscardHandler)
	o := demo.Options{
		TCP:    networks["tcp"].dial(nil, means{log: quiet}),
		RDMA:   networks["iwarp"].dial(nil, means{log: quiet}),
		Middle: "smbdirect",
		QUIC: func(cert, key string) transports.Network {
			l := &config.Listener{Name: "demo", TLS: &config.ServerTLS{Cert: cert, Key: key}}
			return networks["quic"].listen(l, means{log: quiet})
		},
		Welcome: welcomeOne,
		Login:   initiator,
		Live:    isTerminal(inv.stdout),
		Out:     inv.stdout,
	}
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	server := flags.String("server", "", "`HOST[:PORT]` of an SMB server; port 445 when there is none")
	listen := flags.String("listen", "", "`HOST:PORT` for clients (default "+demoListen+", or a free port when it is taken)")
	flags.Int64Var(&o.Size, "size", demo.DefaultSize>>20, "`MiB` of the file that is copied; it stays in memory")
	flags.BoolVar(&o.Once, "once", false, "end after the copy")
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
	case o.Once && *server != "":
		return inv.wrong("demo: -once is of no use with -server: there is no copy to end after")
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
	o.ListenQUIC = transports.Addr{Network: "quic", Host: o.Listen.Host, Service: demoQUIC}
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

// sole is the one account that there is.
type sole struct{ account auth.Account }

func (s sole) Lookup(name string) (auth.Account, error) {
	if auth.Upper(name) != auth.Upper(s.account.Name) {
		return auth.Account{}, auth.ErrNoUser
	}
	return s.account, nil
}

// welcomeOne is a service without mounts that lets one account in.
func welcomeOne(a auth.Account) *gateway.Service {
	const host = "smbgw-demo"
	return welcome(accounts{Users: sole{a}, computer: netBIOS(host)}, host, auth.NewLimiter(nil))
}

// isTerminal says that w is one, or a device like it.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
