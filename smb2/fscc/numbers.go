package fscc

// Structures of one number.

// A Long is a structure of one 64-bit number: FileInternalInformation,
// FilePositionInformation, FileAllocationInformation,
// FileEndOfFileInformation, [MS-FSCC] 2.4.27, 2.4.40, 2.4.4, 2.4.13.
//
//	Value[8]
type Long uint64

// ParseLong reads it.
func ParseLong(b []byte) (Long, error) {
	c := cursor{b, true}
	v := c.u64()
	return Long(v), c.done("information of one 64-bit number", "2.4")
}

// AppendBody appends it.
func (r Long) AppendBody(b []byte) []byte { return le64(b, uint64(r)) }

// A Word is a structure of one 32-bit number: FileEaInformation,
// FileAccessInformation, FileModeInformation, FileAlignmentInformation,
// [MS-FSCC] 2.4.12, 2.4.1, 2.4.31, 2.4.3.
//
//	Value[4]
type Word uint32

// ParseWord reads it.
func ParseWord(b []byte) (Word, error) {
	c := cursor{b, true}
	v := c.u32()
	return Word(v), c.done("information of one 32-bit number", "2.4")
}

// AppendBody appends it.
func (r Word) AppendBody(b []byte) []byte { return le32(b, uint32(r)) }

// A Disposition is FileDispositionInformation, [MS-FSCC] 2.4.11: whether the
// file goes with its last open.
//
//	DeletePending[1]
type Disposition bool

// ParseDisposition reads it.
func ParseDisposition(b []byte) (Disposition, error) {
	c := cursor{b, true}
	v := c.u8()
	return v != 0, c.done("FileDispositionInformation", "2.4.11")
}

// AppendBody appends it.
func (r Disposition) AppendBody(b []byte) []byte { return append(b, flag(bool(r))) }
