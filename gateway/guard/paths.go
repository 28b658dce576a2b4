package guard

import (
	"encoding/binary"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
	"github.com/smbgw/smbgw/transports"
)

// admitsPaths decides on what a request does to paths, when it is allowed for
// its own.
func (g *Server) admitsPaths(at *open, a policy.Action, r *tree.Request) bool {
	switch r.Header().Command() {
	case smb2.CommandSetInfo:
		return g.admitsSetInfo(at, a, r)
	case smb2.CommandIoctl:
		if leadsElsewhere[a.FSCTL] {
			g.refuse(at, r, "a reparse point would lead around the paths in rules")
			return false
		}
	case smb2.CommandChangeNotify:
		if path, unnamed := g.pathOf(at); unnamed || g.Policy.Above(path) {
			narrow(r.Element)
		}
	}
	return true
}

func (g *Server) pathOf(at *open) (path string, unnamed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return at.name()
}

// leadsElsewhere are the FSCTLs that make one path another.
var leadsElsewhere = map[smb2.FSCTL]bool{
	smb2.FsctlSetReparsePoint: true,
	fsctlSetReparsePointEx:    true,
}

// fsctlSetReparsePointEx is Windows' own, which [MS-FSCC] does not have.
const fsctlSetReparsePointEx smb2.FSCTL = 0x0009040c

// admitsSetInfo looks at the second path of a rename or link. A short name is one,
// too, beside the first.
func (g *Server) admitsSetInfo(at *open, a policy.Action, r *tree.Request) bool {
	q, err := smb2.ParseSetInfoRequest(r.Element)
	if err != nil || q.InfoType != smb2.InfoFile {
		return err == nil
	}
	if q.Class == fileShortNameInfo {
		g.refuse(at, r, "a short name would lead around the paths in rules")
		return false
	}
	renames := q.Class == smb2.FileRenameInfo || q.Class == smb2.FileRenameInfoEx
	links := q.Class == smb2.FileLinkInfo || q.Class == fileLinkInfoEx
	if !renames && !links {
		return true
	}
	from, unnamed := g.pathOf(at)
	to, ok := target(&q, r.Element, from)
	g.mu.Lock()
	a.Unnamed = !ok
	allowed := g.judge(to, a, r)
	g.mu.Unlock()
	switch {
	case !allowed:
		return false
	case renames && (unnamed || g.Policy.Above(from)):
		g.refuse(at, r, "the directory is above a path in rules")
		return false
	case renames:
		r.Replier = &moving{r.Replier, g, from, to}
	}
	return true
}

// fileLinkInfoEx is FileLinkInformationEx, [MS-FSCC] 2.4.28: flags in the place of
// ReplaceIfExists. fileShortNameInfo is FileShortNameInformation, 2.4.
const (
	fileLinkInfoEx    smb2.FileClass = 72
	fileShortNameInfo smb2.FileClass = 40
)

// target is the second path. One without a directory's name, a stream, is in the
// file itself.
func target(q *smb2.SetInfoRequest, element []byte, from string) (string, bool) {
	data, err := q.Data(element)
	if err != nil {
		return "", false
	}
	info, err := fscc.ParseRename(data)
	if err != nil || info.Root != 0 {
		return "", false
	}
	to, ok := smb2.DecodeUTF16(info.Name)
	if ok && to != "" && to[0] == ':' {
		to = tidy(from) + to
	}
	return to, ok
}

// A moving is the Replier of a rename: it learns that it has come about.
type moving struct {
	tree.Replier
	g        *Server
	from, to string
}

// Reply passes the answer on.
func (m *moving) Reply(r *tree.Request, answer *transports.Message) {
	r.Replier = m.Replier
	if smb2.Header(answer.Bytes()).Status() == smb2.StatusSuccess {
		m.g.renamed(m.from, m.to)
	}
	r.Reply(answer)
}

// narrow has a CHANGE_NOTIFY tell of the directory alone.
func narrow(element []byte) {
	const flags = smb2.HeaderSize + 2 // [MS-SMB2] 2.2.35
	if len(element) >= flags+2 {
		f := binary.LittleEndian.Uint16(element[flags:])
		binary.LittleEndian.PutUint16(element[flags:], f&^smb2.ChangeNotifyTree)
	}
}
