package smb2

import (
	"fmt"
	"slices"
)

// A NegotiateRequest is the part of a NEGOTIATE request that says which
// dialects a client speaks, [MS-SMB2] 2.2.3.
//
//	StructureSize[2]=36 DialectCount[2] SecurityMode[2] Reserved[2]
//	Capabilities[4] ClientGuid[16] NegotiateContextOffset[4]
//	NegotiateContextCount[2] Reserved2[2] Dialects[2*DialectCount]
type NegotiateRequest struct {
	SecurityMode  SecurityMode
	Capabilities  Capabilities
	ClientGUID    GUID
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
	r.SecurityMode = SecurityMode(c.u16())
	c.u16() // reserved, ignored
	r.Capabilities, r.ClientGUID = Capabilities(c.u32()), c.guid()
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
	b = le32(le16(le16(b, uint16(r.SecurityMode)), 0), uint32(r.Capabilities))
	b = append(b, r.ClientGUID[:]...)
	b = le16(le16(le32(b, r.ContextOffset), r.ContextCount), 0)
	for _, d := range r.Dialects {
		b = le16(b, uint16(d))
	}
	return b
}

// Contexts appends the negotiate contexts of a request that has 3.1.1 among its
// dialects to list; before 3.1.1 the fields are a time and there are none.
func (r *NegotiateRequest) Contexts(list []NegotiateContext, element []byte) ([]NegotiateContext, error) {
	if !slices.Contains(r.Dialects, Dialect311) {
		return list, nil
	}
	start := HeaderSize + negotiateRequestSize + 2*len(r.Dialects)
	return parseNegotiateContexts(list, element, r.ContextOffset, r.ContextCount, start, negotiateRequest, negotiateRequestSection)
}

// Append appends the whole body: the fixed part, the dialects, and contexts
// where the fixed part then says. Without contexts the fields stay as they are.
func (r *NegotiateRequest) Append(b []byte, contexts []NegotiateContext) []byte {
	v, n := *r, negotiateRequestSize+2*len(r.Dialects)
	if len(contexts) == 0 {
		return v.AppendBody(b)
	}
	v.ContextOffset, v.ContextCount = uint32(HeaderSize+n+Pad(n)), uint16(len(contexts))
	return AppendNegotiateContexts(zeros(v.AppendBody(b), Pad(n)), contexts)
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
	SecurityMode    SecurityMode
	Dialect         Dialect
	ContextCount    uint16
	ServerGUID      GUID
	Capabilities    Capabilities
	MaxTransactSize uint32 // bytes
	MaxReadSize     uint32 // bytes
	MaxWriteSize    uint32 // bytes
	SystemTime      FileTime
	ServerStartTime FileTime
	SecurityOffset  uint16
	SecurityLength  uint16
	ContextOffset   uint32
}

const (
	negotiateResponseSize = 65

	negotiateResponseBuffer = HeaderSize + 64

	negotiateResponse, negotiateResponseSection = "NEGOTIATE response", "2.2.4"
)

// ParseNegotiateResponse reads the fixed part.
func ParseNegotiateResponse(element []byte) (r NegotiateResponse, err error) {
	c, err := body(element, negotiateResponseSize, negotiateResponse, negotiateResponseSection)
	if err != nil {
		return r, err
	}
	r.SecurityMode, r.Dialect, r.ContextCount = SecurityMode(c.u16()), Dialect(c.u16()), c.u16()
	r.ServerGUID, r.Capabilities = c.guid(), Capabilities(c.u32())
	r.MaxTransactSize, r.MaxReadSize, r.MaxWriteSize = c.u32(), c.u32(), c.u32()
	r.SystemTime, r.ServerStartTime = FileTime(c.u64()), FileTime(c.u64())
	r.SecurityOffset, r.SecurityLength, r.ContextOffset = c.u16(), c.u16(), c.u32()
	return r, c.short(negotiateResponse, negotiateResponseSection)
}

// AppendBody appends the fixed part.
func (r *NegotiateResponse) AppendBody(b []byte) []byte {
	b = le16(le16(b, negotiateResponseSize), uint16(r.SecurityMode))
	b = le16(le16(b, uint16(r.Dialect)), r.ContextCount)
	b = append(b, r.ServerGUID[:]...)
	b = le32(le32(b, uint32(r.Capabilities)), r.MaxTransactSize)
	b = le32(le32(b, r.MaxReadSize), r.MaxWriteSize)
	b = le64(le64(b, uint64(r.SystemTime)), uint64(r.ServerStartTime))
	return le32(le16(le16(b, r.SecurityOffset), r.SecurityLength), r.ContextOffset)
}

// Security is the part of element that the server's first token is in.
func (r *NegotiateResponse) Security(element []byte) ([]byte, error) {
	return part(element, uint32(r.SecurityOffset), uint32(r.SecurityLength), negotiateResponseBuffer,
		"the security buffer", negotiateResponse, negotiateResponseSection)
}

// Contexts appends the negotiate contexts of a response with 3.1.1 to list; of
// other dialects there are none.
func (r *NegotiateResponse) Contexts(list []NegotiateContext, element []byte) ([]NegotiateContext, error) {
	if r.Dialect != Dialect311 {
		return list, nil
	}
	return parseNegotiateContexts(list, element, r.ContextOffset, r.ContextCount, negotiateResponseBuffer,
		negotiateResponse, negotiateResponseSection)
}

// Append appends the whole body: the fixed part with its offsets and lengths
// set, token, and contexts. A token has less than 64 KiB.
func (r *NegotiateResponse) Append(b, token []byte, contexts []NegotiateContext) []byte {
	v := *r
	v.SecurityOffset, v.SecurityLength = negotiateResponseBuffer, uint16(len(token))
	v.ContextOffset, v.ContextCount = 0, uint16(len(contexts))
	pad := Pad(len(token))
	if len(contexts) == 0 {
		return orZero(v.AppendBody(b), token)
	}
	v.ContextOffset = uint32(negotiateResponseBuffer + len(token) + pad)
	return AppendNegotiateContexts(zeros(append(v.AppendBody(b), token...), pad), contexts)
}
