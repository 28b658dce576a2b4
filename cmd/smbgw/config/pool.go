package config

import (
	"math/big"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

var poolSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "connections"}, {Name: "sessions"}, {Name: "requests"}},
}

// A Pool is the connections that clients of a backend share: how many, and how many
// sessions and requests each has at most. 0 is what the file leaves out.
type Pool struct {
	Connections, Sessions, Requests int
}

// pool decodes whether clients of a backend share connections, and which.
func (l *loader) pool(content *hcl.BodyContent, be *Backend) {
	if a := content.Attributes["connections"]; a != nil {
		switch w, ok := l.str(a.Expr, a.Name); {
		case !ok, w.value == "per-client":
		case w.value == "shared":
			be.Pool = new(Pool)
		default:
			l.report(w.at, `connections %q is unknown; it is "per-client" or "shared"`, w.value)
		}
	}
	for _, b := range l.single(content.Blocks.OfType("pool")) {
		p := l.poolBlock(b)
		if be.Pool == nil {
			l.report(b.DefRange, `pool is of no use: each client of backend %q has a connection of its own; remove it, or write connections = "shared"`, be.Name)
			continue
		}
		*be.Pool = p
	}
}

func (l *loader) poolBlock(b *hcl.Block) (p Pool) {
	attrs := l.content(b, poolSchema).Attributes
	l.poolNumber(attrs["connections"], maxPoolConnections, &p.Connections)
	l.poolNumber(attrs["sessions"], maxPoolSessions, &p.Sessions)
	l.poolNumber(attrs["requests"], maxPoolRequests, &p.Requests)
	return p
}

// poolNumber decodes a whole number from 1 to maximum, if there is one.
func (l *loader) poolNumber(a *hcl.Attribute, maximum int, n *int) {
	if a == nil {
		return
	}
	v, ok := l.literal(a.Expr, cty.Number, a.Name, "a number, without quotes")
	if !ok {
		return
	}
	whole, accuracy := v.AsBigFloat().Int64()
	if accuracy != big.Exact || whole < 1 || whole > int64(maximum) {
		l.report(a.Expr.Range(), "%s must be a whole number from 1 to %d", a.Name, maximum)
		return
	}
	*n = int(whole)
}

// relayed refuses a relay to a backend whose connections are shared.
func (l *loader) relayed(a *hcl.Attribute, be *Backend) {
	if be != nil && be.Pool != nil {
		l.report(a.Expr.Range(), "relay names backend %q, whose connections clients share, and what passes unread cannot share one; "+
			`write connections = "per-client" there, or relay to another backend`, be.Name)
	}
}
