package smb2

// An IoctlRequest is the fixed part of an IOCTL request, [MS-SMB2] 2.2.31.
//
//	StructureSize[2]=57 Reserved[2] CtlCode[4] FileId[16] InputOffset[4]
//	InputCount[4] MaxInputResponse[4] OutputOffset[4] OutputCount[4]
//	MaxOutputResponse[4] Flags[4] Reserved2[4] Buffer[variable]
type IoctlRequest struct {
	Code         FSCTL
	FileID       FileID // NoFile where the code is about no file
	InputOffset  uint32
	InputCount   uint32
	MaxInput     uint32 // bytes of input that the client takes in the response
	OutputOffset uint32 // a server ignores both, but for the credits
	OutputCount  uint32
	MaxOutput    uint32 // bytes of output that the client takes
	Flags        uint32
}

// IoctlIsFSCTL in IoctlRequest.Flags has to be set.
const IoctlIsFSCTL = 1

const (
	ioctlRequestSize   = 57
	ioctlRequestBuffer = HeaderSize + 56

	ioctlRequest, ioctlRequestSection = "IOCTL request", "2.2.31"
)

// ParseIoctlRequest reads the fixed part.
func ParseIoctlRequest(element []byte) (r IoctlRequest, err error) {
	c, err := body(element, ioctlRequestSize, ioctlRequest, ioctlRequestSection)
	if err != nil {
		return r, err
	}
	c.u16() // reserved, ignored
	r.Code, r.FileID = FSCTL(c.u32()), c.fileID()
	r.InputOffset, r.InputCount, r.MaxInput = c.u32(), c.u32(), c.u32()
	r.OutputOffset, r.OutputCount, r.MaxOutput = c.u32(), c.u32(), c.u32()
	r.Flags = c.u32()
	c.u32() // reserved, ignored
	return r, c.short(ioctlRequest, ioctlRequestSection)
}

// AppendBody appends the fixed part.
func (r *IoctlRequest) AppendBody(b []byte) []byte {
	b = append(le32(le16(le16(b, ioctlRequestSize), 0), uint32(r.Code)), r.FileID[:]...)
	b = le32(le32(le32(b, r.InputOffset), r.InputCount), r.MaxInput)
	b = le32(le32(le32(b, r.OutputOffset), r.OutputCount), r.MaxOutput)
	return le32(le32(b, r.Flags), 0)
}

// Input is the part of element that the input is in. Its offset is a multiple
// of 8, [MS-SMB2] 3.3.5.15.
func (r *IoctlRequest) Input(element []byte) ([]byte, error) {
	if r.InputCount > 0 && r.InputOffset%8 != 0 {
		return nil, &ParseError{ioctlRequest, ioctlRequestSection, "InputOffset is not a multiple of 8"}
	}
	return part(element, r.InputOffset, r.InputCount, ioctlRequestBuffer, "the input", ioctlRequest, ioctlRequestSection)
}

// Append appends the whole body: the fixed part with offsets and counts set,
// and input.
func (r *IoctlRequest) Append(b, input []byte) []byte {
	v := *r
	v.OutputOffset, v.OutputCount = 0, 0
	if v.InputOffset, v.InputCount = 0, uint32(len(input)); len(input) > 0 {
		v.InputOffset = ioctlRequestBuffer
	}
	return orZero(v.AppendBody(b), input)
}

// An IoctlResponse is the fixed part of an IOCTL response, [MS-SMB2] 2.2.32.
//
//	StructureSize[2]=49 Reserved[2] CtlCode[4] FileId[16] InputOffset[4]
//	InputCount[4] OutputOffset[4] OutputCount[4] Flags[4] Reserved2[4]
//	Buffer[variable]
type IoctlResponse struct {
	Code         FSCTL
	FileID       FileID
	InputOffset  uint32
	InputCount   uint32
	OutputOffset uint32
	OutputCount  uint32
	Flags        uint32 // reserved, but servers set it
}

const (
	ioctlResponseSize   = 49
	ioctlResponseBuffer = HeaderSize + 48

	ioctlResponse, ioctlResponseSection = "IOCTL response", "2.2.32"
)

// ParseIoctlResponse reads the fixed part.
func ParseIoctlResponse(element []byte) (r IoctlResponse, err error) {
	c, err := body(element, ioctlResponseSize, ioctlResponse, ioctlResponseSection)
	if err != nil {
		return r, err
	}
	c.u16() // reserved, ignored
	r.Code, r.FileID = FSCTL(c.u32()), c.fileID()
	r.InputOffset, r.InputCount, r.OutputOffset, r.OutputCount = c.u32(), c.u32(), c.u32(), c.u32()
	r.Flags = c.u32()
	c.u32() // reserved, ignored
	return r, c.short(ioctlResponse, ioctlResponseSection)
}

// AppendBody appends the fixed part.
func (r *IoctlResponse) AppendBody(b []byte) []byte {
	b = append(le32(le16(le16(b, ioctlResponseSize), 0), uint32(r.Code)), r.FileID[:]...)
	b = le32(le32(b, r.InputOffset), r.InputCount)
	b = le32(le32(b, r.OutputOffset), r.OutputCount)
	return le32(le32(b, r.Flags), 0)
}

// Input is the part of element that the input, sent back, is in: of
// pass-through codes only.
func (r *IoctlResponse) Input(element []byte) ([]byte, error) {
	return part(element, r.InputOffset, r.InputCount, ioctlResponseBuffer, "the input", ioctlResponse, ioctlResponseSection)
}

// Output is the part of element that the output is in.
func (r *IoctlResponse) Output(element []byte) ([]byte, error) {
	return part(element, r.OutputOffset, r.OutputCount, ioctlResponseBuffer, "the output", ioctlResponse, ioctlResponseSection)
}

// Append appends the whole body: the fixed part with offsets and counts set,
// and output. Both offsets are where the output begins, [MS-SMB2] 3.3.5.15.
func (r *IoctlResponse) Append(b, output []byte) []byte {
	v := *r
	v.InputOffset, v.InputCount = ioctlResponseBuffer, 0
	v.OutputOffset, v.OutputCount = ioctlResponseBuffer, uint32(len(output))
	return append(v.AppendBody(b), output...)
}
