package guard

import (
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// sourceAt is where the input of FSCTLs that copy from another file by its id has
// that, [MS-FSCC] 2.3.7.2, 2.3.9.2.
var sourceAt = map[smb2.FSCTL]int{
	smb2.FsctlDuplicateExtents:   0,
	smb2.FsctlDuplicateExtentsEx: 8,
}

// admitsSource says whether what a request copies from is a file of this tree that
// may be read, and has the answers to requests for keys of such files noted.
func (g *Server) admitsSource(at *open, a policy.Action, r *tree.Request) smb2.Status {
	var source *open
	missing := smb2.StatusAccessDenied
	switch a.FSCTL {
	case smb2.FsctlRequestResumeKey:
		if at != nil {
			r.Replier = &keying{r.Replier, g, at}
		}
		return 0
	case smb2.FsctlCopyChunk, smb2.FsctlCopyChunkWrite:
		source, missing = g.keyed(r.Element), smb2.StatusObjectNameNotFound // [MS-SMB2] 3.3.5.15.6
	default:
		offset, ok := sourceAt[a.FSCTL]
		if !ok {
			return 0
		}
		source = g.source(offset, r.Element)
	}
	switch {
	case source == nil:
		return missing
	case g.plain(source, policy.ReadOnly), g.decide(source, policy.Action{Access: policy.ReadOnly, Class: g.class}, r):
		return 0
	}
	return smb2.StatusAccessDenied
}

// input is an IOCTL's.
func input(element []byte) []byte {
	q, err := smb2.ParseIoctlRequest(element)
	if err != nil {
		return nil
	}
	in, _ := q.Input(element)
	return in
}

// source is the open that an IOCTL's input has at an offset, or nil.
func (g *Server) source(at int, element []byte) *open {
	in := input(element)
	var id smb2.FileID
	if len(in) < at+len(id) {
		return nil
	}
	copy(id[:], in[at:])
	return g.find(id)
}

// keyed is the open of the key that an IOCTL's input has, or nil. The server is not
// asked about others: to some the FileId is a file's key, so that who may only list
// it has that, too.
func (g *Server) keyed(element []byte) *open {
	q, err := smb2.ParseCopyChunkRequest(input(element))
	if err != nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.keys[q.Source]
}

// A keying is the Replier of a request for an open's key.
type keying struct {
	tree.Replier
	g    *Server
	open *open
}

// Reply passes the answer on.
func (k *keying) Reply(r *tree.Request, m *transports.Message) {
	r.Replier = k.Replier
	if key, ok := keyIn(m.Bytes()); ok {
		k.g.note(k.open, key)
	}
	r.Reply(m)
}

// keyIn is the key in an answer.
func keyIn(element []byte) (key smb2.ResumeKey, ok bool) {
	if smb2.Header(element).Status() != smb2.StatusSuccess {
		return key, false
	}
	q, err := smb2.ParseIoctlResponse(element)
	if err != nil {
		return key, false
	}
	out, err := q.Output(element)
	if err != nil {
		return key, false
	}
	answer, err := smb2.ParseResumeKeyResponse(out)
	return answer.Key, err == nil
}

// note remembers an open's key, the latest one if there are several.
func (g *Server) note(at *open, key smb2.ResumeKey) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if at.closed {
		return
	}
	g.unkey(at)
	at.key = key
	g.keys[key] = at
}

// unkey forgets it. g.mu is held.
func (g *Server) unkey(at *open) {
	if g.keys[at.key] == at {
		delete(g.keys, at.key)
	}
}
