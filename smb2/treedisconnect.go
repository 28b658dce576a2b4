package smb2

// TreeDisconnect is the body of TREE_DISCONNECT, both ways,
// [MS-SMB2] 2.2.11, 2.2.12.
//
//	StructureSize[2]=4 Reserved[2]
type TreeDisconnect struct{}

const treeDisconnect, treeDisconnectSection = "TREE_DISCONNECT", "2.2.11"

// ParseTreeDisconnect checks the body.
func ParseTreeDisconnect(element []byte) (r TreeDisconnect, err error) {
	return r, parseEmpty(element, treeDisconnect, treeDisconnectSection)
}

// AppendBody appends the body.
func (*TreeDisconnect) AppendBody(b []byte) []byte { return appendEmpty(b) }
