package smb2

// A FlushRequest is the body of a FLUSH request, [MS-SMB2] 2.2.17.
//
//	StructureSize[2]=24 Reserved1[2] Reserved2[4] FileId[16]
type FlushRequest struct {
	FileID FileID
}

const (
	flushRequestSize = 24

	flushRequest, flushRequestSection   = "FLUSH request", "2.2.17"
	flushResponse, flushResponseSection = "FLUSH response", "2.2.18"
)

// ParseFlushRequest reads the body.
func ParseFlushRequest(element []byte) (r FlushRequest, err error) {
	c, err := body(element, flushRequestSize, flushRequest, flushRequestSection)
	if err != nil {
		return r, err
	}
	c.take(6) // reserved, ignored
	r.FileID = c.fileID()
	return r, c.short(flushRequest, flushRequestSection)
}

// AppendBody appends the body.
func (r *FlushRequest) AppendBody(b []byte) []byte {
	return append(zeros(le16(b, flushRequestSize), 6), r.FileID[:]...)
}

// A FlushResponse is the body of a FLUSH response, [MS-SMB2] 2.2.18.
//
//	StructureSize[2]=4 Reserved[2]
type FlushResponse struct{}

// ParseFlushResponse checks the body.
func ParseFlushResponse(element []byte) (r FlushResponse, err error) {
	return r, parseEmpty(element, flushResponse, flushResponseSection)
}

// AppendBody appends the body.
func (*FlushResponse) AppendBody(b []byte) []byte { return appendEmpty(b) }
