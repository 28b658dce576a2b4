package smb2

import "fmt"

// A MaximalAccessRequest is the data of TagMaximalAccess in a request,
// [MS-SMB2] 2.2.13.2.5. Data may also be empty: no time is set then.
//
//	Timestamp[8]
type MaximalAccessRequest struct {
	Timed     bool
	Timestamp FileTime // when Timed: answer only if the file changed since
}

// ParseMaximalAccessRequest reads a context's data.
func ParseMaximalAccessRequest(data []byte) (r MaximalAccessRequest, err error) {
	switch len(data) {
	case 0:
		return r, nil
	case 8:
		c := cursor{data, true}
		return MaximalAccessRequest{true, FileTime(c.u64())}, nil
	}
	return r, &ParseError{"maximal access request", "2.2.13.2.5", fmt.Sprintf("%d bytes, not 0 or 8", len(data))}
}

// AppendBody appends a context's data.
func (r *MaximalAccessRequest) AppendBody(b []byte) []byte {
	if !r.Timed {
		return b
	}
	return le64(b, uint64(r.Timestamp))
}

// A MaximalAccessResponse is the data of TagMaximalAccess in a response,
// [MS-SMB2] 2.2.14.2.5.
//
//	QueryStatus[4] MaximalAccess[4]
type MaximalAccessResponse struct {
	Status Status
	Access Access // with StatusSuccess
}

// ParseMaximalAccessResponse reads a context's data.
func ParseMaximalAccessResponse(data []byte) (r MaximalAccessResponse, err error) {
	c, err := exactly(data, 8, "maximal access response", "2.2.14.2.5")
	r.Status, r.Access = Status(c.u32()), Access(c.u32())
	return r, err
}

// AppendBody appends a context's data.
func (r *MaximalAccessResponse) AppendBody(b []byte) []byte {
	return le32(le32(b, uint32(r.Status)), uint32(r.Access))
}
