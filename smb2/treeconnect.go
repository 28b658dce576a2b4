package smb2

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
	ShareFlags    uint32
	Capabilities  uint32
	MaximalAccess uint32
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
	r.ShareFlags, r.Capabilities, r.MaximalAccess = c.u32(), c.u32(), c.u32()
	return r, c.short(treeConnectResponse, treeConnectResponseSection)
}

// AppendBody appends the body.
func (r *TreeConnectResponse) AppendBody(b []byte) []byte {
	b = append(le16(b, treeConnectResponseSize), uint8(r.ShareType), 0)
	return le32(le32(le32(b, r.ShareFlags), r.Capabilities), r.MaximalAccess)
}
