package smb2

import "fmt"

// A NegotiateRequest is the part of a NEGOTIATE request that says which
// dialects a client speaks, [MS-SMB2] 2.2.3.
//
//	StructureSize[2]=36 DialectCount[2] SecurityMode[2] Reserved[2]
//	Capabilities[4] ClientGuid[16] NegotiateContextOffset[4]
//	NegotiateContextCount[2] Reserved2[2] Dialects[2*DialectCount]
type NegotiateRequest struct {
	SecurityMode  uint16
	Capabilities  uint32
	ClientGUID    [16]byte
	ContextOffset uint32 // only with 3.1.1 among the dialects; a time before
	ContextCount  uint16
	Dialects      []Dialect
}

const (
	negotiateRequestSize = 36

	negotiateRequest, negotiateRequestSection = "NEGOTIATE request", "2.2.3"
)

// ParseNegotiateRequest reads the fixed part and the dialects.
func ParseNegotiateRequest(element []byte) (r NegotiateRequest, err error) {
	c, err := body(element, negotiateRequestSize, negotiateRequest, negotiateRequestSection)
	if err != nil {
		return r, err
	}
	count := c.u16()
	r.SecurityMode = c.u16()
	c.u16() // reserved, ignored
	r.Capabilities = c.u32()
	copy(r.ClientGUID[:], c.take(len(r.ClientGUID)))
	r.ContextOffset, r.ContextCount = c.u32(), c.u16()
	c.u16() // reserved, ignored
	if count == 0 || count > MaxDialects {
		return r, &ParseError{negotiateRequest, negotiateRequestSection, fmt.Sprintf("DialectCount %d", count)}
	}
	r.Dialects = make([]Dialect, count)
	for i := range r.Dialects {
		r.Dialects[i] = Dialect(c.u16())
	}
	return r, c.short(negotiateRequest, negotiateRequestSection)
}

// AppendBody appends the fixed part and the dialects.
func (r *NegotiateRequest) AppendBody(b []byte) []byte {
	b = le16(le16(b, negotiateRequestSize), uint16(len(r.Dialects)))
	b = le32(le16(le16(b, r.SecurityMode), 0), r.Capabilities)
	b = append(b, r.ClientGUID[:]...)
	b = le16(le16(le32(b, r.ContextOffset), r.ContextCount), 0)
	for _, d := range r.Dialects {
		b = le16(b, uint16(d))
	}
	return b
}

// A NegotiateResponse is the fixed part of a NEGOTIATE response,
// [MS-SMB2] 2.2.4.
//
//	StructureSize[2]=65 SecurityMode[2] DialectRevision[2]
//	NegotiateContextCount[2] ServerGuid[16] Capabilities[4]
//	MaxTransactSize[4] MaxReadSize[4] MaxWriteSize[4] SystemTime[8]
//	ServerStartTime[8] SecurityBufferOffset[2] SecurityBufferLength[2]
//	NegotiateContextOffset[4] Buffer[variable]
type NegotiateResponse struct {
	SecurityMode    uint16
	Dialect         Dialect
	ContextCount    uint16
	ServerGUID      [16]byte
	Capabilities    uint32
	MaxTransactSize uint32 // bytes
	MaxReadSize     uint32 // bytes
	MaxWriteSize    uint32 // bytes
	SystemTime      uint64
	ServerStartTime uint64
	SecurityOffset  uint16
	SecurityLength  uint16
	ContextOffset   uint32
}

const (
	negotiateResponseSize = 65

	negotiateResponse, negotiateResponseSection = "NEGOTIATE response", "2.2.4"
)

// ParseNegotiateResponse reads the fixed part.
func ParseNegotiateResponse(element []byte) (r NegotiateResponse, err error) {
	c, err := body(element, negotiateResponseSize, negotiateResponse, negotiateResponseSection)
	if err != nil {
		return r, err
	}
	r.SecurityMode, r.Dialect, r.ContextCount = c.u16(), Dialect(c.u16()), c.u16()
	copy(r.ServerGUID[:], c.take(len(r.ServerGUID)))
	r.Capabilities = c.u32()
	r.MaxTransactSize, r.MaxReadSize, r.MaxWriteSize = c.u32(), c.u32(), c.u32()
	r.SystemTime, r.ServerStartTime = c.u64(), c.u64()
	r.SecurityOffset, r.SecurityLength, r.ContextOffset = c.u16(), c.u16(), c.u32()
	return r, c.short(negotiateResponse, negotiateResponseSection)
}

// AppendBody appends the fixed part.
func (r *NegotiateResponse) AppendBody(b []byte) []byte {
	b = le16(le16(b, negotiateResponseSize), r.SecurityMode)
	b = le16(le16(b, uint16(r.Dialect)), r.ContextCount)
	b = append(b, r.ServerGUID[:]...)
	b = le32(le32(b, r.Capabilities), r.MaxTransactSize)
	b = le32(le32(b, r.MaxReadSize), r.MaxWriteSize)
	b = le64(le64(b, r.SystemTime), r.ServerStartTime)
	return le32(le16(le16(b, r.SecurityOffset), r.SecurityLength), r.ContextOffset)
}
