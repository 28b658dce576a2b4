package demo

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/gateway"
	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/transports"
)

// The one share, and who may use it.
const (
	shareName = "demo"
	userName  = "demo"
)

// A house is two gateways that serve: the first one mounts the share that the
// second one has in memory.
type house struct {
	account  auth.Account
	password string
	tcp      transports.Addr
	quic     transports.Addr // the zero Addr: without
	middle   transports.Addr
	cert     string // file, for clients over QUIC

	legs []*leg
	rows chan row
}

// A leg is what a client, or the first gateway, comes by.
type leg struct {
	name string
	counts
}

// The legs that the copy crosses, by their place in house.legs; QUIC's is behind
// them.
const (
	tcpLeg = iota
	middleLeg
	copyLegs
)

// builtIn shows the copy, and then the share until ctx ends.
func (d *demonstration) builtIn(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "smbgw-demo-")
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer os.RemoveAll(dir)
	h, err := d.build(ctx, dir)
	if err != nil {
		return err
	}
	d.picture(h)
	phases, err := d.load(ctx, h)
	if err != nil {
		d.tellFaults()
		return err
	}
	// The copy's own connections are no news.
	if err := h.settle(copyLegs); err != nil {
		return err
	}
	d.table(h, phases)
	if d.Once {
		return nil
	}
	d.commands(h)
	d.follow(ctx, h)
	return nil
}

// build starts the gateways. They end with ctx.
func (d *demonstration) build(ctx context.Context, dir string) (*house, error) {
	password := strings.ToLower(rand.Text()[:passwordLength])
	h := &house{
		account:  auth.Account{Name: userName, Hash: ntlm.Hash(password)},
		password: password,
		legs:     []*leg{{name: d.Listen.Network}, {name: d.Middle}},
		rows:     make(chan row, ledgerSize),
	}
	at, err := d.start(ctx, d.inner(h))
	if err != nil {
		return nil, err
	}
	h.middle = tcpAddr(d.Middle, at[0])
	outer, err := d.outer(h, dir)
	if err != nil {
		return nil, err
	}
	if at, err = d.start(ctx, outer); err != nil {
		return nil, err
	}
	h.tcp = reachable(tcpAddr(d.Listen.Network, at[0]))
	if len(at) > 1 {
		h.quic = reachable(tcpAddr(d.ListenQUIC.Network, at[1]))
	}
	return h, nil
}

// inner is the gateway that has the share.
func (d *demonstration) inner(h *house) *gateway.Gateway {
	service := d.Welcome(h.account)
	service.Mounts = []gateway.Mount{{
		Name:  shareName,
		Store: store.New(store.Config{Shares: []string{shareName}, Bytes: uint64(d.Size) + storeRoom}),
	}}
	e := d.middle()
	e.Network = h.meter(e.Network, middleLeg)
	return &gateway.Gateway{Service: service, Listeners: []gateway.Listener{{Name: d.Middle, Endpoint: e}}}
}

// outer is the gateway that clients come to.
func (d *demonstration) outer(h *house, dir string) (*gateway.Gateway, error) {
	service := d.Welcome(h.account)
	service.Mounts = []gateway.Mount{{
		Name: shareName,
		Backend: &gateway.Backend{
			Name: "store", Place: true, Endpoints: []gateway.Endpoint{{Addr: h.middle, Network: d.RDMA}},
		},
		As: &gateway.Login{Initiator: func(*tree.Client) (auth.Initiator, error) { return d.Login(h.account), nil }},
	}}
	front := d.front()
	front.Network = h.meter(front.Network, tcpLeg)
	g := &gateway.Gateway{Service: service, Listeners: []gateway.Listener{{Name: h.legs[tcpLeg].name, Endpoint: front}}}
	if d.QUIC == nil {
		return g, nil
	}
	cert, key, err := certificate(dir, names(d.Listen.Host))
	if err != nil {
		return nil, fmt.Errorf("demo: a certificate: %w", err)
	}
	h.cert = cert
	h.legs = append(h.legs, &leg{name: d.ListenQUIC.Network})
	g.Listeners = append(g.Listeners, gateway.Listener{
		Name: d.ListenQUIC.Network,
		Endpoint: gateway.Endpoint{
			Addr: d.ListenQUIC, Network: h.meter(anyPort{d.QUIC(cert, key)}, len(h.legs)-1),
		},
		Terms: gateway.Terms{Secure: true, NoPipes: true},
	})
	return g, nil
}

func (h *house) meter(n transports.Network, at int) transports.Network {
	l := h.legs[at]
	return meter{Network: n, leg: l.name, all: &l.counts, rows: h.rows}
}

// names are what the machine may be called by its clients.
func names(listen string) []string {
	list := []string{"localhost", "127.0.0.1", "::1"}
	if listen != transports.AnyHost {
		list = append(list, listen)
	}
	if host, err := os.Hostname(); err == nil {
		list = append(list, host)
	}
	return list
}

// reachable is a where it listens on all addresses.
func reachable(a transports.Addr) transports.Addr {
	if ip := net.ParseIP(a.Host); ip != nil && ip.IsUnspecified() {
		a.Host = "localhost"
	}
	return a
}

// begin starts the clocks of the copy's legs.
func (h *house) begin() (before []tally) {
	for _, l := range h.legs[:copyLegs] {
		l.began.Store(nil)
		before = append(before, l.tally())
	}
	return before
}

// since is what the copy's legs have counted since begin.
func (h *house) since(before []tally) (list []tally) {
	for i, l := range h.legs[:copyLegs] {
		list = append(list, l.tally().since(before[i]))
	}
	return list
}
