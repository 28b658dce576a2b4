package smb2

import "fmt"

// A Symlink is the data of an error with StatusStoppedOnSymlink,
// [MS-SMB2] 2.2.2.2.1; in 3.1.1 it is in an ErrorContext. The names are
// UTF-16LE and alias the data.
//
//	SymLinkLength[4] SymLinkErrorTag[4]='SYML' ReparseTag[4]
//	ReparseDataLength[2] UnparsedPathLength[2] SubstituteNameOffset[2]
//	SubstituteNameLength[2] PrintNameOffset[2] PrintNameLength[2] Flags[4]
//	PathBuffer[variable]
type Symlink struct {
	Unparsed   uint16 // bytes at the end of the client's name that were not walked
	Flags      uint32
	Substitute []byte // where the link leads
	Print      []byte // the same, for people
}

// SymlinkRelative in Symlink.Flags: the target is relative to the link.
const SymlinkRelative = 1

const (
	symlinkFixed      = 28 // up to PathBuffer
	symlinkTag        = 0x4c4d5953
	symlinkReparseTag = 0xa000000c // IO_REPARSE_TAG_SYMLINK

	symlink, symlinkSection = "symbolic link ERROR data", "2.2.2.2.1"
)

// ParseSymlink reads an error's or an ErrorContext's data.
func ParseSymlink(data []byte) (s Symlink, err error) {
	wrong := func(format string, args ...any) (Symlink, error) {
		return Symlink{}, &ParseError{symlink, symlinkSection, fmt.Sprintf(format, args...)}
	}
	c := cursor{data, true}
	n, tag, reparse := c.u32(), c.u32(), c.u32()
	c.u16() // ReparseDataLength: said by SymLinkLength already
	s.Unparsed = c.u16()
	substituteOff, substituteLen, printOff, printLen := c.u16(), c.u16(), c.u16(), c.u16()
	s.Flags = c.u32()
	switch {
	case !c.ok:
		return wrong("%d bytes", len(data))
	case tag != symlinkTag:
		return wrong("SymLinkErrorTag %#x", tag)
	case reparse != symlinkReparseTag:
		return wrong("ReparseTag %#x", reparse)
	case uint64(n)+4 > uint64(len(data)) || n < symlinkFixed-4:
		return wrong("SymLinkLength %d in %d bytes", n, len(data))
	}
	path := data[symlinkFixed : n+4]
	var ok bool
	if s.Substitute, ok = span(path, uint32(substituteOff), uint32(substituteLen)); !ok {
		return wrong("SubstituteName at %d, %d bytes, in %d", substituteOff, substituteLen, len(path))
	}
	if s.Print, ok = span(path, uint32(printOff), uint32(printLen)); !ok {
		return wrong("PrintName at %d, %d bytes, in %d", printOff, printLen, len(path))
	}
	return s, nil
}

// AppendBody appends an error's or an ErrorContext's data. The names come to
// less than 64 KiB.
func (s *Symlink) AppendBody(b []byte) []byte {
	names := len(s.Substitute) + len(s.Print)
	b = le32(le32(le32(b, uint32(symlinkFixed-4+names)), symlinkTag), symlinkReparseTag)
	b = le16(le16(b, uint16(symlinkFixed-16+names)), s.Unparsed)
	b = le16(le16(b, 0), uint16(len(s.Substitute)))
	b = le16(le16(b, uint16(len(s.Substitute))), uint16(len(s.Print)))
	return append(append(le32(b, s.Flags), s.Substitute...), s.Print...)
}
