package store

import "github.com/smbgw/smbgw/auth"

// A pattern is what a QUERY_DIRECTORY looks for, [MS-FSA] 2.1.4.4, in upper
// case: * any characters, ? one, and what DOS makes of them: < any up to the
// last dot, > one or none at a dot or the end, " a dot or the end.
type pattern []rune

func newPattern(s string) pattern { return pattern(auth.Upper(s)) }

// all says that every name matches.
func (p pattern) all() bool { return len(p) == 1 && p[0] == '*' }

// match says whether a name, in upper case, matches. It keeps the set of places
// in the pattern that the name so far can have led to.
func (p pattern) match(key string) bool {
	if p.all() {
		return true
	}
	name := []rune(key)
	lastDot := -1
	for i, r := range name {
		if r == '.' {
			lastDot = i
		}
	}
	now, next := make([]bool, len(p)+1), make([]bool, len(p)+1)
	now[0] = true
	for i, r := range name {
		p.empty(now, r == '.', false)
		clear(next)
		alive := false
		for at, here := range now[:len(p)] {
			if !here {
				continue
			}
			to, stays := p.step(at, r, i, lastDot)
			next[at] = next[at] || stays
			next[at+1] = next[at+1] || to
			alive = alive || to || stays
		}
		if !alive {
			return false
		}
		now, next = next, now
	}
	p.empty(now, true, true)
	return now[len(p)]
}

// empty adds the places that are reached without a character.
func (p pattern) empty(set []bool, edge, end bool) {
	for at, r := range p {
		if set[at] && (r == '*' || r == '<' || edge && r == '>' || end && r == '"') {
			set[at+1] = true
		}
	}
}

// step says whether the character r at index i leads from a place to the one
// behind it, and whether to itself.
func (p pattern) step(at int, r rune, i, lastDot int) (to, stays bool) {
	switch p[at] {
	case '*':
		return true, true
	case '<':
		return true, i != lastDot
	case '?':
		return true, false
	case '>':
		return r != '.', false
	case '"':
		return r == '.', false
	}
	return p[at] == r, false
}
