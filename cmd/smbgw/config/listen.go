package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

var listenSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "address"}, {Name: "relay"}, {Name: "relay_by_host"}, {Name: "policy"}, {Name: "pipes"}, {Name: "min_dialect"}, {Name: "sign"}, {Name: "encrypt"}},
	Blocks:     []hcl.BlockHeaderSchema{{Type: "tls"}},
}

func (l *loader) listener(b *hcl.Block, backends []*Backend) Listener {
	content := l.content(b, listenSchema)
	lis := Listener{Name: b.Labels[0]}
	if a := content.Attributes["relay"]; a != nil {
		lis.Relay = l.backendNamed(a, backends)
		l.relayed(a, lis.Relay)
		l.relaying[lis.Name] = true
	}
	l.relayByHost(content.Attributes["relay_by_host"], &lis, backends)
	l.served(content, &lis)
	tls := l.single(content.Blocks.OfType("tls"))
	for _, t := range tls {
		lis.TLS = l.serverTLS(t)
	}
	a := content.Attributes["address"]
	if a == nil {
		l.report(b.DefRange, `listen %q has no address; add address = "tcp!*!445"`, lis.Name)
		return lis
	}
	w, ok := l.str(a.Expr, "address")
	if !ok {
		return lis
	}
	network, ok := l.address(w, &lis.Addr)
	if !ok {
		return lis
	}
	l.bind(w, lis.Addr, network.socketAt(lis.Addr))
	if content.Attributes["pipes"] == nil {
		lis.Pipes = !network.TLS // [MS-SMB2] 3.3.5.9
	}
	switch {
	case network.TLS && len(tls) == 0:
		l.report(w.at, "%s needs a certificate; add a tls block with cert and key", lis.Addr.Network)
	case !network.TLS && len(tls) > 0:
		l.report(tls[0].DefRange, "%s does not run over TLS; remove the block, or listen on %s", lis.Addr.Network, l.overTLS())
	}
	return lis
}

// dialects are what clients speak, by their numbers.
var dialects = map[string]smb2.Dialect{
	"2.0.2": smb2.Dialect202,
	"2.1":   smb2.Dialect21,
	"3.0":   smb2.Dialect30,
	"3.0.2": smb2.Dialect302,
	"3.1.1": smb2.Dialect311,
}

// demands is what can be asked of somebody.
var demands = map[string]Demand{"allowed": Allowed, "required": Required}

// offers is what can be asked of clients.
var offers = map[string]Demand{"allowed": Allowed, "required": Required, "off": Off}

// served decodes what concerns listeners that do not relay, and refuses it for
// others.
func (l *loader) served(content *hcl.BodyContent, lis *Listener) {
	attrs := content.Attributes
	choose(l, attrs["min_dialect"], dialects, &lis.MinDialect)
	choose(l, attrs["sign"], demands, &lis.Sign)
	choose(l, attrs["encrypt"], offers, &lis.Encrypt)
	if a := attrs["pipes"]; a != nil {
		l.boolean(a, &lis.Pipes)
	}
	if !relays(attrs) {
		return
	}
	for _, name := range []string{"policy", "pipes", "min_dialect", "sign", "encrypt"} {
		if a := attrs[name]; a != nil {
			l.report(a.NameRange, "%s is of no use: listen %q relays, and what passes is between client and backend; remove it, or relay", name, lis.Name)
		}
	}
}

// serving checks that listeners without a relay have something to serve, and
// that what there is to serve has a listener. What all of them lack is one
// mistake, of the first.
func (l *loader) serving(listeners, mounts hcl.Blocks, c *Config) {
	var serve []int
	for i := range listeners {
		if !relays(l.attributes(listeners[i])) {
			serve = append(serve, i)
		}
	}
	if len(serve) == 0 {
		if len(mounts) > 0 && len(listeners) > 0 {
			l.report(mounts[0].DefRange, "mount %q is of no use: every listener relays; remove it, or the relay of a listener", c.Mounts[0].Name)
		}
		return
	}
	first := listeners[serve[0]].DefRange
	who := fmt.Sprintf("listen %q", c.Listeners[serve[0]].Name)
	if more := len(serve) - 1; more > 0 {
		who = fmt.Sprintf("%s (with %d more)", who, more)
	}
	switch {
	case len(mounts) == 0:
		l.report(first, `%s has neither a relay nor anything to serve; add relay = %q, or mount "NAME" { backend = %[2]q }`, who, example(c.Backends))
	case c.Users == nil:
		l.report(first, `%s serves mounts, and nobody may log in; add users { file = "FILE" }`, who)
	}
}

// attributes are a block's, whose mistakes are known already.
func (l *loader) attributes(b *hcl.Block) hcl.Attributes {
	content, _, _ := b.Body.PartialContent(listenSchema)
	return content.Attributes
}

// A socket is what only one listener can have, apart from the host.
type socket struct {
	kind    string // of Network.Socket
	service string
}

type boundSocket struct {
	host string
	line int
}

// socketAt is the kind of socket that a listener at an address has.
func (n Network) socketAt(a transports.Addr) string {
	if port, err := a.Port(); err == nil && n.At[port] != "" {
		return n.At[port]
	}
	return n.Socket
}

// bind reports an address that another listener has, or includes.
func (l *loader) bind(w word, a transports.Addr, kind string) {
	s := socket{kind, service(a)}
	if s.service == "0" {
		return // each gets a free port of its own
	}
	for _, other := range l.sockets[s] {
		if other.host == a.Host || other.host == transports.AnyHost || a.Host == transports.AnyHost {
			l.report(w.at, "%s port %s is taken by the listener at line %d; choose another port or host", kind, s.service, other.line)
			return
		}
	}
	l.sockets[s] = append(l.sockets[s], boundSocket{a.Host, w.at.Start.Line})
}
