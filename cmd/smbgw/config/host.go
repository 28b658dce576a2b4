package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/smbgw/smbgw/transports"
	"github.com/zclconf/go-cty/cty"
)

// A Host is a server that the gateway is to clients who call it so.
type Host struct {
	Name  string
	Names []string // what clients call it, at least one
	TLS   *HostTLS // nil: the listener's certificate
}

// HostTLS names the files of a host's certificate.
type HostTLS struct{ Cert, Key string }

var hostSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "names"}},
	Blocks:     []hcl.BlockHeaderSchema{{Type: "tls"}},
}

var hostTLSSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "cert"}, {Name: "key"}},
}

// hostBlocks decodes the hosts, of which no two have a name in common.
func (l *loader) hostBlocks(blocks hcl.Blocks) []*Host {
	l.names(blocks)
	taken := map[string]*hcl.Block{}
	for _, b := range blocks {
		content := l.content(b, hostSchema)
		h := &Host{Name: b.Labels[0]}
		words := l.listed(content.Attributes["names"], `"files.example.com", "files"`)
		if content.Attributes["names"] == nil {
			words = []word{{value: h.Name, at: b.LabelRanges[0]}}
		}
		for _, w := range words {
			h.Names = append(h.Names, w.value)
			name := transports.CanonicalName(w.value)
			switch other := taken[name]; {
			case !serverName(w.value):
				l.report(w.at, "%q is no name of a server; write it as clients do: files.example.com, files, 192.0.2.7", w.value)
			case other == b:
				l.report(w.at, "name %q is in the list already", w.value)
			case other != nil && other.Labels[0] != h.Name:
				l.report(w.at, "name %q is host %q's already, at line %d", w.value, other.Labels[0], other.DefRange.Start.Line)
			}
			taken[name] = b
		}
		for _, t := range l.single(content.Blocks.OfType("tls")) {
			h.TLS = l.hostTLS(t)
		}
		l.hosts = append(l.hosts, h)
	}
	return l.hosts
}

func (l *loader) hostTLS(b *hcl.Block) *HostTLS {
	attrs := l.content(b, hostTLSSchema).Attributes
	t := new(HostTLS)
	if attrs["cert"] == nil && attrs["key"] == nil {
		l.report(b.DefRange, `tls has no certificate; add cert = "FILE" and key = "FILE"`)
		return t
	}
	t.Cert, t.Key = l.pair(b, attrs["cert"], attrs["key"])
	return t
}

// certified are the hosts with a certificate of their own.
func (l *loader) certified() (list []*Host) {
	for _, h := range l.hosts {
		if h.TLS != nil {
			list = append(list, h)
		}
	}
	return list
}

// serverName says that clients can call a server so.
func serverName(name string) bool {
	return name != "" && len(name) <= maxHostName && ascii(name) && !strings.ContainsAny(name, ` \/*?"<>|@,;=`)
}

// hosting checks that hosts are of use.
func (l *loader) hosting(blocks hcl.Blocks, c *Config) {
	overTLS := slices.ContainsFunc(c.Listeners, func(lis Listener) bool { return lis.TLS != nil })
	for i, h := range c.Hosts {
		used := slices.ContainsFunc(c.Mounts, func(m *Mount) bool { return slices.Contains(m.Hosts, h) }) ||
			slices.ContainsFunc(c.Listeners, func(lis Listener) bool { _, ok := lis.RelayTo[h]; return ok })
		switch {
		case h.TLS != nil && !overTLS:
			l.report(blocks[i].DefRange, "host %q has a certificate, and no listener runs over TLS; remove its tls, or listen on %s", h.Name, l.overTLS())
		case h.TLS == nil && !used:
			l.report(blocks[i].DefRange, "host %q is of no use: no mount and no relay is its; add hosts = [%[1]q] to a mount, or relay_by_host to a listener", h.Name)
		}
	}
}

// hostNamed is the host that a word names.
func (l *loader) hostNamed(w word, what string) *Host {
	var known []string
	for _, h := range l.hosts {
		if h.Name == w.value {
			return h
		}
		known = append(known, h.Name)
	}
	l.report(w.at, "%s %q does not exist%s", what, w.value, wayOut(w.value, known, fmt.Sprintf(`add host %q { }`, w.value)))
	return nil
}

// relays says that a listener's clients are others' to serve.
func relays(attrs hcl.Attributes) bool { return attrs["relay"] != nil || attrs["relay_by_host"] != nil }

// Relays says likewise.
func (lis *Listener) Relays() bool { return lis.Relay != nil || len(lis.RelayTo) > 0 }

const relayByHostExample = `relay_by_host = { "HOST" = "BACKEND" }`

// relayByHost decodes to which backends a listener relays for which hosts.
func (l *loader) relayByHost(a *hcl.Attribute, lis *Listener, backends []*Backend) {
	if a == nil {
		return
	}
	pairs, diags := hcl.ExprMap(a.Expr)
	if diags.HasErrors() || len(pairs) == 0 {
		l.report(a.Expr.Range(), "relay_by_host names a backend for each of its hosts; write %s", relayByHostExample)
		return
	}
	lis.RelayTo = make(map[*Host]*Backend)
	l.relaying[lis.Name] = true
	for _, p := range pairs {
		key, ok := l.literal(p.Key, cty.String, "each host of relay_by_host", "a string in quotes")
		if !ok {
			continue
		}
		at, exact := l.inside(p.Key, key.AsString())
		h := l.hostNamed(word{key.AsString(), at, exact}, "host")
		b := l.backendNamed(&hcl.Attribute{Name: "relay", Expr: p.Value}, backends)
		if _, twice := lis.RelayTo[h]; twice && h != nil {
			l.report(at, "host %q has a backend already", h.Name)
		}
		lis.RelayTo[h] = b
	}
}
