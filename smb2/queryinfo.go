package smb2

// A QueryInfoRequest is the fixed part of a QUERY_INFO request,
// [MS-SMB2] 2.2.37.
//
//	StructureSize[2]=41 InfoType[1] FileInfoClass[1] OutputBufferLength[4]
//	InputBufferOffset[2] Reserved[2] InputBufferLength[4]
//	AdditionalInformation[4] Flags[4] FileId[16] Buffer[variable]
type QueryInfoRequest struct {
	InfoType     InfoType
	Class        FileClass // of files; of file systems another list has these numbers
	OutputLength uint32    // bytes the client takes
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

	queryInfoRequestBuffer = HeaderSize + 40

	queryInfoRequest, queryInfoRequestSection = "QUERY_INFO request", "2.2.37"
)

// ParseQueryInfoRequest reads the fixed part.
func ParseQueryInfoRequest(element []byte) (r QueryInfoRequest, err error) {
	c, err := body(element, queryInfoRequestSize, queryInfoRequest, queryInfoRequestSection)
	if err != nil {
		return r, err
	}
	r.InfoType, r.Class, r.OutputLength, r.InputOffset = InfoType(c.u8()), FileClass(c.u8()), c.u32(), c.u16()
	c.u16() // reserved, ignored
	r.InputLength, r.Additional, r.Flags = c.u32(), c.u32(), c.u32()
	r.FileID = c.fileID()
	return r, c.short(queryInfoRequest, queryInfoRequestSection)
}

// AppendBody appends the fixed part. The input, or one zero, has to follow it.
func (r *QueryInfoRequest) AppendBody(b []byte) []byte {
	b = append(le16(b, queryInfoRequestSize), uint8(r.InfoType), uint8(r.Class))
	b = le16(le16(le32(b, r.OutputLength), r.InputOffset), 0)
	b = le32(le32(le32(b, r.InputLength), r.Additional), r.Flags)
	return append(b, r.FileID[:]...)
}

// Input is the part of element that the input is in: of quota and extended
// attributes which ones.
func (r *QueryInfoRequest) Input(element []byte) ([]byte, error) {
	return part(element, uint32(r.InputOffset), r.InputLength, queryInfoRequestBuffer, "the input", queryInfoRequest, queryInfoRequestSection)
}

// Append appends the whole body: the fixed part with offset and length set, and
// input.
func (r *QueryInfoRequest) Append(b, input []byte) []byte {
	v := *r
	if v.InputOffset, v.InputLength = 0, uint32(len(input)); len(input) > 0 {
		v.InputOffset = queryInfoRequestBuffer
	}
	return orZero(v.AppendBody(b), input)
}

// A QueryInfoResponse is the fixed part of a QUERY_INFO response,
// [MS-SMB2] 2.2.38.
//
//	StructureSize[2]=9 OutputBufferOffset[2] OutputBufferLength[4]
//	Buffer[variable]
type QueryInfoResponse struct {
	OutputOffset uint16
	OutputLength uint32
}

const queryInfoResponse, queryInfoResponseSection = "QUERY_INFO response", "2.2.38"

// ParseQueryInfoResponse reads the fixed part.
func ParseQueryInfoResponse(element []byte) (r QueryInfoResponse, err error) {
	o, err := parseOutput(element, queryInfoResponse, queryInfoResponseSection)
	return QueryInfoResponse(o), err
}

// AppendBody appends the fixed part.
func (r *QueryInfoResponse) AppendBody(b []byte) []byte { return output(*r).appendTo(b) }

// Output is the part of element that the output is in.
func (r *QueryInfoResponse) Output(element []byte) ([]byte, error) {
	return output(*r).in(element, queryInfoResponse, queryInfoResponseSection)
}

// Append appends the whole body: the fixed part with offset and length set, and
// data.
func (*QueryInfoResponse) Append(b, data []byte) []byte { return appendOutput(b, data) }
