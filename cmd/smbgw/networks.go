package main

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"

	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mapped"
	"github.com/smbgw/smbgw/transports/quic"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/choose"
	"github.com/smbgw/smbgw/transports/smbdirect/iwarp"
	"github.com/smbgw/smbgw/transports/tcp"
)

// A network is one way to reach peers, as the first word of a dial string
// names it.
type network struct {
	config.Network      // what the configuration has to know
	rdma           bool // places payload
	device         bool // by a device, which works on mapped memory
	software       bool // by iWARP in software, at the ports that are TCP's

	// listen and dial make the network for one listener or one backend.
	listen func(*config.Listener, means) transports.Network
	dial   func(*config.Backend, means) transports.Network
}

// means are what networks are made with.
type means struct {
	log      *slog.Logger
	memory   *mapped.Memory // of all buffers; nil is Go's heap
	hardware *hardware
}

// buffers is the memory, as others see it.
func (m means) buffers() transports.Memory {
	if m.memory == nil {
		return nil
	}
	return m.memory
}

func (m means) arena() *transports.Arena { return &transports.Arena{Memory: m.buffers()} }

// networks is THE table of transports and RDMA providers.
var networks = map[string]network{
	"tcp": same("tcp", false, overTCP),

	"quic": {Network: config.Network{Socket: "udp", TLS: true}, listen: listenQUIC, dial: dialQUIC},

	// The name without a provider stands for the one that fits. Devices have
	// ports of their own: 445 is not TCP's there.
	"smbdirect": chosen(config.Network{Socket: "tcp", At: map[int]string{tcpPort: "RDMA"}}, choose.Any),
	"verbs":     chosen(config.Network{Socket: "RDMA", At: map[int]string{directPort: "tcp"}}, choose.OnlyVerbs),
	"iwarp":     same("tcp", true, overIWARP),
}

// chosen is the row of a network that devices may be used for.
func chosen(n config.Network, force choose.Force) network {
	return network{
		Network:  n,
		rdma:     true,
		device:   true,
		software: force == choose.Any,
		listen: func(l *config.Listener, m means) transports.Network {
			log := m.log
			if l != nil {
				log = log.With("listener", l.Name)
			}
			return overDevices(m, force, log)
		},
		dial: func(_ *config.Backend, m means) transports.Network { return overDevices(m, force, m.log) },
	}
}

// overDevices is SMB Direct over what fits. The log is told what that is.
func overDevices(m means, force choose.Force, log *slog.Logger) transports.Network {
	p := &choose.Provider{
		Software: software(m),
		Force:    force,
		Verbs:    func() (choose.Verbs, error) { return m.hardware.devices(m.log) },
		Log:      log,
	}
	return smbdirect.Over(p, smbdirect.Options{Log: m.log, Memory: m.buffers(), Arena: m.arena()})
}

// same is the row of a network that is made alike for all listeners and
// backends, over sockets of a kind.
func same(socket string, rdma bool, n func(means) transports.Network) network {
	return network{
		Network:  config.Network{Socket: socket},
		rdma:     rdma,
		software: rdma,
		listen:   func(_ *config.Listener, m means) transports.Network { return n(m) },
		dial:     func(_ *config.Backend, m means) transports.Network { return n(m) },
	}
}

func overTCP(m means) transports.Network {
	return tcp.Network{Arena: m.arena(), Failed: pausing(m.log)}
}

func overIWARP(m means) transports.Network {
	return smbdirect.Over(software(m), smbdirect.Options{Log: m.log, Memory: m.buffers()})
}

// software is the RDMA provider that needs no device.
func software(m means) *iwarp.Provider {
	return &iwarp.Provider{
		Refused: func(err error) { m.log.Debug("client refused", "error", err) }, // scans make these
		Failed:  pausing(m.log),
	}
}

// pausing says that a listener cannot accept for a while: file descriptors have
// run out, most likely.
func pausing(log *slog.Logger) func(error) {
	return func(err error) { log.Warn("accepting again after a pause", "error", err) }
}

func listenQUIC(l *config.Listener, m means) transports.Network {
	log := m.log
	t := quic.TLS{Cert: l.TLS.Cert, Key: l.TLS.Key, ClientCA: l.TLS.ClientCA, Hosts: certified(l.TLS.Hosts)}
	if a := l.TLS.Access; a != nil {
		t.Access = &quic.Access{Entries: a.Entries, File: a.File}
	}
	return quic.Network{
		Arena:     m.arena(),
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

func dialQUIC(b *config.Backend, m means) transports.Network {
	return quic.Network{Arena: m.arena(), TLS: quic.TLS{
		CA: b.TLS.CA, ServerName: b.ServerName, Cert: b.TLS.Cert, Key: b.TLS.Key,
	}}
}

// needDevice says whether a listener or a backend may be reached by a device.
func needDevice(c *config.Config, networks map[string]network) bool {
	for i := range c.Listeners {
		if networks[c.Listeners[i].Addr.Network].device {
			return true
		}
	}
	for _, b := range c.Backends {
		for _, a := range b.Addrs {
			if networks[a.Network].device {
				return true
			}
		}
	}
	return false
}

// known is what the configuration has to know of a table.
func known(networks map[string]network) map[string]config.Network {
	k := make(map[string]config.Network, len(networks))
	for name, n := range networks {
		k[name] = n.Network
	}
	return k
}
