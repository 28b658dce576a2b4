package smb2

// A SetInfoRequest is the fixed part of a SET_INFO request, [MS-SMB2] 2.2.39.
//
//	StructureSize[2]=33 InfoType[1] FileInfoClass[1] BufferLength[4]
//	BufferOffset[2] Reserved[2] AdditionalInformation[4] FileId[16]
//	Buffer[variable]
type SetInfoRequest struct {
	InfoType     InfoType
	Class        FileClass
	BufferLength uint32
	BufferOffset uint16
	Additional   uint32
	FileID       FileID
}

const (
	setInfoRequestSize   = 33
	setInfoRequestBuffer = HeaderSize + 32
	setInfoResponseSize  = 2

	setInfoRequest, setInfoRequestSection   = "SET_INFO request", "2.2.39"
	setInfoResponse, setInfoResponseSection = "SET_INFO response", "2.2.40"
)

// ParseSetInfoRequest reads the fixed part.
func ParseSetInfoRequest(element []byte) (r SetInfoRequest, err error) {
	c, err := body(element, setInfoRequestSize, setInfoRequest, setInfoRequestSection)
	if err != nil {
		return r, err
	}
	r.InfoType, r.Class, r.BufferLength, r.BufferOffset = InfoType(c.u8()), FileClass(c.u8()), c.u32(), c.u16()
	c.u16() // reserved, ignored
	r.Additional, r.FileID = c.u32(), c.fileID()
	return r, c.short(setInfoRequest, setInfoRequestSection)
}

// AppendBody appends the fixed part.
func (r *SetInfoRequest) AppendBody(b []byte) []byte {
	b = append(le16(b, setInfoRequestSize), uint8(r.InfoType), uint8(r.Class))
	b = le16(le16(le32(b, r.BufferLength), r.BufferOffset), 0)
	return append(le32(b, r.Additional), r.FileID[:]...)
}

// Data is the part of element that the information is in.
func (r *SetInfoRequest) Data(element []byte) ([]byte, error) {
	return part(element, uint32(r.BufferOffset), r.BufferLength, setInfoRequestBuffer, "the information", setInfoRequest, setInfoRequestSection)
}

// Append appends the whole body: the fixed part with offset and length set, and
// data.
func (r *SetInfoRequest) Append(b, data []byte) []byte {
	v := *r
	v.BufferOffset, v.BufferLength = setInfoRequestBuffer, uint32(len(data))
	return orZero(v.AppendBody(b), data)
}

// A SetInfoResponse is the body of a SET_INFO response, [MS-SMB2] 2.2.40.
//
//	StructureSize[2]=2
type SetInfoResponse struct{}

// ParseSetInfoResponse checks the body.
func ParseSetInfoResponse(element []byte) (r SetInfoResponse, err error) {
	_, err = body(element, setInfoResponseSize, setInfoResponse, setInfoResponseSection)
	return r, err
}

// AppendBody appends the body.
func (*SetInfoResponse) AppendBody(b []byte) []byte { return le16(b, setInfoResponseSize) }
