package config

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/smbgw/smbgw/auth"
)

// mountView decodes who sees a mount, and as what.
func (l *loader) mountView(attrs hcl.Attributes, m *Mount) {
	if a := attrs["name"]; a != nil {
		if w, ok := l.str(a.Expr, "name"); ok {
			m.Seen = w.value
			if problem := shareName(w.value); problem != "" {
				l.report(w.at, "name: %s", problem)
			}
		}
	}
	for _, w := range l.listed(attrs["hosts"], `"HOST"`) {
		if h := l.hostNamed(w, "host"); h != nil {
			m.Hosts = append(m.Hosts, h)
		}
	}
	if a := attrs["hidden"]; a != nil {
		l.boolean(a, &m.Hidden)
	}
	for _, w := range l.listed(attrs["listeners"], `"NAME"`) {
		m.Listeners = append(m.Listeners, w.value)
		l.seers = append(l.seers, w)
	}
}

// seen checks that the listeners exist that mounts are for, and serve them.
func (l *loader) seen(c *Config) {
	var all, serving []string
	for i := range c.Listeners {
		all = append(all, c.Listeners[i].Name)
		if !c.Listeners[i].Relays() {
			serving = append(serving, c.Listeners[i].Name)
		}
	}
	for _, w := range l.seers {
		if l.isOne(w, "listener", all) && !slices.Contains(serving, w.value) {
			l.report(w.at, "listen %q relays: nobody sees mounts there%s", w.value, wayOut(w.value, serving, "there is no other"))
		}
	}
}

// seenAs is what clients call the mount.
func (m *Mount) seenAs() string { return cmp.Or(m.Seen, m.Name) }

// seenTwice reports a mount that some client would see by the name of another
// one.
func (l *loader) seenTwice(blocks hcl.Blocks, others []*Mount, m *Mount, b *hcl.Block) {
	for i, o := range others {
		if auth.Upper(o.seenAs()) == auth.Upper(m.seenAs()) && auth.Upper(o.Name) != auth.Upper(m.Name) && common(o.Hosts, m.Hosts) && common(o.Listeners, m.Listeners) {
			l.report(b.DefRange, "clients would see mount %q as %q, which mount %q at line %d is to them; give it another name, or other hosts or listeners",
				m.Name, m.seenAs(), o.Name, blocks[i].DefRange.Start.Line)
			return
		}
	}
}

// common says that two lists, of which an empty one is all there is, have
// something in common.
func common[T comparable](a, b []T) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(x T) bool { return slices.Contains(b, x) })
}
