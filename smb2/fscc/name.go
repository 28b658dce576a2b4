package fscc

// A Name is FileNameInformation and FileNormalizedNameInformation,
// [MS-FSCC] 2.4.32, 2.4.36.
//
//	FileNameLength[4] FileName[variable]
type Name struct {
	Name []byte
}

// ParseName reads it.
func ParseName(b []byte) (r Name, err error) {
	c := cursor{b, true}
	r.Name = c.name(c.u32())
	return r, c.done("FileNameInformation", "2.4.32")
}

// AppendBody appends it.
func (r *Name) AppendBody(b []byte) []byte {
	return append(le32(b, uint32(len(r.Name))), r.Name...)
}
