package smb2

// A WriteRequest is the fixed part of a WRITE request, [MS-SMB2] 2.2.21.
//
//	StructureSize[2]=49 DataOffset[2] Length[4] Offset[8] FileId[16]
//	Channel[4] RemainingBytes[4] WriteChannelInfoOffset[2]
//	WriteChannelInfoLength[2] Flags[4] Buffer[variable]
type WriteRequest struct {
	DataOffset        uint16
	Length            uint32 // bytes in this message
	Offset            uint64 // in the file
	FileID            FileID
	Channel           Channel
	RemainingBytes    uint32 // with a channel: bytes to write
	ChannelInfoOffset uint16
	ChannelInfoLength uint16
	Flags             uint32
}

const (
	writeRequestSize = 49

	// WriteRequestBuffer is where the variable part of a WRITE request begins,
	// from its header on.
	WriteRequestBuffer = HeaderSize + 48

	writeRequest, writeRequestSection = "WRITE request", "2.2.21"
)

// ParseWriteRequest reads the fixed part.
func ParseWriteRequest(element []byte) (r WriteRequest, err error) {
	c, err := body(element, writeRequestSize, writeRequest, writeRequestSection)
	if err != nil {
		return r, err
	}
	r.DataOffset, r.Length, r.Offset = c.u16(), c.u32(), c.u64()
	copy(r.FileID[:], c.take(len(r.FileID)))
	r.Channel, r.RemainingBytes = Channel(c.u32()), c.u32()
	r.ChannelInfoOffset, r.ChannelInfoLength, r.Flags = c.u16(), c.u16(), c.u32()
	return r, c.short(writeRequest, writeRequestSection)
}

// AppendBody appends the fixed part. At least one byte of buffer, or a zero,
// has to follow it.
func (r *WriteRequest) AppendBody(b []byte) []byte {
	b = le16(le16(b, writeRequestSize), r.DataOffset)
	b = le64(le32(b, r.Length), r.Offset)
	b = append(b, r.FileID[:]...)
	b = le32(le32(b, uint32(r.Channel)), r.RemainingBytes)
	b = le16(le16(b, r.ChannelInfoOffset), r.ChannelInfoLength)
	return le32(b, r.Flags)
}

// Data is the part of element that the data is in.
func (r *WriteRequest) Data(element []byte) ([]byte, error) {
	if r.Length == 0 {
		return nil, nil
	}
	data, ok := span(element, uint32(r.DataOffset), r.Length)
	if !ok || r.DataOffset < WriteRequestBuffer {
		return nil, &ParseError{writeRequest, writeRequestSection, "the data is not in the buffer"}
	}
	return data, nil
}

// ChannelInfo is the part of element that the channel information is in.
func (r *WriteRequest) ChannelInfo(element []byte) ([]byte, error) {
	return channelInfo(element, r.ChannelInfoOffset, r.ChannelInfoLength, writeRequest, writeRequestSection)
}

// Append appends the whole body: the fixed part with offset and length set, and
// data. There is no channel.
func (r *WriteRequest) Append(b, data []byte) []byte {
	v := *r
	v.DataOffset, v.Length = WriteRequestBuffer, uint32(len(data))
	v.Channel, v.ChannelInfoOffset, v.ChannelInfoLength = ChannelNone, 0, 0
	return orZero(v.AppendBody(b), data)
}

// AppendPlaced appends the whole body: the fixed part with the channel's offset
// and length set, and info, the descriptors of the data, which come to less
// than 64 KiB. There is no data.
func (r *WriteRequest) AppendPlaced(b, info []byte) []byte {
	v := *r
	v.DataOffset, v.Length = 0, 0
	v.ChannelInfoOffset, v.ChannelInfoLength = WriteRequestBuffer, uint16(len(info))
	return orZero(v.AppendBody(b), info)
}

// A WriteResponse is the fixed part of a WRITE response, [MS-SMB2] 2.2.22.
//
//	StructureSize[2]=17 Reserved[2] Count[4] Remaining[4]
//	WriteChannelInfoOffset[2] WriteChannelInfoLength[2]
type WriteResponse struct {
	Count uint32 // bytes written
}

const (
	writeResponseSize = 17

	// WriteResponseLength is all of a WRITE response, its header included.
	WriteResponseLength = HeaderSize + 16

	writeResponse, writeResponseSection = "WRITE response", "2.2.22"
)

// ParseWriteResponse reads the fixed part.
func ParseWriteResponse(element []byte) (r WriteResponse, err error) {
	c, err := body(element, writeResponseSize, writeResponse, writeResponseSection)
	if err != nil {
		return r, err
	}
	c.u16() // reserved, ignored
	r.Count = c.u32()
	c.u64() // Remaining and channel information: not used, 2.2.22
	return r, c.short(writeResponse, writeResponseSection)
}

// AppendBody appends the fixed part.
func (r *WriteResponse) AppendBody(b []byte) []byte {
	return le64(le32(le16(le16(b, writeResponseSize), 0), r.Count), 0)
}
