package policy

import (
	"fmt"
	"strings"
)

// The ranks of whom a rule names.
const (
	rankGroup rank = 1 + iota
	rankUser
)

func asksUsers(r *Rule) bool { return len(r.Users) > 0 }

func meetsUsers(r *Rule, f *Facts) (a answer, best rank) {
	for _, name := range r.Users {
		group, ok := strings.CutPrefix(name, "@")
		switch {
		case ok && hasName(f.Groups, group):
			a, best = yes, max(best, rankGroup)
		case !ok && f.User != "" && sameName(name, f.User):
			a, best = yes, rankUser
		}
	}
	return a, best
}

func hasName(names []string, name string) bool {
	for _, n := range names {
		if sameName(n, name) {
			return true
		}
	}
	return false
}

func factUser(f *Facts) string {
	who := "nobody"
	if f.User != "" {
		who = fmt.Sprintf("%q", f.User)
	}
	if len(f.Groups) > 0 {
		who += " of @" + strings.Join(f.Groups, ", @")
	}
	return who
}
