package smb2

// A CloseRequest is the body of a CLOSE request, [MS-SMB2] 2.2.15.
//
//	StructureSize[2]=24 Flags[2] Reserved[4] FileId[16]
type CloseRequest struct {
	Flags  uint16
	FileID FileID
}

// ClosePostQuery in Flags of request and response: the response has the file's
// attributes.
const ClosePostQuery = 1

const (
	closeRequestSize = 24

	closeRequest, closeRequestSection = "CLOSE request", "2.2.15"
)

// ParseCloseRequest reads the body.
func ParseCloseRequest(element []byte) (r CloseRequest, err error) {
	c, err := body(element, closeRequestSize, closeRequest, closeRequestSection)
	if err != nil {
		return r, err
	}
	r.Flags = c.u16()
	c.u32() // reserved, ignored
	r.FileID = c.fileID()
	return r, c.short(closeRequest, closeRequestSection)
}

// AppendBody appends the body.
func (r *CloseRequest) AppendBody(b []byte) []byte {
	return append(le32(le16(le16(b, closeRequestSize), r.Flags), 0), r.FileID[:]...)
}

// A CloseResponse is the body of a CLOSE response, [MS-SMB2] 2.2.16. All but
// Flags is zero without ClosePostQuery.
//
//	StructureSize[2]=60 Flags[2] Reserved[4] CreationTime[8]
//	LastAccessTime[8] LastWriteTime[8] ChangeTime[8] AllocationSize[8]
//	EndofFile[8] FileAttributes[4]
type CloseResponse struct {
	Flags          uint16
	Times          FileTimes
	AllocationSize uint64
	EndOfFile      uint64
	Attributes     FileAttributes
}

const (
	closeResponseSize = 60

	closeResponse, closeResponseSection = "CLOSE response", "2.2.16"
)

// ParseCloseResponse reads the body.
func ParseCloseResponse(element []byte) (r CloseResponse, err error) {
	c, err := body(element, closeResponseSize, closeResponse, closeResponseSection)
	if err != nil {
		return r, err
	}
	r.Flags = c.u16()
	c.u32() // reserved, ignored
	r.Times, r.AllocationSize, r.EndOfFile = c.fileTimes(), c.u64(), c.u64()
	r.Attributes = FileAttributes(c.u32())
	return r, c.short(closeResponse, closeResponseSection)
}

// AppendBody appends the body.
func (r *CloseResponse) AppendBody(b []byte) []byte {
	b = r.Times.appendTo(le32(le16(le16(b, closeResponseSize), r.Flags), 0))
	return le32(le64(le64(b, r.AllocationSize), r.EndOfFile), uint32(r.Attributes))
}
