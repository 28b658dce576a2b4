package smb2

import "time"

// A FileTime counts 100 ns since 1601, [MS-DTYP] 2.3.3. Zero is no time.
type FileTime uint64

const (
	fileTimeUnix   = 116444736000000000 // 1970 as a FileTime
	fileTimeSecond = 10_000_000
)

// NewFileTime converts t. What is before 1601 is zero.
func NewFileTime(t time.Time) FileTime {
	const first = -fileTimeUnix / fileTimeSecond
	if t.Unix() < first {
		return 0
	}
	return FileTime(t.Unix()-first)*fileTimeSecond + FileTime(t.Nanosecond()/100)
}

// Time converts f, in UTC.
func (f FileTime) Time() time.Time {
	return time.Unix(int64(f/fileTimeSecond)-fileTimeUnix/fileTimeSecond, int64(f%fileTimeSecond)*100).UTC()
}
