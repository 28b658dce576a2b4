package fscc

// A Range is FILE_ALLOCATED_RANGE_BUFFER, [MS-FSCC] 2.3.52: the input of
// FSCTL_QUERY_ALLOCATED_RANGES and the entries of its output.
//
//	FileOffset[8] Length[8]
type Range struct {
	Offset uint64
	Length uint64
}

// RangeSize is the length of a Range on the wire.
const RangeSize = 16

// ParseRange reads one.
func ParseRange(b []byte) (r Range, err error) {
	c := cursor{b, true}
	r.Offset, r.Length = c.u64(), c.u64()
	return r, c.done("FILE_ALLOCATED_RANGE_BUFFER", "2.3.52")
}

// AppendBody appends it.
func (r *Range) AppendBody(b []byte) []byte { return le64(le64(b, r.Offset), r.Length) }

// A ZeroData is FILE_ZERO_DATA_INFORMATION, [MS-FSCC] 2.3.71, the input of
// FSCTL_SET_ZERO_DATA.
//
//	FileOffset[8] BeyondFinalZero[8]
type ZeroData struct {
	Offset uint64
	Beyond uint64 // the first byte that stays
}

// ParseZeroData reads it.
func ParseZeroData(b []byte) (r ZeroData, err error) {
	c := cursor{b, true}
	r.Offset, r.Beyond = c.u64(), c.u64()
	return r, c.done("FILE_ZERO_DATA_INFORMATION", "2.3.71")
}

// AppendBody appends it.
func (r *ZeroData) AppendBody(b []byte) []byte { return le64(le64(b, r.Offset), r.Beyond) }
