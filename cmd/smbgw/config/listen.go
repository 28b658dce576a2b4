package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/smbgw/smbgw/transports"
)

var listenSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "address"}, {Name: "relay"}, {Name: "policy"}},
	Blocks:     []hcl.BlockHeaderSchema{{Type: "tls"}},
}

func (l *loader) listener(b *hcl.Block, backends []*Backend) Listener {
	content := l.content(b, listenSchema)
	lis := Listener{Name: b.Labels[0]}
	lis.Relay = l.relay(b, content.Attributes["relay"], backends)
	if a := content.Attributes["policy"]; a != nil {
		l.report(a.NameRange, "policy belongs to terminate mode, which is not part of this version; remove it")
	}
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
	l.bind(w, lis.Addr, network.Socket)
	switch {
	case network.TLS && len(tls) == 0:
		l.report(w.at, "%s needs a certificate; add a tls block with cert and key", lis.Addr.Network)
	case !network.TLS && len(tls) > 0:
		l.report(tls[0].DefRange, "%s does not run over TLS; remove the block, or listen on %s", lis.Addr.Network, l.overTLS())
	}
	return lis
}

// relay finds the backend that a listener relays to.
func (l *loader) relay(b *hcl.Block, a *hcl.Attribute, backends []*Backend) *Backend {
	var known []string
	for _, be := range backends {
		known = append(known, be.Name)
	}
	if a == nil {
		name := "BACKEND"
		if len(known) == 1 {
			name = known[0]
		}
		l.report(b.DefRange, "listen %q has no relay, and terminate mode is not part of this version; add relay = %q", b.Labels[0], name)
		return nil
	}
	w, ok := l.str(a.Expr, "relay")
	if !ok {
		return nil
	}
	for _, be := range backends {
		if be.Name == w.value {
			return be
		}
	}
	way := didYouMean(w.value, known)
	switch {
	case way != "":
	case len(known) > 0:
		way = "; there are " + among(known)
	default:
		way = fmt.Sprintf("; add backend %q { address = [\"tcp!HOST!445\"] }", w.value)
	}
	l.report(w.at, "relay names backend %q, which does not exist%s", w.value, way)
	return nil
}

// A socket is what only one listener can have, apart from the host.
type socket struct {
	kind    string // "tcp" or "udp"
	service string
}

type boundSocket struct {
	host string
	line int
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
