package fscc

// A Standard is FileStandardInformation, [MS-FSCC] 2.4.47.
//
//	AllocationSize[8] EndOfFile[8] NumberOfLinks[4] DeletePending[1]
//	Directory[1] Reserved[2]
type Standard struct {
	AllocationSize uint64
	EndOfFile      uint64
	Links          uint32
	DeletePending  bool
	Directory      bool
}

// ParseStandard reads it.
func ParseStandard(b []byte) (r Standard, err error) {
	c := cursor{b, true}
	r.AllocationSize, r.EndOfFile, r.Links = c.u64(), c.u64(), c.u32()
	r.DeletePending, r.Directory = c.u8() != 0, c.u8() != 0
	c.take(2) // reserved, ignored
	return r, c.done("FileStandardInformation", "2.4.47")
}

// AppendBody appends it.
func (r *Standard) AppendBody(b []byte) []byte {
	b = le32(le64(le64(b, r.AllocationSize), r.EndOfFile), r.Links)
	return append(b, flag(r.DeletePending), flag(r.Directory), 0, 0)
}
