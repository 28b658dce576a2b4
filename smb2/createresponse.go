package smb2

// A CreateResponse is the fixed part of a CREATE response, [MS-SMB2] 2.2.14.
//
//	StructureSize[2]=89 OplockLevel[1] Flags[1] CreateAction[4]
//	CreationTime[8] LastAccessTime[8] LastWriteTime[8] ChangeTime[8]
//	AllocationSize[8] EndofFile[8] FileAttributes[4] Reserved2[4] FileId[16]
//	CreateContextsOffset[4] CreateContextsLength[4] Buffer[variable]
type CreateResponse struct {
	OplockLevel    OplockLevel
	Flags          uint8 // 3.x: CreateReparsePoint
	Action         CreateAction
	Times          FileTimes
	AllocationSize uint64
	EndOfFile      uint64
	Attributes     FileAttributes
	FileID         FileID
	ContextsOffset uint32
	ContextsLength uint32
}

// FileTimes are the times of a file, [MS-SMB2] 2.2.14, 2.2.16.
//
//	CreationTime[8] LastAccessTime[8] LastWriteTime[8] ChangeTime[8]
type FileTimes struct {
	Creation, LastAccess, LastWrite, Change FileTime
}

func (c *cursor) fileTimes() FileTimes {
	return FileTimes{FileTime(c.u64()), FileTime(c.u64()), FileTime(c.u64()), FileTime(c.u64())}
}

func (t FileTimes) appendTo(b []byte) []byte {
	b = le64(le64(b, uint64(t.Creation)), uint64(t.LastAccess))
	return le64(le64(b, uint64(t.LastWrite)), uint64(t.Change))
}

// CreateReparsePoint in CreateResponse.Flags: the last component of the name is
// a reparse point.
const CreateReparsePoint = 1

const (
	createResponseSize   = 89
	createResponseBuffer = HeaderSize + 88

	createResponse, createResponseSection = "CREATE response", "2.2.14"
)

// ParseCreateResponse reads the fixed part.
func ParseCreateResponse(element []byte) (r CreateResponse, err error) {
	c, err := body(element, createResponseSize, createResponse, createResponseSection)
	if err != nil {
		return r, err
	}
	r.OplockLevel, r.Flags, r.Action = OplockLevel(c.u8()), c.u8(), CreateAction(c.u32())
	r.Times, r.AllocationSize, r.EndOfFile = c.fileTimes(), c.u64(), c.u64()
	r.Attributes = FileAttributes(c.u32())
	c.u32() // reserved, ignored
	r.FileID, r.ContextsOffset, r.ContextsLength = c.fileID(), c.u32(), c.u32()
	return r, c.short(createResponse, createResponseSection)
}

// AppendBody appends the fixed part.
func (r *CreateResponse) AppendBody(b []byte) []byte {
	b = append(le16(b, createResponseSize), uint8(r.OplockLevel), r.Flags)
	b = r.Times.appendTo(le32(b, uint32(r.Action)))
	b = le64(le64(b, r.AllocationSize), r.EndOfFile)
	b = append(le32(le32(b, uint32(r.Attributes)), 0), r.FileID[:]...)
	return le32(le32(b, r.ContextsOffset), r.ContextsLength)
}

// Contexts is the part of element that the list of create contexts is in, for
// ParseCreateContexts.
func (r *CreateResponse) Contexts(element []byte) ([]byte, error) {
	return contexts(element, r.ContextsOffset, r.ContextsLength, createResponseBuffer, createResponse, createResponseSection)
}

// Append appends the whole body: the fixed part with offset and length set, and
// contexts. Without any there is nothing behind the fixed part.
func (r *CreateResponse) Append(b []byte, contexts []CreateContext) []byte {
	v, at := *r, len(b)
	v.ContextsOffset, v.ContextsLength = 0, 0
	b = v.AppendBody(b)
	if len(contexts) == 0 {
		return b
	}
	list := len(b)
	b = AppendCreateContexts(b, contexts)
	v.ContextsOffset, v.ContextsLength = createResponseBuffer, uint32(len(b)-list)
	v.AppendBody(b[:at])
	return b
}
