package main

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"

	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/quic"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/iwarp"
	"github.com/smbgw/smbgw/transports/tcp"
)

// A network is one way to reach peers, as the first word of a dial string
// names it.
type network struct {
	config.Network      // what the configuration has to know
	rdma           bool // places payload

	// listen and dial make the network for one listener or one backend.
	listen func(*config.Listener, *slog.Logger) transports.Network
	dial   func(*config.Backend, *slog.Logger) transports.Network
}

// networks is THE table of transports and RDMA providers.
var networks = map[string]network{
	"tcp": same("tcp", false, overTCP),

	"quic": {config.Network{Socket: "udp", TLS: true}, false, listenQUIC, dialQUIC},

	// The name without a provider stands for the one that fits: iwarp is the
	// only one so far.
	"smbdirect": same("tcp", true, overIWARP),
	"iwarp":     same("tcp", true, overIWARP),
}

// same is the row of a network that is made alike for all listeners and
// backends, over sockets of a kind.
func same(socket string, rdma bool, n func(*slog.Logger) transports.Network) network {
	return network{
		Network: config.Network{Socket: socket},
		rdma:    rdma,
		listen:  func(_ *config.Listener, log *slog.Logger) transports.Network { return n(log) },
		dial:    func(_ *config.Backend, log *slog.Logger) transports.Network { return n(log) },
	}
}

func overTCP(log *slog.Logger) transports.Network {
	return tcp.Network{Arena: new(transports.Arena), Failed: pausing(log)}
}

func overIWARP(log *slog.Logger) transports.Network {
	p := &iwarp.Provider{
		Refused: func(err error) { log.Debug("client refused", "error", err) }, // scans make these
		Failed:  pausing(log),
	}
	return smbdirect.Over(p, smbdirect.Options{Log: log})
}

// pausing says that a listener cannot accept for a while: file descriptors have
// run out, most likely.
func pausing(log *slog.Logger) func(error) {
	return func(err error) { log.Warn("accepting again after a pause", "error", err) }
}

func listenQUIC(l *config.Listener, log *slog.Logger) transports.Network {
	t := quic.TLS{Cert: l.TLS.Cert, Key: l.TLS.Key, ClientCA: l.TLS.ClientCA, Hosts: certified(l.TLS.Hosts)}
	if a := l.TLS.Access; a != nil {
		t.Access = &quic.Access{Entries: a.Entries, File: a.File}
	}
	return quic.Network{
		TLS:       t,
		Admission: func(a quic.Admission) { audit(log, l.Name, &a) },
		Failed: func(err error) {
			// Whoever scans the internet makes the first kind, our files the other.
			if refused, ok := errors.AsType[*transports.HandshakeError](err); ok {
				log.Debug("client refused", "listener", l.Name, "error", refused)
				return
			}
			log.Warn("files of a listener have changed", "listener", l.Name, "error", err)
		},
	}
}

// audit says who has come with a certificate, from where, and what has let him in
// or kept him out.
func audit(log *slog.Logger, listener string, a *quic.Admission) {
	level, what := slog.LevelInfo, "client admitted"
	if !a.Allowed {
		level, what = slog.LevelWarn, "client denied"
	}
	log.Log(context.Background(), level, what, "listener", listener, "peer", a.Peer.String(),
		"subject", a.Client.Subject, "issuer", a.Client.Issuer, "serial", a.Client.Serial,
		"sha256", hex.EncodeToString(a.Client.SHA256[:]), "reason", a.Reason())
}

func dialQUIC(b *config.Backend, _ *slog.Logger) transports.Network {
	return quic.Network{Arena: new(transports.Arena), TLS: quic.TLS{
		CA: b.TLS.CA, ServerName: b.ServerName, Cert: b.TLS.Cert, Key: b.TLS.Key,
	}}
}

// known is what the configuration has to know of a table.
func known(networks map[string]network) map[string]config.Network {
	k := make(map[string]config.Network, len(networks))
	for name, n := range networks {
		k[name] = n.Network
	}
	return k
}
