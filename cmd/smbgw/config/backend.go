package config

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/smbgw/smbgw/transports"
)

var backendSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{
		{Name: "address"}, {Name: "place"}, {Name: "rdma_threshold"}, {Name: "server_name"}, {Name: "connections"},
		{Name: "sign"}, {Name: "encrypt"}, {Name: "timeout"},
	},
	Blocks: []hcl.BlockHeaderSchema{{Type: "tls"}, {Type: "health"}, {Type: "pool"}},
}

const backendExample = `"smbdirect!HOST!5445", "tcp!HOST!445"`

func (l *loader) backend(b *hcl.Block) *Backend {
	content := l.content(b, backendSchema)
	be := &Backend{Name: b.Labels[0], Place: true, Threshold: DefaultThreshold}
	if a := content.Attributes["place"]; a != nil {
		l.boolean(a, &be.Place)
	}
	if a := content.Attributes["rdma_threshold"]; a != nil {
		l.bytes(a, maxThreshold, &be.Threshold)
	}
	l.pool(content, be)
	choose(l, content.Attributes["sign"], demands, &be.Sign)
	choose(l, content.Attributes["encrypt"], demands, &be.Encrypt)
	l.backendHealth(content, &be.Health)
	overTLS, known := l.backendAddresses(b, content.Attributes["address"], be)
	l.backendTLS(content, be, known && !overTLS)
	return be
}

// backendAddresses decodes the list; it says whether one of the addresses runs
// over TLS, and whether all of them could be understood.
func (l *loader) backendAddresses(b *hcl.Block, a *hcl.Attribute, be *Backend) (overTLS, known bool) {
	if a == nil {
		l.report(b.DefRange, "backend %q has no address; add address = [%s]", be.Name, backendExample)
		return false, false
	}
	words := l.strings(a, backendExample)
	known = len(words) > 0
	for _, w := range words {
		var addr transports.Addr
		network, ok := l.address(w, &addr)
		switch {
		case !ok:
			known = false
			continue
		case !l.dialable(w, addr):
		case slices.Contains(be.Addrs, addr):
			l.report(w.at, "address %s is in the list already", w.value)
		}
		overTLS = overTLS || network.TLS
		be.Addrs = append(be.Addrs, addr)
	}
	return overTLS, known
}

// backendTLS decodes what only connections over TLS use; plain says that there
// are none.
func (l *loader) backendTLS(content *hcl.BodyContent, be *Backend, plain bool) {
	if a := content.Attributes["server_name"]; a != nil {
		w, ok := l.str(a.Expr, "server_name")
		switch {
		case !ok:
		case w.value == "":
			l.report(w.at, "server_name is empty; leave it out to look for the address's host in the certificate")
		case plain:
			l.report(a.NameRange, "server_name is of use over TLS only, and no address of backend %q is on %s; remove it", be.Name, l.overTLS())
		}
		be.ServerName = w.value
	}
	for _, b := range l.single(content.Blocks.OfType("tls")) {
		be.TLS = l.clientTLS(b)
		if plain {
			l.report(b.DefRange, "tls is of no use: no address of backend %q is on %s; remove the block", be.Name, l.overTLS())
		}
	}
}

// dialable reports an address that can only be listened on.
func (l *loader) dialable(w word, a transports.Addr) bool {
	_, err := a.DialHostPort()
	if err != nil {
		l.report(addrErrorRange(w, err), "%v", err)
	}
	return err == nil
}
