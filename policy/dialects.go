package policy

import "slices"

func asksDialects(r *Rule) bool { return len(r.Dialects) > 0 }

func meetsDialects(r *Rule, f *Facts) (answer, rank) {
	return among(slices.Contains(r.Dialects, f.Dialect))
}

func factDialect(f *Facts) string { return f.Dialect.String() }
