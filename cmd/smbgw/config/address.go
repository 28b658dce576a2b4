package config

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/smbgw/smbgw/transports"
)

// address parses and checks a dial string and says which network it names.
func (l *loader) address(w word, a *transports.Addr) (Network, bool) {
	addr, err := transports.ParseAddr(w.value)
	if err != nil {
		l.report(addrErrorRange(w, err), "%v", err)
		return Network{}, false
	}
	*a = addr
	network, ok := l.networks[addr.Network]
	if !ok {
		known := slices.Collect(maps.Keys(l.networks))
		l.report(w.part(0, len(addr.Network)), "network %q is unknown; it is one of %s%s", addr.Network, among(known), didYouMean(addr.Network, known))
		return Network{}, false
	}
	if _, err := addr.Port(); err != nil {
		l.report(addrErrorRange(w, err), "%v", err)
		return Network{}, false
	}
	return network, true
}

// addrErrorRange is the place in the dial string w that err is about: a part
// between exclamation marks, the end when that part is missing, or all of it.
func addrErrorRange(w word, err error) hcl.Range {
	e, ok := errors.AsType[*transports.AddrError](err)
	index := -1
	if ok {
		index = slices.Index([]string{"network", "host", "service"}, e.Part)
	}
	if index < 0 {
		return w.at
	}
	offset, parts := 0, strings.Split(w.value, "!")
	if index >= len(parts) {
		return w.part(len(w.value), 0)
	}
	for _, p := range parts[:index] {
		offset += len(p) + 1
	}
	return w.part(offset, len(parts[index]))
}

// service is what two listeners on one port have in common: its number.
func service(a transports.Addr) string {
	port, err := a.Port()
	if err != nil {
		return a.Service
	}
	return strconv.Itoa(port)
}

// overTLS lists the networks that run over TLS.
func (l *loader) overTLS() string {
	var names []string
	for name, n := range l.networks {
		if n.TLS {
			names = append(names, name)
		}
	}
	return strings.ReplaceAll(among(names), ", ", " or ")
}
