package smb2

// A TreeConnectRequest is the fixed part of a TREE_CONNECT request,
// [MS-SMB2] 2.2.9.
//
//	StructureSize[2]=9 Flags[2] PathOffset[2] PathLength[2] Buffer[variable]
//
// With TreeConnectExtension the buffer begins with an extension, 2.2.9.1:
//
//	TreeConnectContextOffset[4] TreeConnectContextCount[2] Reserved[10]
//	PathName[variable] TreeConnectContexts[variable]
type TreeConnectRequest struct {
	Flags      TreeConnectFlags
	PathOffset uint16
	PathLength uint16
}

// TreeConnectFlags are of 3.1.1, [MS-SMB2] 2.2.9.
type TreeConnectFlags uint16

const (
	TreeConnectClusterReconnect TreeConnectFlags = 1 << 0
	TreeConnectRedirectToOwner  TreeConnectFlags = 1 << 1
	TreeConnectExtension        TreeConnectFlags = 1 << 2 // EXTENSION_PRESENT
)

// Has says whether all of f are set.
func (t TreeConnectFlags) Has(f TreeConnectFlags) bool { return t&f == f }

const (
	treeConnectRequestSize      = 9
	treeConnectRequestBuffer    = HeaderSize + 8
	treeConnectRequestExtension = 16 // bytes of the extension's fixed part

	treeConnectRequest, treeConnectRequestSection = "TREE_CONNECT request", "2.2.9"
)

// ParseTreeConnectRequest reads the fixed part.
func ParseTreeConnectRequest(element []byte) (r TreeConnectRequest, err error) {
	c, err := body(element, treeConnectRequestSize, treeConnectRequest, treeConnectRequestSection)
	if err != nil {
		return r, err
	}
	r.Flags, r.PathOffset, r.PathLength = TreeConnectFlags(c.u16()), c.u16(), c.u16()
	return r, c.short(treeConnectRequest, treeConnectRequestSection)
}

// AppendBody appends the fixed part.
func (r *TreeConnectRequest) AppendBody(b []byte) []byte {
	return le16(le16(le16(le16(b, treeConnectRequestSize), uint16(r.Flags)), r.PathOffset), r.PathLength)
}

// Path is the part of element that the path is in, \\server\share in UTF-16LE.
// It is behind the extension when there is one.
func (r *TreeConnectRequest) Path(element []byte) ([]byte, error) {
	if r.PathLength%2 != 0 {
		return nil, &ParseError{treeConnectRequest, treeConnectRequestSection, "PathLength is odd"}
	}
	start := uint32(treeConnectRequestBuffer)
	if r.Flags.Has(TreeConnectExtension) {
		start += treeConnectRequestExtension
	}
	return part(element, uint32(r.PathOffset), uint32(r.PathLength), start, "the path", treeConnectRequest, treeConnectRequestSection)
}

// Append appends the whole body: the fixed part with offset and length set, and
// path, which has less than 64 KiB. There is no extension: its flag is cleared.
func (r *TreeConnectRequest) Append(b, path []byte) []byte {
	v := *r
	v.Flags &^= TreeConnectExtension
	v.PathOffset, v.PathLength = treeConnectRequestBuffer, uint16(len(path))
	return orZero(v.AppendBody(b), path)
}

// A ShareType says what a tree is, [MS-SMB2] 2.2.10.
type ShareType uint8

const (
	ShareDisk  ShareType = 1
	SharePipe  ShareType = 2 // IPC$
	SharePrint ShareType = 3
)

// A TreeConnectResponse is the body of a TREE_CONNECT response,
// [MS-SMB2] 2.2.10.
//
//	StructureSize[2]=16 ShareType[1] Reserved[1] ShareFlags[4]
//	Capabilities[4] MaximalAccess[4]
type TreeConnectResponse struct {
	ShareType     ShareType
	ShareFlags    ShareFlags
	Capabilities  ShareCapabilities
	MaximalAccess Access
}

const (
	treeConnectResponseSize = 16

	treeConnectResponse, treeConnectResponseSection = "TREE_CONNECT response", "2.2.10"
)

// ParseTreeConnectResponse reads the body.
func ParseTreeConnectResponse(element []byte) (r TreeConnectResponse, err error) {
	c, err := body(element, treeConnectResponseSize, treeConnectResponse, treeConnectResponseSection)
	if err != nil {
		return r, err
	}
	r.ShareType = ShareType(c.u8())
	c.u8() // reserved, ignored
	r.ShareFlags, r.Capabilities, r.MaximalAccess = ShareFlags(c.u32()), ShareCapabilities(c.u32()), Access(c.u32())
	return r, c.short(treeConnectResponse, treeConnectResponseSection)
}

// AppendBody appends the body.
func (r *TreeConnectResponse) AppendBody(b []byte) []byte {
	b = append(le16(b, treeConnectResponseSize), uint8(r.ShareType), 0)
	return le32(le32(le32(b, uint32(r.ShareFlags)), uint32(r.Capabilities)), uint32(r.MaximalAccess))
}
