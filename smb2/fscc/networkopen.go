package fscc

import "github.com/smbgw/smbgw/smb2"

// A NetworkOpen is FileNetworkOpenInformation, [MS-FSCC] 2.4.34.
//
//	CreationTime[8] LastAccessTime[8] LastWriteTime[8] ChangeTime[8]
//	AllocationSize[8] EndOfFile[8] FileAttributes[4] Reserved[4]
type NetworkOpen struct {
	Times          smb2.FileTimes
	AllocationSize uint64
	EndOfFile      uint64
	Attributes     smb2.FileAttributes
}

// ParseNetworkOpen reads it.
func ParseNetworkOpen(b []byte) (r NetworkOpen, err error) {
	c := cursor{b, true}
	r.Times, r.AllocationSize, r.EndOfFile = c.times(), c.u64(), c.u64()
	r.Attributes = smb2.FileAttributes(c.u32())
	c.u32() // reserved, ignored
	return r, c.done("FileNetworkOpenInformation", "2.4.34")
}

// AppendBody appends it.
func (r *NetworkOpen) AppendBody(b []byte) []byte {
	b = le64(le64(appendTimes(b, r.Times), r.AllocationSize), r.EndOfFile)
	return le32(le32(b, uint32(r.Attributes)), 0)
}

// An AttributeTag is FileAttributeTagInformation, [MS-FSCC] 2.4.6.
//
//	FileAttributes[4] ReparseTag[4]
type AttributeTag struct {
	Attributes smb2.FileAttributes
	Tag        uint32 // with AttributeReparsePoint
}

// ParseAttributeTag reads it.
func ParseAttributeTag(b []byte) (r AttributeTag, err error) {
	c := cursor{b, true}
	r.Attributes, r.Tag = smb2.FileAttributes(c.u32()), c.u32()
	return r, c.done("FileAttributeTagInformation", "2.4.6")
}

// AppendBody appends it.
func (r *AttributeTag) AppendBody(b []byte) []byte {
	return le32(le32(b, uint32(r.Attributes)), r.Tag)
}

// An ID is FileIdInformation, [MS-FSCC] 2.4.26.
//
//	VolumeSerialNumber[8] FileId[16]
type ID struct {
	Volume uint64
	File   [16]byte
}

// ParseID reads it.
func ParseID(b []byte) (r ID, err error) {
	c := cursor{b, true}
	r.Volume = c.u64()
	copy(r.File[:], c.take(len(r.File)))
	return r, c.done("FileIdInformation", "2.4.26")
}

// AppendBody appends it.
func (r *ID) AppendBody(b []byte) []byte { return append(le64(b, r.Volume), r.File[:]...) }
