package smb2

// A QueryInfoRequest is the fixed part of a QUERY_INFO request,
// [MS-SMB2] 2.2.37.
//
//	StructureSize[2]=41 InfoType[1] FileInfoClass[1] OutputBufferLength[4]
//	InputBufferOffset[2] Reserved[2] InputBufferLength[4]
//	AdditionalInformation[4] Flags[4] FileId[16] Buffer[variable]
type QueryInfoRequest struct {
	InfoType     uint8
	Class        uint8
	OutputLength uint32 // bytes the client takes
	InputOffset  uint16
	InputLength  uint32
	Additional   uint32
	Flags        uint32
	FileID       FileID
}

const (
	queryInfoRequestSize = 41

	// QueryInfoRequestLength is a request without input, header included: the
	// one byte of buffer that its StructureSize counts is there, and zero.
	QueryInfoRequestLength = HeaderSize + queryInfoRequestSize

	InfoFile            = 1  // InfoType SMB2_0_INFO_FILE
	FileBasicInfo       = 4  // FileBasicInformation, [MS-FSCC] 2.4.7
	FileBasicInfoLength = 40 // bytes

	queryInfoRequest, queryInfoRequestSection = "QUERY_INFO request", "2.2.37"
)

// ParseQueryInfoRequest reads the fixed part.
func ParseQueryInfoRequest(element []byte) (r QueryInfoRequest, err error) {
	c, err := body(element, queryInfoRequestSize, queryInfoRequest, queryInfoRequestSection)
	if err != nil {
		return r, err
	}
	r.InfoType, r.Class, r.OutputLength, r.InputOffset = c.u8(), c.u8(), c.u32(), c.u16()
	c.u16() // reserved, ignored
	r.InputLength, r.Additional, r.Flags = c.u32(), c.u32(), c.u32()
	copy(r.FileID[:], c.take(len(r.FileID)))
	return r, c.short(queryInfoRequest, queryInfoRequestSection)
}

// AppendBody appends the fixed part. The input, or one zero, has to follow it.
func (r *QueryInfoRequest) AppendBody(b []byte) []byte {
	b = append(le16(b, queryInfoRequestSize), r.InfoType, r.Class)
	b = le16(le16(le32(b, r.OutputLength), r.InputOffset), 0)
	b = le32(le32(le32(b, r.InputLength), r.Additional), r.Flags)
	return append(b, r.FileID[:]...)
}
