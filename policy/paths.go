package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Path is a path of a rule by its components, none of which is empty.
type Path []string

// ParsePath splits a path at \ and /. Empty components go, and a path that has
// another name than the one that is written is refused.
func ParsePath(s string) (Path, error) {
	var p Path
	for rest := s; ; {
		var c string
		if c, rest = cutComponent(rest); c == "" {
			break
		}
		if ambiguous(c) || isSnapshot(c) {
			return nil, fmt.Errorf("%q may mean another name: write the long one, without \":\" and without dots or spaces at the end", c)
		}
		p = append(p, c)
	}
	switch {
	case len(p) == 0:
		return nil, fmt.Errorf("%q names no folder; leave paths out to mean all", s)
	case len(p) > MaxDepth:
		return nil, fmt.Errorf("the path has more than %d components", MaxDepth)
	}
	return p, nil
}

func (p Path) String() string { return strings.Join(p, `\`) }

// HasPaths says that some rule asks for a path.
func (p *Policy) HasPaths() bool {
	return slices.ContainsFunc(p.rules, func(r Rule) bool { return asksPaths(&r) })
}

// Above says that a rule may be about what is below a path: who renames that
// changes what the rule means.
func (p *Policy) Above(path string) bool {
	if climbs(path) {
		return p.HasPaths()
	}
	for i := range p.rules {
		for _, below := range p.rules[i].Paths {
			if below.isBelow(path) {
				return true
			}
		}
	}
	return false
}

// isBelow says whether p is, or may be, below path.
func (p Path) isBelow(path string) bool {
	for _, want := range p {
		var c string
		if c, path = cutComponent(path); c == "" {
			return true
		}
		if sameComponent(want, c) == no {
			return false
		}
	}
	return false
}

func asksPaths(r *Rule) bool { return len(r.Paths) > 0 }

// meetsPaths ranks a longer prefix higher. Whether one is met for sure or
// perhaps, the longest counts.
func meetsPaths(r *Rule, f *Facts) (a answer, best rank) {
	lost := f.Action.Unnamed || climbs(f.Path)
	for _, p := range r.Paths {
		met := unsure
		if !lost {
			met = p.prefixOf(f.Path)
		}
		switch {
		case met == no, r.Verb == Allow && met == unsure && a == yes:
			continue
		case r.Verb == Allow && met == yes && a == unsure:
			best = 0 // what is sure has its own rank
		}
		a, best = met, max(best, rank(len(p)))
	}
	return a, best
}

// prefixOf says whether path is p or below it.
func (p Path) prefixOf(path string) answer {
	a := yes
	for _, want := range p {
		var c string
		c, path = cutComponent(path)
		switch sameComponent(want, c) {
		case no:
			return no
		case unsure:
			a = unsure
		}
	}
	return a
}

// sameComponent says whether have, of a client, is the name want of a rule.
func sameComponent(want, have string) answer {
	switch {
	case have == "":
		return no
	case sameName(want, have):
		return yes
	case ambiguous(have):
		return similar(want, have)
	case strings.EqualFold(want, have):
		return unsure
	}
	return no
}

// similar says whether an ambiguous name can be want.
func similar(want, have string) answer {
	have, _, _ = strings.Cut(have, ":")
	have = strings.TrimRight(have, ". ")
	// A short name is that of any long one: the server's hash is not known.
	if have == "" || shortName(have) || strings.EqualFold(want, have) {
		return unsure
	}
	return no
}

// ambiguous says that a component can be another name's: a short name of 8.3,
// [MS-FSCC] 2.1.5.2.1, a stream, 2.1.5.3, or one with an end that is dropped.
func ambiguous(c string) bool {
	return strings.Contains(c, ":") || strings.TrimRight(c, ". ") != c || shortName(c)
}

// shortName says that a name has the form that servers make for long ones: up to
// eight letters that end in ~ and digits, and up to three behind a dot. Samba has
// letters behind the ~, too: one that is the eighth of all, by its older method two.
func shortName(c string) bool {
	base, ext, _ := strings.Cut(c, ".")
	at := strings.LastIndexByte(base, '~')
	if at < 0 || at == len(base)-1 || len([]rune(base)) > 8 || len([]rune(ext)) > 3 {
		return false
	}
	tail := len(base) - at - 1
	return strings.Trim(base[at+1:], "0123456789") == "" || at == 6 && tail == 1 || at > 0 && at < 6 && tail == 2
}

// climbs says that a component is . or .., with which a server can come out
// anywhere, or a snapshot, of whatever folder: it stands between others and is none.
func climbs(path string) bool {
	for {
		var c string
		if c, path = cutComponent(path); c == "" {
			return false
		}
		if c == "." || c == ".." || isSnapshot(c) {
			return true
		}
	}
}

// isSnapshot says that a component is the name of a snapshot, [MS-SMB2] 2.2.32.2.
func isSnapshot(c string) bool {
	const token = "@GMT-"
	return len(c) >= len(token) && strings.EqualFold(c[:len(token)], token)
}

// cutComponent is the first component of a path, "" at the end, and the rest.
func cutComponent(path string) (component, rest string) {
	path = strings.TrimLeft(path, `\/`)
	if i := strings.IndexAny(path, `\/`); i >= 0 {
		return path[:i], path[i+1:]
	}
	return path, ""
}

func factPath(f *Facts) string {
	if f.Action.Unnamed {
		return "a path that is not known"
	}
	return strconv.Quote(f.Path)
}
