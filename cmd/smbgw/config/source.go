package config

import (
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

var sourceSchema = &hcl.BodySchema{
	Attributes: []hcl.AttributeSchema{{Name: "backend"}, {Name: "share"}, {Name: "path"}, {Name: "as"}, {Name: "users"}, {Name: "listeners"}},
}

// sources decodes where a mount comes from when there are several places.
func (l *loader) sources(blocks hcl.Blocks, attrs hcl.Attributes, m *Mount, backends []*Backend) {
	for _, name := range []string{"backend", "share", "path", "as"} {
		if a := attrs[name]; a != nil {
			l.report(a.NameRange, "%s is of no use: mount %q has sources; put it into one of them, or remove them", name, m.Name)
		}
	}
	for _, b := range blocks {
		own := l.content(b, sourceSchema).Attributes
		s := l.source(b, own, fmt.Sprintf("a source of mount %q", m.Name), m, backends)
		for _, w := range l.listed(own["users"], `"NAME", "@GROUP"`) {
			if l.someone(w, l.who) {
				s.Users = append(s.Users, w.value)
			}
		}
		for _, w := range l.listed(own["listeners"], `"NAME"`) {
			s.Listeners = append(s.Listeners, w.value)
			l.seers = append(l.seers, w)
		}
		if len(s.Listeners) > 0 && !common(s.Listeners, m.Listeners) {
			l.report(own["listeners"].NameRange, "source is of no use: mount %q is for none of its listeners", m.Name)
		}
		if n := len(m.Sources); n > 0 && m.Sources[n-1].everybody() && m.Sources[n-1].same(s) {
			l.report(b.DefRange, "source is the one before it again; remove it")
		}
		m.Sources = append(m.Sources, s)
	}
}

// source decodes one place that a mount comes from; b has the attributes and is
// called what.
func (l *loader) source(b *hcl.Block, attrs hcl.Attributes, what string, m *Mount, backends []*Backend) *Source {
	s := &Source{Share: m.seenAs()}
	if a := attrs["share"]; a != nil {
		if w, ok := l.str(a.Expr, "share"); ok {
			s.Share = w.value
			if problem := shareName(w.value); problem != "" {
				l.report(w.at, "share: %s", problem)
			}
		}
	}
	if a := attrs["backend"]; a != nil {
		s.Backend = l.backendNamed(a, backends)
	} else {
		l.report(b.DefRange, "%s has no backend; add backend = %q", what, example(backends))
	}
	if a := attrs["path"]; a != nil {
		if w, ok := l.str(a.Expr, "path"); ok {
			s.Path = w.value
			if !directory(w.value) {
				l.report(w.at, `path %q is no directory below a share; write it from the share on: dept/a`, w.value)
			}
		}
	}
	s.As = l.account(attrs["as"])
	return s
}

// directory says that a path is one below a share: nothing in it leads elsewhere.
func directory(path string) bool {
	if path == "" || len(path) > maxPath || strings.ContainsAny(path, "\"*:<>?|\x00") {
		return false
	}
	for part := range strings.SplitSeq(strings.ReplaceAll(path, `\`, "/"), "/") {
		if strings.Trim(part, ". ") == "" {
			return false
		}
	}
	return true
}

func (s *Source) everybody() bool { return len(s.Users) == 0 && len(s.Listeners) == 0 }

func (s *Source) same(o *Source) bool {
	return s.Backend != nil && s.Backend == o.Backend && s.Share == o.Share && s.Path == o.Path && (s.As == nil) == (o.As == nil) &&
		(s.As == nil || *s.As == *o.As)
}
