package smb2

// A ChangeNotifyRequest is the body of a CHANGE_NOTIFY request,
// [MS-SMB2] 2.2.35.
//
//	StructureSize[2]=32 Flags[2] OutputBufferLength[4] FileId[16]
//	CompletionFilter[4] Reserved[4]
type ChangeNotifyRequest struct {
	Flags        uint16
	OutputLength uint32 // bytes the client takes
	FileID       FileID
	Filter       NotifyFilter
}

// ChangeNotifyTree in ChangeNotifyRequest.Flags: all below the directory too.
const ChangeNotifyTree = 1

// A NotifyFilter is which changes are told, [MS-SMB2] 2.2.35.
type NotifyFilter uint32

const (
	NotifyFileName    NotifyFilter = 1 << 0
	NotifyDirName     NotifyFilter = 1 << 1
	NotifyAttributes  NotifyFilter = 1 << 2
	NotifySize        NotifyFilter = 1 << 3
	NotifyLastWrite   NotifyFilter = 1 << 4
	NotifyLastAccess  NotifyFilter = 1 << 5
	NotifyCreation    NotifyFilter = 1 << 6
	NotifyEA          NotifyFilter = 1 << 7
	NotifySecurity    NotifyFilter = 1 << 8
	NotifyStreamName  NotifyFilter = 1 << 9
	NotifyStreamSize  NotifyFilter = 1 << 10
	NotifyStreamWrite NotifyFilter = 1 << 11
)

// Has says whether all of f are set.
func (n NotifyFilter) Has(f NotifyFilter) bool { return n&f == f }

const (
	changeNotifyRequestSize = 32

	changeNotifyRequest, changeNotifyRequestSection = "CHANGE_NOTIFY request", "2.2.35"
)

// ParseChangeNotifyRequest reads the body.
func ParseChangeNotifyRequest(element []byte) (r ChangeNotifyRequest, err error) {
	c, err := body(element, changeNotifyRequestSize, changeNotifyRequest, changeNotifyRequestSection)
	if err != nil {
		return r, err
	}
	r.Flags, r.OutputLength, r.FileID, r.Filter = c.u16(), c.u32(), c.fileID(), NotifyFilter(c.u32())
	c.u32() // reserved, ignored
	return r, c.short(changeNotifyRequest, changeNotifyRequestSection)
}

// AppendBody appends the body.
func (r *ChangeNotifyRequest) AppendBody(b []byte) []byte {
	b = append(le32(le16(le16(b, changeNotifyRequestSize), r.Flags), r.OutputLength), r.FileID[:]...)
	return le32(le32(b, uint32(r.Filter)), 0)
}

// A ChangeNotifyResponse is the fixed part of a CHANGE_NOTIFY response,
// [MS-SMB2] 2.2.36.
//
//	StructureSize[2]=9 OutputBufferOffset[2] OutputBufferLength[4]
//	Buffer[variable]
type ChangeNotifyResponse struct {
	OutputOffset uint16
	OutputLength uint32
}

const changeNotifyResponse, changeNotifyResponseSection = "CHANGE_NOTIFY response", "2.2.36"

// ParseChangeNotifyResponse reads the fixed part.
func ParseChangeNotifyResponse(element []byte) (r ChangeNotifyResponse, err error) {
	o, err := parseOutput(element, changeNotifyResponse, changeNotifyResponseSection)
	return ChangeNotifyResponse(o), err
}

// AppendBody appends the fixed part.
func (r *ChangeNotifyResponse) AppendBody(b []byte) []byte { return output(*r).appendTo(b) }

// Output is the part of element that the output is in.
func (r *ChangeNotifyResponse) Output(element []byte) ([]byte, error) {
	return output(*r).in(element, changeNotifyResponse, changeNotifyResponseSection)
}

// Append appends the whole body: the fixed part with offset and length set, and
// data.
func (*ChangeNotifyResponse) Append(b, data []byte) []byte { return appendOutput(b, data) }
