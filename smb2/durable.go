package smb2

// A DurableRequest is the data of TagDurable in a request,
// [MS-SMB2] 2.2.13.2.3: the open is to outlive its connection.
//
//	DurableRequest[16], reserved
type DurableRequest struct{}

// ParseDurableRequest checks a context's data.
func ParseDurableRequest(data []byte) (r DurableRequest, err error) {
	_, err = exactly(data, 16, "durable handle request", "2.2.13.2.3")
	return r, err
}

// AppendBody appends a context's data.
func (*DurableRequest) AppendBody(b []byte) []byte { return zeros(b, 16) }

// A DurableResponse is the data of TagDurable in a response,
// [MS-SMB2] 2.2.14.2.3: granted.
//
//	Reserved[8]
type DurableResponse struct{}

// ParseDurableResponse checks a context's data.
func ParseDurableResponse(data []byte) (r DurableResponse, err error) {
	_, err = exactly(data, 8, "durable handle response", "2.2.14.2.3")
	return r, err
}

// AppendBody appends a context's data.
func (*DurableResponse) AppendBody(b []byte) []byte { return zeros(b, 8) }

// A DurableReconnect is the data of TagDurableReconn, [MS-SMB2] 2.2.13.2.4.
//
//	FileId[16]
type DurableReconnect struct {
	FileID FileID
}

// ParseDurableReconnect reads a context's data.
func ParseDurableReconnect(data []byte) (r DurableReconnect, err error) {
	c, err := exactly(data, 16, "durable handle reconnect", "2.2.13.2.4")
	r.FileID = c.fileID()
	return r, err
}

// AppendBody appends a context's data.
func (r *DurableReconnect) AppendBody(b []byte) []byte { return append(b, r.FileID[:]...) }
