package smb2

import "fmt"

// A ValidateNegotiateRequest is the input of FsctlValidateNegotiateInfo,
// [MS-SMB2] 2.2.31.4: what the client said in its NEGOTIATE.
//
//	Capabilities[4] Guid[16] SecurityMode[2] DialectCount[2]
//	Dialects[2*DialectCount]
type ValidateNegotiateRequest struct {
	Capabilities Capabilities
	ClientGUID   GUID
	SecurityMode SecurityMode
	Dialects     []Dialect
}

const (
	validateNegotiateRequest, validateNegotiateRequestSection   = "VALIDATE_NEGOTIATE_INFO request", "2.2.31.4"
	validateNegotiateResponse, validateNegotiateResponseSection = "VALIDATE_NEGOTIATE_INFO response", "2.2.32.6"
)

// ParseValidateNegotiateRequest reads an IOCTL's input.
func ParseValidateNegotiateRequest(input []byte) (r ValidateNegotiateRequest, err error) {
	c := cursor{input, true}
	r.Capabilities, r.ClientGUID, r.SecurityMode = Capabilities(c.u32()), c.guid(), SecurityMode(c.u16())
	count := c.u16()
	if !c.ok || count == 0 || count > MaxDialects || len(c.b) < 2*int(count) {
		return r, &ParseError{validateNegotiateRequest, validateNegotiateRequestSection, fmt.Sprintf("DialectCount %d in %d bytes", count, len(input))}
	}
	r.Dialects = make([]Dialect, count)
	for i := range r.Dialects {
		r.Dialects[i] = Dialect(c.u16())
	}
	return r, nil
}

// AppendBody appends an IOCTL's input.
func (r *ValidateNegotiateRequest) AppendBody(b []byte) []byte {
	b = append(le32(b, uint32(r.Capabilities)), r.ClientGUID[:]...)
	b = le16(le16(b, uint16(r.SecurityMode)), uint16(len(r.Dialects)))
	return appendIDs(b, r.Dialects)
}

// A ValidateNegotiateResponse is the output of FsctlValidateNegotiateInfo,
// [MS-SMB2] 2.2.32.6: what the server said in its NEGOTIATE.
//
//	Capabilities[4] Guid[16] SecurityMode[2] Dialect[2]
type ValidateNegotiateResponse struct {
	Capabilities Capabilities
	ServerGUID   GUID
	SecurityMode SecurityMode
	Dialect      Dialect
}

// ValidateNegotiateResponseSize is the output's length: a client takes as much.
const ValidateNegotiateResponseSize = 24

// ParseValidateNegotiateResponse reads an IOCTL's output.
func ParseValidateNegotiateResponse(output []byte) (r ValidateNegotiateResponse, err error) {
	c := cursor{output, true}
	r.Capabilities, r.ServerGUID = Capabilities(c.u32()), c.guid()
	r.SecurityMode, r.Dialect = SecurityMode(c.u16()), Dialect(c.u16())
	return r, c.short(validateNegotiateResponse, validateNegotiateResponseSection)
}

// AppendBody appends an IOCTL's output.
func (r *ValidateNegotiateResponse) AppendBody(b []byte) []byte {
	b = append(le32(b, uint32(r.Capabilities)), r.ServerGUID[:]...)
	return le16(le16(b, uint16(r.SecurityMode)), uint16(r.Dialect))
}
