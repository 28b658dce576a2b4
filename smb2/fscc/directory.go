package fscc

import (
	"fmt"

	"github.com/smbgw/smbgw/smb2"
)

// An Entry is one of a directory, in any of the classes that DirectoryClass
// knows: [MS-FSCC] 2.4.10, 2.4.14, 2.4.8, 2.4.33, 2.4.23, 2.4.22, 2.4.24 have
// what they have of
//
//	NextEntryOffset[4] FileIndex[4] CreationTime[8] LastAccessTime[8]
//	LastWriteTime[8] ChangeTime[8] EndOfFile[8] AllocationSize[8]
//	FileAttributes[4] FileNameLength[4] EaSize[4] ...
//
// followed in FileBothDirectoryInformation by
//
//	ShortNameLength[1] Reserved[1] ShortName[24]
//
// in FileIdBothDirectoryInformation also by Reserved2[2] FileId[8], in
// FileIdFullDirectoryInformation by Reserved[4] FileId[8], in
// FileIdExtdDirectoryInformation by ReparsePointTag[4] FileId[16], and in all by
// FileName[variable]. There are no short names.
type Entry struct {
	Times          smb2.FileTimes
	EndOfFile      uint64
	AllocationSize uint64
	Attributes     smb2.FileAttributes
	EASize         uint32
	ID             uint64
	Name           []byte
}

// DirectoryFixed is the length of an entry of class without its name; zero says
// that class is none of a directory.
func DirectoryFixed(class smb2.FileClass) int {
	switch class {
	case smb2.FileDirectoryInfo:
		return 64
	case smb2.FileFullDirectoryInfo:
		return 68
	case smb2.FileBothDirectoryInfo:
		return 94
	case smb2.FileNamesInfo:
		return 12
	case smb2.FileIDFullDirectoryInfo:
		return 80
	case smb2.FileIDBothDirectoryInfo:
		return 104
	case smb2.FileIDExtdDirectoryInfo:
		return 88
	}
	return 0
}

// ParseDirectory appends the entries of a list to list.
func ParseDirectory(list []Entry, b []byte, class smb2.FileClass) ([]Entry, error) {
	if DirectoryFixed(class) == 0 {
		return list, &ParseError{"directory entry", "2.4", fmt.Sprintf("there is no %v", class)}
	}
	err := entries(b, 8, "directory entry", "2.4", func(entry []byte) error {
		e, err := parseEntry(entry, class)
		list = append(list, e)
		return err
	})
	return list, err
}

func parseEntry(b []byte, class smb2.FileClass) (e Entry, err error) {
	c := cursor{b, true}
	c.u64() // NextEntryOffset, and FileIndex, which is undefined here
	if class == smb2.FileNamesInfo {
		e.Name = c.name(c.u32())
		return e, c.done("directory entry", "2.4.33")
	}
	e.Times, e.EndOfFile, e.AllocationSize = c.times(), c.u64(), c.u64()
	e.Attributes = smb2.FileAttributes(c.u32())
	n := c.u32()
	if class != smb2.FileDirectoryInfo {
		e.EASize = c.u32()
	}
	switch class {
	case smb2.FileBothDirectoryInfo:
		c.take(26)
	case smb2.FileIDBothDirectoryInfo:
		c.take(28)
		e.ID = c.u64()
	case smb2.FileIDFullDirectoryInfo:
		c.take(4)
		e.ID = c.u64()
	case smb2.FileIDExtdDirectoryInfo:
		c.take(4)
		e.ID = c.u64()
		c.u64()
	}
	e.Name = c.name(n)
	return e, c.done("directory entry", "2.4")
}

// Append appends an entry of class, the last until it is linked.
func (e *Entry) Append(b []byte, class smb2.FileClass) []byte {
	b = le64(b, 0)
	if class == smb2.FileNamesInfo {
		return append(le32(b, uint32(len(e.Name))), e.Name...)
	}
	b = le64(le64(appendTimes(b, e.Times), e.EndOfFile), e.AllocationSize)
	b = le32(le32(b, uint32(e.Attributes)), uint32(len(e.Name)))
	if class != smb2.FileDirectoryInfo {
		b = le32(b, e.EASize)
	}
	var none [28]byte
	switch class {
	case smb2.FileBothDirectoryInfo:
		b = append(b, none[:26]...)
	case smb2.FileIDBothDirectoryInfo:
		b = le64(append(b, none[:]...), e.ID)
	case smb2.FileIDFullDirectoryInfo:
		b = le64(le32(b, 0), e.ID)
	case smb2.FileIDExtdDirectoryInfo:
		b = le64(le64(le32(b, 0), e.ID), 0)
	}
	return append(b, e.Name...)
}
