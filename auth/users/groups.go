package users

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"

	"github.com/smbgw/smbgw/auth"
)

// Groups are sets of users with names, of a file. They are not changed after
// OpenGroups.
type Groups struct {
	names map[string]string   // by auth.Upper
	of    map[string][]string // the names of a member's groups, by auth.Upper
}

// OpenGroups reads a file of groups: see the package documentation. Its error is
// an *Error.
func OpenGroups(path string) (*Groups, error) {
	text, stat, err := load(path)
	if e, ok := err.(*Error); ok {
		e.Remedy = "name the file of the groups"
		return nil, e
	}
	if mode := stat.Mode().Perm(); mode&0o002 != 0 && runtime.GOOS != "windows" {
		return nil, &Error{File: path, Problem: fmt.Sprintf("its mode %04o lets everybody say who is in a group", mode), Remedy: "chmod o-w " + path}
	}
	return parseGroups(path, text)
}

// Of are the names of the groups that a user is in, in the order of the file.
func (g *Groups) Of(user string) []string {
	if g == nil {
		return nil
	}
	return g.of[auth.Upper(user)]
}

// Has says whether there is such a group.
func (g *Groups) Has(name string) bool {
	return g != nil && g.names[auth.Upper(name)] != ""
}

// Names are those of all groups, sorted.
func (g *Groups) Names() []string {
	if g == nil {
		return nil
	}
	return slices.Sorted(maps.Values(g.names))
}

func parseGroups(path, text string) (*Groups, error) {
	g := &Groups{map[string]string{}, map[string][]string{}}
	number := 0
	for line := range strings.Lines(text) {
		number++
		if passedOver(line) {
			continue
		}
		if problem := g.add(line); problem != "" {
			return nil, &Error{File: path, Line: number, Problem: problem, Remedy: "correct or remove the line"}
		}
	}
	return g, nil
}

// add reads one line; the problem is "" when there is none.
func (g *Groups) add(line string) (problem string) {
	name, members, ok := strings.Cut(line, ":")
	name = strings.TrimSpace(name)
	if !ok {
		return "no colon: a line is name: members"
	}
	if problem := CheckName(name); problem != "" {
		return problem
	}
	if g.Has(name) {
		return fmt.Sprintf("group %q is there already", name)
	}
	g.names[auth.Upper(name)] = name
	for _, member := range strings.FieldsFunc(members, between) {
		if problem := CheckName(member); problem != "" {
			return problem
		}
		if key := auth.Upper(member); !slices.Contains(g.of[key], name) {
			g.of[key] = append(g.of[key], name)
		}
	}
	return ""
}

// between says that a letter separates members.
func between(r rune) bool { return strings.ContainsRune(", \t\r\n", r) }
