package ntlm

import (
	"encoding/binary"
	"unicode/utf16"
)

// encode is text in UTF-16, little-endian, without an end.
func encode(text string) []byte {
	units := utf16.Encode([]rune(text))
	b := make([]byte, 0, 2*len(units))
	for _, u := range units {
		b = le16(b, u)
	}
	return b
}

// decode is the text of an even number of bytes.
func decode(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}
