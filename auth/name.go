package auth

import (
	"strings"
	"unicode"
)

// Upper is a name in upper case as Windows makes it: each UTF-16 unit by
// itself, one to one, so the length stays. Only this makes names equal, and
// [MS-NLMP] 3.3.2 hashes it. Unicode's mappings into ASCII (dotless i, long s)
// are left out: Windows does not have them.
func Upper(name string) string { return strings.Map(UpperRune, name) }

// UpperRune is Upper of one letter.
func UpperRune(r rune) rune {
	if r > 0xffff {
		return r // two units, neither of which is a letter
	}
	u := unicode.ToUpper(r)
	if u > 0xffff || u < 0x80 && r >= 0x80 {
		return r
	}
	return u
}
