package smb2

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendUTF16 appends s as the names of the wire are, UTF-16 in little-endian,
// without an end.
func AppendUTF16(b []byte, s string) []byte {
	for _, r := range s {
		if r < 0x10000 {
			b = le16(b, uint16(r))
			continue
		}
		high, low := utf16.EncodeRune(r)
		b = le16(le16(b, uint16(high)), uint16(low))
	}
	return b
}

// DecodeUTF16 returns a name of the wire as a string. It is false for names
// that no string equals: an odd number of bytes, or half a surrogate pair. File
// systems have the latter, so names to be passed on stay bytes.
func DecodeUTF16(b []byte) (string, bool) {
	if len(b)%2 != 0 {
		return "", false
	}
	s := make([]byte, 0, len(b)/2)
	for ; len(b) > 0; b = b[2:] {
		r := rune(binary.LittleEndian.Uint16(b))
		if utf16.IsSurrogate(r) {
			if len(b) < 4 {
				return "", false
			}
			r = utf16.DecodeRune(r, rune(binary.LittleEndian.Uint16(b[2:])))
			if r == utf8.RuneError {
				return "", false
			}
			b = b[2:]
		}
		s = utf8.AppendRune(s, r)
	}
	return string(s), true
}
