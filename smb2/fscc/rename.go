package fscc

// A Rename is FileRenameInformation as SMB2 has it, [MS-FSCC] 2.4.42.2.
//
//	ReplaceIfExists[1] Reserved[7] RootDirectory[8] FileNameLength[4]
//	FileName[variable]
type Rename struct {
	Replace bool
	Root    uint64 // zero
	Name    []byte // relative to the share
}

// RenameFixed is the length of the part in front of the name.
const RenameFixed = 20

// ParseRename reads it.
func ParseRename(b []byte) (r Rename, err error) {
	c := cursor{b, true}
	r.Replace = c.u8() != 0
	c.take(7) // reserved, ignored
	r.Root = c.u64()
	r.Name = c.name(c.u32())
	return r, c.done("FileRenameInformation", "2.4.42.2")
}

// AppendBody appends it.
func (r *Rename) AppendBody(b []byte) []byte {
	b = append(b, flag(r.Replace), 0, 0, 0, 0, 0, 0, 0)
	return append(le32(le64(b, r.Root), uint32(len(r.Name))), r.Name...)
}
