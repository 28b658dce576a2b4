package smb2

// A Timewarp is the data of TagTimewarp, [MS-SMB2] 2.2.13.2.7: the file as it
// was in the snapshot of that time.
//
//	Timestamp[8]
type Timewarp struct {
	Timestamp FileTime
}

// ParseTimewarp reads a context's data.
func ParseTimewarp(data []byte) (t Timewarp, err error) {
	c, err := exactly(data, 8, "timewarp token", "2.2.13.2.7")
	t.Timestamp = FileTime(c.u64())
	return t, err
}

// AppendBody appends a context's data.
func (t *Timewarp) AppendBody(b []byte) []byte { return le64(b, uint64(t.Timestamp)) }
