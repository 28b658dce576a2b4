package guard

import (
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
)

// sourceAt is where the input of FSCTLs that copy from another file by its id has
// that, [MS-FSCC] 2.3.7.2, 2.3.9.2. SRV_COPYCHUNK has a key, which the file's reader
// has asked for.
var sourceAt = map[smb2.FSCTL]int{
	smb2.FsctlDuplicateExtents:   0,
	smb2.FsctlDuplicateExtentsEx: 8,
}

// admitsSource says whether what a request copies from is a file of this tree that
// may be read.
func (g *Server) admitsSource(a policy.Action, r *tree.Request) bool {
	at, ok := sourceAt[a.FSCTL]
	if !ok {
		return true
	}
	source := g.source(at, r.Element)
	return source != nil && (g.plain(source, policy.ReadOnly) || g.decide(source, policy.Action{Access: policy.ReadOnly, Class: g.class}, r))
}

// source is the open that an IOCTL's input has at an offset, or nil.
func (g *Server) source(at int, element []byte) *open {
	q, err := smb2.ParseIoctlRequest(element)
	if err != nil {
		return nil
	}
	in, err := q.Input(element)
	var id smb2.FileID
	if err != nil || len(in) < at+len(id) {
		return nil
	}
	copy(id[:], in[at:])
	return g.find(id)
}
