package policy

import "strconv"

func asksMounts(r *Rule) bool { return len(r.Mounts) > 0 }

func meetsMounts(r *Rule, f *Facts) (answer, rank) {
	return among(hasName(r.Mounts, f.Mount))
}

func factMount(f *Facts) string { return strconv.Quote(f.Mount) }
