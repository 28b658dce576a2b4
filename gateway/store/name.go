package store

import (
	"strings"
	"unicode/utf8"

	"github.com/smbgw/smbgw/smb2"
)

// A path is a name of the wire taken apart.
type path struct {
	names  []string // empty is the share's root
	stream string   // "" is the main one
}

// parsePath takes the name of a CREATE or a rename apart. It is relative to the
// share: a separator in front is refused, [MS-SMB2] 3.3.5.9, one behind it
// ignored. There is no . or .. in it, so it stays in the share.
func parsePath(wire []byte) (p path, s smb2.Status) {
	name, ok := smb2.DecodeUTF16(wire)
	if !ok {
		return p, smb2.StatusObjectNameInvalid
	}
	if strings.HasPrefix(name, `\`) {
		return p, smb2.StatusInvalidParameter
	}
	name = strings.TrimSuffix(name, `\`)
	if name == "" {
		return p, smb2.StatusSuccess
	}
	p.names = strings.Split(name, `\`)
	last := &p.names[len(p.names)-1]
	if before, after, ok := strings.Cut(*last, ":"); ok {
		*last = before
		if p.stream, s = parseStream(after); s != smb2.StatusSuccess {
			return p, s
		}
		if before == "" && len(p.names) == 1 {
			p.names = nil // a stream of the root
			return p, smb2.StatusSuccess
		}
	}
	for _, n := range p.names {
		if !validName(n) {
			return p, smb2.StatusObjectNameInvalid
		}
	}
	return p, smb2.StatusSuccess
}

// parseStream reads what follows the first colon: name, or name:$DATA. All
// other types of stream are a file system's own.
func parseStream(s string) (string, smb2.Status) {
	name, kind, typed := strings.Cut(s, ":")
	if typed && !strings.EqualFold(kind, "$DATA") || !typed && name == "" {
		return "", smb2.StatusObjectNameInvalid
	}
	if name != "" && (units(name) > maxName || strings.ContainsAny(name, "/\x00")) {
		return "", smb2.StatusObjectNameInvalid
	}
	return name, smb2.StatusSuccess
}

// validName says whether a component is one, [MS-FSCC] 2.1.5.2.
func validName(s string) bool {
	if s == "" || s == "." || s == ".." || units(s) > maxName || strings.ContainsAny(s, "\"*/:<>?|\\") {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 })
}

// units is the length of s in UTF-16.
func units(s string) int {
	n := utf8.RuneCountInString(s)
	for _, r := range s {
		if r > 0xffff {
			n++
		}
	}
	return n
}

// wire is a name as the wire has it.
func wire(s string) []byte { return smb2.AppendUTF16(nil, s) }
