package fscc

import "github.com/smbgw/smbgw/smb2"

// A Basic is FileBasicInformation, [MS-FSCC] 2.4.7. To set it, a time of zero
// leaves the time, one of TimeKeep stops and one of TimeResume restarts its
// changing with what is done to the open; attributes of zero leave those.
//
//	CreationTime[8] LastAccessTime[8] LastWriteTime[8] ChangeTime[8]
//	FileAttributes[4] Reserved[4]
type Basic struct {
	Times      smb2.FileTimes
	Attributes smb2.FileAttributes
}

const (
	TimeKeep   smb2.FileTime = 1<<64 - 1
	TimeResume smb2.FileTime = 1<<64 - 2
)

// ParseBasic reads it.
func ParseBasic(b []byte) (r Basic, err error) {
	c := cursor{b, true}
	r.Times, r.Attributes = c.times(), smb2.FileAttributes(c.u32())
	c.u32() // reserved, ignored
	return r, c.done("FileBasicInformation", "2.4.7")
}

// AppendBody appends it.
func (r *Basic) AppendBody(b []byte) []byte {
	return le32(le32(appendTimes(b, r.Times), uint32(r.Attributes)), 0)
}

func (c *cursor) times() smb2.FileTimes {
	return smb2.FileTimes{
		Creation:   smb2.FileTime(c.u64()),
		LastAccess: smb2.FileTime(c.u64()),
		LastWrite:  smb2.FileTime(c.u64()),
		Change:     smb2.FileTime(c.u64()),
	}
}

func appendTimes(b []byte, t smb2.FileTimes) []byte {
	b = le64(le64(b, uint64(t.Creation)), uint64(t.LastAccess))
	return le64(le64(b, uint64(t.LastWrite)), uint64(t.Change))
}
