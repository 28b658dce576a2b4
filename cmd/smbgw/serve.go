package main

import (
	"context"
	"io"
	"log/slog"
	"os"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/gateway"
)

// serve runs the gateway that the configuration describes until ctx ends.
func serve(ctx context.Context, inv *invocation) int {
	if !inv.noArguments("run") {
		return exitUsage
	}
	var hangup <-chan os.Signal
	if inv.hangup != nil {
		hangup = inv.hangup() // from here on it waits for the gateway to run
	}
	c, status := inv.load()
	if c == nil {
		return status
	}
	p, err := newProgram(inv, c)
	if err != nil {
		return inv.failed(err)
	}
	if err := p.run(ctx, hangup); err != nil {
		return inv.failed(err)
	}
	p.log.Info("ended")
	return exitOK
}

// logger writes records of a level and above.
func logger(format config.Format, level slog.Leveler, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == config.FormatJSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// build turns a configuration into the gateway it describes. Nothing is
// started. The limiter and the hardware last, whatever the configuration.
func build(c *config.Config, networks map[string]network, limiter *auth.Limiter, h *hardware, log *slog.Logger) (*gateway.Gateway, error) {
	m := h.means(c, networks, log)
	g := &gateway.Gateway{Log: log, Memory: m.buffers(), Limits: c.Limits, Share: c.Share}
	backends := map[*config.Backend]*gateway.Backend{}
	for _, b := range c.Backends {
		backends[b] = backend(b, networks, m)
	}
	var err error
	hosts := hostsOf(c)
	g.Hosts = hosts.list(c.Hosts)
	if g.Service, err = service(c, backends, hosts, limiter, h, log); err != nil {
		return nil, err
	}
	for i := range c.Listeners {
		l := &c.Listeners[i]
		n := networks[l.Addr.Network].listen(l, m)
		g.Listeners = append(g.Listeners, gateway.Listener{
			Name:     l.Name,
			Endpoint: gateway.Endpoint{Addr: l.Addr, Network: n},
			Relay:    backends[l.Relay],
			RelayTo:  hosts.backends(l.RelayTo, backends),
			Terms:    terms(l, c.Mounts),
			Policy:   l.Policy,
		})
	}
	return g, nil
}

func backend(b *config.Backend, networks map[string]network, m means) *gateway.Backend {
	out := &gateway.Backend{
		Name: b.Name, Place: b.Place, Threshold: b.Threshold,
		Sign: b.Sign == config.Required, Encrypt: b.Encrypt == config.Required,
		Health: b.Health,
	}
	if p := b.Pool; p != nil {
		out.Shared = &gateway.Sharing{Connections: p.Connections, Sessions: p.Sessions, Requests: p.Requests}
	}
	for _, a := range b.Addrs {
		n := networks[a.Network].dial(b, m)
		out.Endpoints = append(out.Endpoints, gateway.Endpoint{Addr: a, Network: n})
	}
	return out
}
