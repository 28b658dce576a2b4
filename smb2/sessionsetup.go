package smb2

// A SessionSetupRequest is the fixed part of a SESSION_SETUP request,
// [MS-SMB2] 2.2.5.
//
//	StructureSize[2]=25 Flags[1] SecurityMode[1] Capabilities[4] Channel[4]
//	SecurityBufferOffset[2] SecurityBufferLength[2] PreviousSessionId[8]
//	Buffer[variable]
type SessionSetupRequest struct {
	Flags             uint8
	SecurityMode      SecurityMode // one byte here
	Capabilities      Capabilities
	SecurityOffset    uint16
	SecurityLength    uint16
	PreviousSessionID uint64
}

// SessionBinding in SessionSetupRequest.Flags: a session of another connection
// gets this one too, 3.x.
const SessionBinding = 1

const (
	sessionSetupRequestSize   = 25
	sessionSetupRequestBuffer = HeaderSize + 24

	sessionSetupRequest, sessionSetupRequestSection = "SESSION_SETUP request", "2.2.5"
)

// ParseSessionSetupRequest reads the fixed part.
func ParseSessionSetupRequest(element []byte) (r SessionSetupRequest, err error) {
	c, err := body(element, sessionSetupRequestSize, sessionSetupRequest, sessionSetupRequestSection)
	if err != nil {
		return r, err
	}
	r.Flags, r.SecurityMode, r.Capabilities = c.u8(), SecurityMode(c.u8()), Capabilities(c.u32())
	c.u32() // channel: reserved, ignored
	r.SecurityOffset, r.SecurityLength, r.PreviousSessionID = c.u16(), c.u16(), c.u64()
	return r, c.short(sessionSetupRequest, sessionSetupRequestSection)
}

// AppendBody appends the fixed part.
func (r *SessionSetupRequest) AppendBody(b []byte) []byte {
	b = append(le16(b, sessionSetupRequestSize), r.Flags, uint8(r.SecurityMode))
	b = le32(le32(b, uint32(r.Capabilities)), 0)
	return le64(le16(le16(b, r.SecurityOffset), r.SecurityLength), r.PreviousSessionID)
}

// Security is the part of element that the client's token is in.
func (r *SessionSetupRequest) Security(element []byte) ([]byte, error) {
	return part(element, uint32(r.SecurityOffset), uint32(r.SecurityLength), sessionSetupRequestBuffer,
		"the security buffer", sessionSetupRequest, sessionSetupRequestSection)
}

// Append appends the whole body: the fixed part with offset and length set, and
// token, which has less than 64 KiB.
func (r *SessionSetupRequest) Append(b, token []byte) []byte {
	v := *r
	v.SecurityOffset, v.SecurityLength = sessionSetupRequestBuffer, uint16(len(token))
	return orZero(v.AppendBody(b), token)
}

// A SessionSetupResponse is the fixed part of a SESSION_SETUP response,
// [MS-SMB2] 2.2.6.
//
//	StructureSize[2]=9 SessionFlags[2] SecurityBufferOffset[2]
//	SecurityBufferLength[2] Buffer[variable]
type SessionSetupResponse struct {
	Flags          SessionFlags
	SecurityOffset uint16
	SecurityLength uint16
}

// SessionFlags say what a session is, [MS-SMB2] 2.2.6.
type SessionFlags uint16

const (
	SessionGuest   SessionFlags = 1 << 0 // IS_GUEST
	SessionNull    SessionFlags = 1 << 1 // IS_NULL: anonymous
	SessionEncrypt SessionFlags = 1 << 2 // ENCRYPT_DATA: all of it, 3.x
)

// Has says whether all of f are set.
func (s SessionFlags) Has(f SessionFlags) bool { return s&f == f }

const (
	sessionSetupResponseSize   = 9
	sessionSetupResponseBuffer = HeaderSize + 8

	sessionSetupResponse, sessionSetupResponseSection = "SESSION_SETUP response", "2.2.6"
)

// ParseSessionSetupResponse reads the fixed part.
func ParseSessionSetupResponse(element []byte) (r SessionSetupResponse, err error) {
	c, err := body(element, sessionSetupResponseSize, sessionSetupResponse, sessionSetupResponseSection)
	if err != nil {
		return r, err
	}
	r.Flags, r.SecurityOffset, r.SecurityLength = SessionFlags(c.u16()), c.u16(), c.u16()
	return r, c.short(sessionSetupResponse, sessionSetupResponseSection)
}

// AppendBody appends the fixed part.
func (r *SessionSetupResponse) AppendBody(b []byte) []byte {
	return le16(le16(le16(le16(b, sessionSetupResponseSize), uint16(r.Flags)), r.SecurityOffset), r.SecurityLength)
}

// Security is the part of element that the server's token is in.
func (r *SessionSetupResponse) Security(element []byte) ([]byte, error) {
	return part(element, uint32(r.SecurityOffset), uint32(r.SecurityLength), sessionSetupResponseBuffer,
		"the security buffer", sessionSetupResponse, sessionSetupResponseSection)
}

// Append appends the whole body: the fixed part with offset and length set, and
// token, which has less than 64 KiB.
func (r *SessionSetupResponse) Append(b, token []byte) []byte {
	v := *r
	v.SecurityOffset, v.SecurityLength = sessionSetupResponseBuffer, uint16(len(token))
	return append(v.AppendBody(b), token...)
}
