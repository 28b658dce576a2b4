package smb2

// A DiskID is the data of TagDiskID in a response, [MS-SMB2] 2.2.14.2.9; a
// request has none.
//
//	DiskFileId[8] VolumeId[8] Reserved[16]
type DiskID struct {
	File   uint64
	Volume uint64
}

// ParseDiskID reads a context's data.
func ParseDiskID(data []byte) (d DiskID, err error) {
	c, err := exactly(data, 32, "query on disk id response", "2.2.14.2.9")
	d.File, d.Volume = c.u64(), c.u64()
	return d, err // the rest is reserved, ignored
}

// AppendBody appends a context's data.
func (d *DiskID) AppendBody(b []byte) []byte {
	return zeros(le64(le64(b, d.File), d.Volume), 16)
}
