package smb2

// An ErrorResponse is the body of a reply that failed, [MS-SMB2] 2.2.2.
//
//	StructureSize[2]=9 ErrorContextCount[1] Reserved[1] ByteCount[4]
//	ErrorData[variable]
type ErrorResponse struct {
	ContextCount uint8
	ByteCount    uint32 // of ErrorData
}

const (
	errorResponseSize = 9

	// ErrorResponseBuffer is where ErrorData begins, from the header on.
	ErrorResponseBuffer = HeaderSize + 8

	// ErrorResponseLength is an error without data, header included. Its one
	// byte of ErrorData is zero and not counted in ByteCount, 2.2.2.
	ErrorResponseLength = ErrorResponseBuffer + 1

	errorResponse, errorResponseSection = "ERROR response", "2.2.2"
)

// ParseErrorResponse reads the fixed part.
func ParseErrorResponse(element []byte) (r ErrorResponse, err error) {
	c, err := body(element, errorResponseSize, errorResponse, errorResponseSection)
	if err != nil {
		return r, err
	}
	r.ContextCount = c.u8()
	c.u8() // reserved, ignored
	r.ByteCount = c.u32()
	return r, c.short(errorResponse, errorResponseSection)
}

// AppendBody appends the fixed part. ByteCount bytes of data, or one zero, have
// to follow it.
func (r *ErrorResponse) AppendBody(b []byte) []byte {
	return le32(append(le16(b, errorResponseSize), r.ContextCount, 0), r.ByteCount)
}

// Data is the part of element that the error's data is in.
func (r *ErrorResponse) Data(element []byte) ([]byte, error) {
	data, ok := span(element, ErrorResponseBuffer, r.ByteCount)
	if !ok {
		return nil, &ParseError{errorResponse, errorResponseSection, "ByteCount is beyond the message"}
	}
	return data, nil
}
