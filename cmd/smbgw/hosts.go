package main

import (
	"slices"

	"github.com/smbgw/smbgw/cmd/smbgw/config"
	"github.com/smbgw/smbgw/gateway"
	"github.com/smbgw/smbgw/transports/quic"
)

// hosts are the gateway's of those in a configuration.
type hosts map[*config.Host]*gateway.Host

func hostsOf(c *config.Config) hosts {
	h := make(hosts)
	for _, host := range c.Hosts {
		h[host] = &gateway.Host{Name: host.Name, Names: host.Names}
	}
	return h
}

func (h hosts) list(of []*config.Host) (list []*gateway.Host) {
	for _, host := range of {
		list = append(list, h[host])
	}
	return list
}

// backends are those that a listener relays to.
func (h hosts) backends(by map[*config.Host]*config.Backend, all map[*config.Backend]*gateway.Backend) map[*gateway.Host]*gateway.Backend {
	to := make(map[*gateway.Host]*gateway.Backend)
	for host, b := range by {
		to[h[host]] = all[b]
	}
	return to
}

// certified are hosts that have a certificate.
func certified(list []*config.Host) (hosts []quic.Host) {
	for _, h := range list {
		hosts = append(hosts, quic.Host{Names: h.Names, Cert: h.TLS.Cert, Key: h.TLS.Key})
	}
	return hosts
}

// alike are the listeners whose clients see the same mounts, from the same sources,
// as those of one do: a session is not bound to others.
func alike(c *config.Config, asked string) (list []config.Listener) {
	for _, l := range c.Listeners {
		same := func(of []string) bool { return slices.Contains(of, l.Name) == slices.Contains(of, asked) }
		if !slices.ContainsFunc(c.Mounts, func(m *config.Mount) bool {
			return !same(m.Listeners) || slices.ContainsFunc(m.Sources, func(s *config.Source) bool { return !same(s.Listeners) })
		}) {
			list = append(list, l)
		}
	}
	return list
}
