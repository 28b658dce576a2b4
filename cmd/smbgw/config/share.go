package config

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/smbgw/smbgw/gateway/limit"
	"github.com/zclconf/go-cty/cty"
)

// perConnection is the word of the one limit that is no subject's: what each
// connection may have under way while others are busy.
const perConnection = "connection"

// nobodys comes after the sorts of subjects.
const nobodys = limit.Mount + 1

// isShare says that a limit is per connection.
func isShare(b *hcl.Block) bool {
	content, _, _ := b.Body.PartialContent(limitSchema)
	a := content.Attributes["per"]
	if a == nil {
		return false
	}
	v, diags := a.Expr.Value(nil)
	return !diags.HasErrors() && v.IsKnown() && !v.IsNull() && v.Type() == cty.String && v.AsString() == perConnection
}

// share decodes the limit per connection. line is where it is, 0 before it was seen.
func (l *loader) share(b *hcl.Block, c *Config, line *int) {
	attrs := l.content(b, limitSchema).Attributes
	if *line != 0 {
		l.report(b.DefRange, "there is a limit per connection already, at line %d", *line)
		return
	}
	*line = b.DefRange.Start.Line
	for _, k := range slices.Sorted(maps.Keys(attrs)) {
		if k != "per" && k != limit.Bytes.String() {
			l.report(attrs[k].NameRange, "per connection, bytes alone can be limited; write %s per address, user, mount or listener", k)
		}
	}
	a := attrs[limit.Bytes.String()]
	switch {
	case a == nil:
		l.report(b.DefRange, `limit per connection sets nothing; add bytes = "1MiB"`)
	case !slices.ContainsFunc(c.Listeners, func(lis Listener) bool { return !l.relaying[lis.Name] }) && len(c.Listeners) > 0:
		l.report(b.DefRange, "limit per connection is of no use: every listener relays, and what passes is between client and backend")
	default:
		l.quantity(a, limit.Bytes, &c.Share)
	}
}
