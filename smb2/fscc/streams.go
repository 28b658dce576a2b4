package fscc

// A Stream is an entry of FileStreamInformation, [MS-FSCC] 2.4.49.
//
//	NextEntryOffset[4] StreamNameLength[4] StreamSize[8]
//	StreamAllocationSize[8] StreamName[variable]
type Stream struct {
	Size           uint64
	AllocationSize uint64
	Name           []byte // :name:$DATA
}

const streamInformation, streamSection = "FileStreamInformation", "2.4.49"

// ParseStreams appends the entries of a list to list.
func ParseStreams(list []Stream, b []byte) ([]Stream, error) {
	err := entries(b, 8, streamInformation, streamSection, func(entry []byte) error {
		c := cursor{entry, true}
		c.u32() // NextEntryOffset
		n := c.u32()
		list = append(list, Stream{c.u64(), c.u64(), c.name(n)})
		return c.done(streamInformation, streamSection)
	})
	return list, err
}

// Append appends an entry, the last until it is linked.
func (r *Stream) Append(b []byte) []byte {
	b = le32(le32(b, 0), uint32(len(r.Name)))
	return append(le64(le64(b, r.Size), r.AllocationSize), r.Name...)
}
