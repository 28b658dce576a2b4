package rooted

import (
	"bytes"
	"encoding/binary"

	"github.com/smbgw/smbgw/smb2"
)

// A prefix is a directory below a share, as the wire has it: UTF-16LE, without a
// separator at either end. It is not empty.
type prefix []byte

const (
	separator = '\\'
	colon     = ':'
)

func unit(b []byte, i int) uint16 { return binary.LittleEndian.Uint16(b[2*i:]) }

// check says what is wrong with a name of the wire that is to stay below a
// directory. It is stricter than the servers are, which differ: no component is
// one that some of them take for the directory above, or for no component.
func check(name []byte) smb2.Status {
	if len(name)%2 != 0 {
		return smb2.StatusObjectNameInvalid
	}
	n := len(name) / 2
	if n > 0 && unit(name, 0) == separator {
		return smb2.StatusInvalidParameter // [MS-SMB2] 3.3.5.9
	}
	if n > 0 && unit(name, n-1) == separator {
		n-- // a directory, as some write it
	}
	for at := 0; at < n; {
		end := at
		for end < n && unit(name, end) != separator {
			end++
		}
		if s := checkComponent(name[2*at:2*end], at == 0, end == n); s != 0 {
			return s
		}
		at = end + 1
	}
	return 0
}

// checkComponent checks a component, which may have a stream behind it when it is
// the last, and be nothing but that when it is the only one.
func checkComponent(c []byte, first, last bool) smb2.Status {
	base := len(c) / 2
	for i := range len(c) / 2 {
		switch u := unit(c, i); {
		case u == 0, u == '/': // a separator where the server's system has it
			return smb2.StatusObjectNameInvalid
		case u == colon && !last:
			return smb2.StatusObjectNameInvalid
		case u == colon:
			base = min(base, i)
		}
	}
	if base == 0 && (len(c) == 0 || !first) {
		return smb2.StatusObjectNameInvalid
	}
	for i := range base {
		if !vanishes(unit(c, i)) {
			return 0
		}
	}
	if base > 0 {
		return smb2.StatusObjectPathSyntaxBad // . and .., and what may become one of them
	}
	return 0
}

// vanishes says that servers drop a letter at the end of a name, or map it to one
// that they drop: dots, spaces, and those that stand for them at the end of names
// in the private area of Unicode.
func vanishes(u uint16) bool { return u == '.' || u == ' ' || u == 0xf028 || u == 0xf029 }

// below puts the directory in front of a name that has been checked.
func (p prefix) below(name []byte) []byte {
	b := bytes.Clone([]byte(p))
	if len(name) > 0 && unit(name, 0) != colon {
		b = append(b, separator, 0)
	}
	return append(b, name...)
}

// parent is the directory that a name is in, "" for the root.
func parent(name []byte) []byte {
	end := len(name) / 2
	if end > 0 && unit(name, end-1) == separator {
		end--
	}
	for end > 0 && unit(name, end-1) != separator {
		end--
	}
	return name[:2*max(end-1, 0)]
}

// after is what follows the directory in a name that a server reports, separator
// included, if it is in the directory. Case counts: a server reports one name always
// alike, and where it does not count itself another directory may differ in nothing
// else.
func (p prefix) after(name []byte) (rest []byte, ok bool) {
	if len(name)%2 != 0 || !bytes.HasPrefix(name, p) {
		return nil, false
	}
	rest = name[len(p):]
	return rest, len(rest) == 0 || unit(rest, 0) == separator || unit(rest, 0) == colon
}
