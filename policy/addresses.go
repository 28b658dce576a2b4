package policy

func asksAddresses(r *Rule) bool { return len(r.Addresses) > 0 }

// meetsAddresses ranks a longer prefix higher. An IPv4 address that came through
// an IPv6 socket is an IPv4 address, and a zone names an interface of this
// machine, which no prefix has.
func meetsAddresses(r *Rule, f *Facts) (a answer, best rank) {
	from := f.Address.Unmap().WithZone("")
	for _, p := range r.Addresses {
		if p.Contains(from) {
			a, best = yes, max(best, rank(p.Bits()+1))
		}
	}
	return a, best
}

func factAddress(f *Facts) string {
	if !f.Address.IsValid() {
		return "no address"
	}
	return f.Address.Unmap().String()
}
