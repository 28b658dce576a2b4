package smb2

// A QueryDirectoryRequest is the fixed part of a QUERY_DIRECTORY request,
// [MS-SMB2] 2.2.33.
//
//	StructureSize[2]=33 FileInformationClass[1] Flags[1] FileIndex[4]
//	FileId[16] FileNameOffset[2] FileNameLength[2] OutputBufferLength[4]
//	Buffer[variable]
type QueryDirectoryRequest struct {
	Class        FileClass
	Flags        QueryDirectoryFlags
	FileIndex    uint32 // with QueryDirectoryIndex
	FileID       FileID
	NameOffset   uint16
	NameLength   uint16
	OutputLength uint32 // bytes the client takes
}

// QueryDirectoryFlags say where to go on, [MS-SMB2] 2.2.33.
type QueryDirectoryFlags uint8

const (
	QueryDirectoryRestart QueryDirectoryFlags = 1 << 0 // RESTART_SCANS
	QueryDirectorySingle  QueryDirectoryFlags = 1 << 1 // RETURN_SINGLE_ENTRY
	QueryDirectoryIndex   QueryDirectoryFlags = 1 << 2 // INDEX_SPECIFIED
	QueryDirectoryReopen  QueryDirectoryFlags = 1 << 4 // REOPEN: with another pattern
)

// Has says whether all of f are set.
func (q QueryDirectoryFlags) Has(f QueryDirectoryFlags) bool { return q&f == f }

const (
	queryDirectoryRequestSize   = 33
	queryDirectoryRequestBuffer = HeaderSize + 32

	queryDirectoryRequest, queryDirectoryRequestSection = "QUERY_DIRECTORY request", "2.2.33"
)

// ParseQueryDirectoryRequest reads the fixed part.
func ParseQueryDirectoryRequest(element []byte) (r QueryDirectoryRequest, err error) {
	c, err := body(element, queryDirectoryRequestSize, queryDirectoryRequest, queryDirectoryRequestSection)
	if err != nil {
		return r, err
	}
	r.Class, r.Flags, r.FileIndex, r.FileID = FileClass(c.u8()), QueryDirectoryFlags(c.u8()), c.u32(), c.fileID()
	r.NameOffset, r.NameLength, r.OutputLength = c.u16(), c.u16(), c.u32()
	return r, c.short(queryDirectoryRequest, queryDirectoryRequestSection)
}

// AppendBody appends the fixed part.
func (r *QueryDirectoryRequest) AppendBody(b []byte) []byte {
	b = append(le16(b, queryDirectoryRequestSize), uint8(r.Class), uint8(r.Flags))
	b = append(le32(b, r.FileIndex), r.FileID[:]...)
	return le32(le16(le16(b, r.NameOffset), r.NameLength), r.OutputLength)
}

// Name is the part of element that the pattern is in, UTF-16LE.
func (r *QueryDirectoryRequest) Name(element []byte) ([]byte, error) {
	return part(element, uint32(r.NameOffset), uint32(r.NameLength), queryDirectoryRequestBuffer,
		"the pattern", queryDirectoryRequest, queryDirectoryRequestSection)
}

// Append appends the whole body: the fixed part with offset and length set, and
// name, which has less than 64 KiB.
func (r *QueryDirectoryRequest) Append(b, name []byte) []byte {
	v := *r
	v.NameOffset, v.NameLength = queryDirectoryRequestBuffer, uint16(len(name))
	return orZero(v.AppendBody(b), name)
}

// A QueryDirectoryResponse is the fixed part of a QUERY_DIRECTORY response,
// [MS-SMB2] 2.2.34.
//
//	StructureSize[2]=9 OutputBufferOffset[2] OutputBufferLength[4]
//	Buffer[variable]
type QueryDirectoryResponse struct {
	OutputOffset uint16
	OutputLength uint32
}

const queryDirectoryResponse, queryDirectoryResponseSection = "QUERY_DIRECTORY response", "2.2.34"

// ParseQueryDirectoryResponse reads the fixed part.
func ParseQueryDirectoryResponse(element []byte) (r QueryDirectoryResponse, err error) {
	o, err := parseOutput(element, queryDirectoryResponse, queryDirectoryResponseSection)
	return QueryDirectoryResponse(o), err
}

// AppendBody appends the fixed part.
func (r *QueryDirectoryResponse) AppendBody(b []byte) []byte { return output(*r).appendTo(b) }

// Output is the part of element that the output is in.
func (r *QueryDirectoryResponse) Output(element []byte) ([]byte, error) {
	return output(*r).in(element, queryDirectoryResponse, queryDirectoryResponseSection)
}

// Append appends the whole body: the fixed part with offset and length set, and
// data.
func (*QueryDirectoryResponse) Append(b, data []byte) []byte { return appendOutput(b, data) }
