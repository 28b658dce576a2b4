package policy

import (
	"slices"
	"strconv"
)

func asksListeners(r *Rule) bool { return len(r.Listeners) > 0 }

func meetsListeners(r *Rule, f *Facts) (answer, rank) {
	return among(slices.Contains(r.Listeners, f.Listener))
}

func factListener(f *Facts) string { return strconv.Quote(f.Listener) }

// among is the answer of kinds all of whose entries are equally narrow.
func among(met bool) (answer, rank) {
	if met {
		return yes, 1
	}
	return no, 0
}
