package smb2

// An AllocationSize is the data of TagAllocationSize, [MS-SMB2] 2.2.13.2.6:
// how much to allocate for a new file.
//
//	AllocationSize[8]
type AllocationSize struct {
	Bytes uint64
}

// ParseAllocationSize reads a context's data.
func ParseAllocationSize(data []byte) (a AllocationSize, err error) {
	c, err := exactly(data, 8, "allocation size", "2.2.13.2.6")
	a.Bytes = c.u64()
	return a, err
}

// AppendBody appends a context's data.
func (a *AllocationSize) AppendBody(b []byte) []byte { return le64(b, a.Bytes) }
