package smb2

// A CreateRequest is the fixed part of a CREATE request, [MS-SMB2] 2.2.13.
//
//	StructureSize[2]=57 SecurityFlags[1] RequestedOplockLevel[1]
//	ImpersonationLevel[4] SmbCreateFlags[8] Reserved[8] DesiredAccess[4]
//	FileAttributes[4] ShareAccess[4] CreateDisposition[4] CreateOptions[4]
//	NameOffset[2] NameLength[2] CreateContextsOffset[4]
//	CreateContextsLength[4] Buffer[variable]
type CreateRequest struct {
	OplockLevel    OplockLevel
	Impersonation  Impersonation
	Access         Access
	Attributes     FileAttributes
	Share          ShareAccess
	Disposition    Disposition
	Options        CreateOptions
	NameOffset     uint16
	NameLength     uint16
	ContextsOffset uint32
	ContextsLength uint32
}

const (
	createRequestSize   = 57
	createRequestBuffer = HeaderSize + 56

	createRequest, createRequestSection = "CREATE request", "2.2.13"
)

// ParseCreateRequest reads the fixed part.
func ParseCreateRequest(element []byte) (r CreateRequest, err error) {
	c, err := body(element, createRequestSize, createRequest, createRequestSection)
	if err != nil {
		return r, err
	}
	c.u8() // SecurityFlags: reserved, ignored
	r.OplockLevel, r.Impersonation = OplockLevel(c.u8()), Impersonation(c.u32())
	c.take(16) // SmbCreateFlags and Reserved: ignored
	r.Access, r.Attributes, r.Share = Access(c.u32()), FileAttributes(c.u32()), ShareAccess(c.u32())
	r.Disposition, r.Options = Disposition(c.u32()), CreateOptions(c.u32())
	r.NameOffset, r.NameLength, r.ContextsOffset, r.ContextsLength = c.u16(), c.u16(), c.u32(), c.u32()
	return r, c.short(createRequest, createRequestSection)
}

// AppendBody appends the fixed part.
func (r *CreateRequest) AppendBody(b []byte) []byte {
	b = append(le16(b, createRequestSize), 0, uint8(r.OplockLevel))
	b = le64(le64(le32(b, uint32(r.Impersonation)), 0), 0)
	b = le32(le32(le32(b, uint32(r.Access)), uint32(r.Attributes)), uint32(r.Share))
	b = le32(le32(b, uint32(r.Disposition)), uint32(r.Options))
	b = le16(le16(b, r.NameOffset), r.NameLength)
	return le32(le32(b, r.ContextsOffset), r.ContextsLength)
}

// Name is the part of element that the name is in, UTF-16LE, relative to the
// share. Empty is the share's root.
func (r *CreateRequest) Name(element []byte) ([]byte, error) {
	if r.NameLength%2 != 0 {
		return nil, &ParseError{createRequest, createRequestSection, "NameLength is odd"}
	}
	return part(element, uint32(r.NameOffset), uint32(r.NameLength), createRequestBuffer, "the name", createRequest, createRequestSection)
}

// Contexts is the part of element that the list of create contexts is in, for
// ParseCreateContexts.
func (r *CreateRequest) Contexts(element []byte) ([]byte, error) {
	return contexts(element, r.ContextsOffset, r.ContextsLength, createRequestBuffer, createRequest, createRequestSection)
}

// contexts follows a CREATE's list, which begins on a multiple of 8,
// [MS-SMB2] 2.2.13, 2.2.14.
func contexts(element []byte, off, n, start uint32, structure, section string) ([]byte, error) {
	if n > 0 && off%8 != 0 {
		return nil, &ParseError{structure, section, "CreateContextsOffset is not a multiple of 8"}
	}
	return part(element, off, n, start, "the list of contexts", structure, section)
}

// Append appends the whole body: the fixed part with offsets and lengths set,
// name, which has less than 64 KiB, and contexts.
func (r *CreateRequest) Append(b, name []byte, contexts []CreateContext) []byte {
	v, at := *r, len(b)
	v.NameOffset, v.NameLength = createRequestBuffer, uint16(len(name))
	v.ContextsOffset, v.ContextsLength = 0, 0
	b = v.AppendBody(b)
	if len(contexts) == 0 {
		return orZero(b, name)
	}
	b = append(b, name...)
	b = zeros(b, Pad(len(b)-at))
	v.ContextsOffset = uint32(HeaderSize + len(b) - at)
	list := len(b)
	b = AppendCreateContexts(b, contexts)
	v.ContextsLength = uint32(len(b) - list)
	v.AppendBody(b[:at])
	return b
}
