package smb2

// DurableFlags go with version 2 of durable handles, [MS-SMB2] 2.2.13.2.11.
type DurableFlags uint32

// DurablePersistent asks for or grants a handle that outlives the server.
const DurablePersistent DurableFlags = 1 << 1

// A DurableRequestV2 is the data of TagDurableV2 in a request,
// [MS-SMB2] 2.2.13.2.11.
//
//	Timeout[4] Flags[4] Reserved[8] CreateGuid[16]
type DurableRequestV2 struct {
	Timeout    uint32 // milliseconds, 0 for the server's
	Flags      DurableFlags
	CreateGUID GUID
}

// ParseDurableRequestV2 reads a context's data.
func ParseDurableRequestV2(data []byte) (r DurableRequestV2, err error) {
	c, err := exactly(data, 32, "durable handle request v2", "2.2.13.2.11")
	r.Timeout, r.Flags = c.u32(), DurableFlags(c.u32())
	c.u64() // reserved, ignored
	r.CreateGUID = c.guid()
	return r, err
}

// AppendBody appends a context's data.
func (r *DurableRequestV2) AppendBody(b []byte) []byte {
	return append(le64(le32(le32(b, r.Timeout), uint32(r.Flags)), 0), r.CreateGUID[:]...)
}

// A DurableResponseV2 is the data of TagDurableV2 in a response,
// [MS-SMB2] 2.2.14.2.12.
//
//	Timeout[4] Flags[4]
type DurableResponseV2 struct {
	Timeout uint32 // milliseconds
	Flags   DurableFlags
}

// ParseDurableResponseV2 reads a context's data.
func ParseDurableResponseV2(data []byte) (r DurableResponseV2, err error) {
	c, err := exactly(data, 8, "durable handle response v2", "2.2.14.2.12")
	r.Timeout, r.Flags = c.u32(), DurableFlags(c.u32())
	return r, err
}

// AppendBody appends a context's data.
func (r *DurableResponseV2) AppendBody(b []byte) []byte {
	return le32(le32(b, r.Timeout), uint32(r.Flags))
}

// A DurableReconnectV2 is the data of TagDurableReconnV2,
// [MS-SMB2] 2.2.13.2.12.
//
//	FileId[16] CreateGuid[16] Flags[4]
type DurableReconnectV2 struct {
	FileID     FileID
	CreateGUID GUID
	Flags      DurableFlags
}

// ParseDurableReconnectV2 reads a context's data.
func ParseDurableReconnectV2(data []byte) (r DurableReconnectV2, err error) {
	c, err := exactly(data, 36, "durable handle reconnect v2", "2.2.13.2.12")
	r.FileID, r.CreateGUID, r.Flags = c.fileID(), c.guid(), DurableFlags(c.u32())
	return r, err
}

// AppendBody appends a context's data.
func (r *DurableReconnectV2) AppendBody(b []byte) []byte {
	b = append(append(b, r.FileID[:]...), r.CreateGUID[:]...)
	return le32(b, uint32(r.Flags))
}
