package policy

import (
	"unicode/utf8"

	"github.com/smbgw/smbgw/auth"
)

// sameName compares names as Windows does, whatever the case, and allocates
// nothing.
func sameName(a, b string) bool {
	for a != "" && b != "" {
		r, n := utf8.DecodeRuneInString(a)
		s, m := utf8.DecodeRuneInString(b)
		if r != s && auth.UpperRune(r) != auth.UpperRune(s) {
			return false
		}
		if r == utf8.RuneError && a[:n] != b[:m] {
			return false // not text: each such byte is itself
		}
		a, b = a[n:], b[m:]
	}
	return a == b
}
