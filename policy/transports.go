package policy

import (
	"slices"
	"strconv"
)

func asksTransports(r *Rule) bool { return len(r.Transports) > 0 }

func meetsTransports(r *Rule, f *Facts) (answer, rank) {
	return among(slices.Contains(r.Transports, f.Transport))
}

func factTransport(f *Facts) string { return strconv.Quote(f.Transport) }
