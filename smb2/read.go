package smb2

// A ReadRequest is the fixed part of a READ request, [MS-SMB2] 2.2.19.
//
//	StructureSize[2]=49 Padding[1] Flags[1] Length[4] Offset[8] FileId[16]
//	MinimumCount[4] Channel[4] RemainingBytes[4] ReadChannelInfoOffset[2]
//	ReadChannelInfoLength[2] Buffer[variable]
type ReadRequest struct {
	Padding           uint8 // where the client would like the data in the reply
	Flags             uint8
	Length            uint32 // bytes to read
	Offset            uint64 // in the file
	FileID            FileID
	MinimumCount      uint32
	Channel           Channel
	RemainingBytes    uint32
	ChannelInfoOffset uint16
	ChannelInfoLength uint16
}

const (
	readRequestSize = 49

	// ReadRequestBuffer is where the variable part of a READ request begins,
	// from its header on.
	ReadRequestBuffer = HeaderSize + 48

	readRequest, readRequestSection = "READ request", "2.2.19"
)

// ParseReadRequest reads the fixed part.
func ParseReadRequest(element []byte) (r ReadRequest, err error) {
	c, err := body(element, readRequestSize, readRequest, readRequestSection)
	if err != nil {
		return r, err
	}
	r.Padding, r.Flags, r.Length, r.Offset = c.u8(), c.u8(), c.u32(), c.u64()
	copy(r.FileID[:], c.take(len(r.FileID)))
	r.MinimumCount, r.Channel, r.RemainingBytes = c.u32(), Channel(c.u32()), c.u32()
	r.ChannelInfoOffset, r.ChannelInfoLength = c.u16(), c.u16()
	return r, c.short(readRequest, readRequestSection)
}

// AppendBody appends the fixed part. At least one byte of buffer, or a zero,
// has to follow it.
func (r *ReadRequest) AppendBody(b []byte) []byte {
	b = append(le16(b, readRequestSize), r.Padding, r.Flags)
	b = le64(le32(b, r.Length), r.Offset)
	b = append(b, r.FileID[:]...)
	b = le32(le32(le32(b, r.MinimumCount), uint32(r.Channel)), r.RemainingBytes)
	return le16(le16(b, r.ChannelInfoOffset), r.ChannelInfoLength)
}

// ChannelInfo is the part of element that the channel information is in.
func (r *ReadRequest) ChannelInfo(element []byte) ([]byte, error) {
	return channelInfo(element, r.ChannelInfoOffset, r.ChannelInfoLength, readRequest, readRequestSection)
}

// Append appends the whole body: the fixed part with the channel's offset and
// length set, and info, the descriptors of a channel, which come to less than
// 64 KiB.
func (r *ReadRequest) Append(b, info []byte) []byte {
	v := *r
	if v.ChannelInfoOffset, v.ChannelInfoLength = 0, uint16(len(info)); len(info) > 0 {
		v.ChannelInfoOffset = ReadRequestBuffer
	}
	return orZero(v.AppendBody(b), info)
}

func channelInfo(element []byte, off, n uint16, structure, section string) ([]byte, error) {
	const buffer = ReadRequestBuffer // WRITE's begins at the same place
	info, ok := span(element, uint32(off), uint32(n))
	if !ok || off < buffer {
		return nil, &ParseError{structure, section, "the channel information is not in the buffer"}
	}
	return info, nil
}

// A ReadResponse is the fixed part of a READ response, [MS-SMB2] 2.2.20.
//
//	StructureSize[2]=17 DataOffset[1] Reserved[1] DataLength[4]
//	DataRemaining[4] Flags[4] Buffer[variable]
type ReadResponse struct {
	DataOffset    uint8
	DataLength    uint32 // bytes in this message
	DataRemaining uint32 // bytes placed by RDMA
	Flags         uint32 // 3.1.1: 1 when an RDMA transform is in the buffer; reserved before
}

const (
	readResponseSize = 17

	// ReadResponseBuffer is where the variable part of a READ response begins,
	// from its header on.
	ReadResponseBuffer = HeaderSize + 16

	// ReadResponseTransform in ReadResponse.Flags: the payload is protected.
	ReadResponseTransform = 1

	readResponse, readResponseSection = "READ response", "2.2.20"
)

// ParseReadResponse reads the fixed part.
func ParseReadResponse(element []byte) (r ReadResponse, err error) {
	c, err := body(element, readResponseSize, readResponse, readResponseSection)
	if err != nil {
		return r, err
	}
	r.DataOffset = c.u8()
	c.u8() // reserved, ignored
	r.DataLength, r.DataRemaining, r.Flags = c.u32(), c.u32(), c.u32()
	return r, c.short(readResponse, readResponseSection)
}

// AppendBody appends the fixed part.
func (r *ReadResponse) AppendBody(b []byte) []byte {
	b = append(le16(b, readResponseSize), r.DataOffset, 0)
	return le32(le32(le32(b, r.DataLength), r.DataRemaining), r.Flags)
}

// Data is the part of element that the data is in.
func (r *ReadResponse) Data(element []byte) ([]byte, error) {
	if r.DataLength == 0 {
		return nil, nil
	}
	data, ok := span(element, uint32(r.DataOffset), r.DataLength)
	if !ok || r.DataOffset < ReadResponseBuffer {
		return nil, &ParseError{readResponse, readResponseSection, "the data is not in the buffer"}
	}
	return data, nil
}

// Append appends the whole body: the fixed part with offset and length set, and
// data.
func (r *ReadResponse) Append(b, data []byte) []byte {
	v := *r
	v.DataOffset, v.DataLength = ReadResponseBuffer, uint32(len(data))
	return append(v.AppendBody(b), data...)
}
