package guard

import (
	"strings"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// maxOpens bounds the opens of a tree, of which a guard remembers some 200 bytes
// each: as many as Windows has for one session by default. What has been asked for
// when there are as many may still exceed it.
const maxOpens = 16384

// An open is a file by the path that it was opened by. Server.mu guards it.
type open struct {
	path     string
	unnamed  bool // the path is not known to be the file's
	verdicts verdicts
	id       smb2.FileID // once it is there
	closed   bool
	key      smb2.ResumeKey // for copies of it, once asked for
}

// name is the path, which may not be known. Server.mu is held.
func (o *open) name() (path string, unnamed bool) {
	if o == nil {
		return "", true
	}
	return o.path, o.unnamed
}

// find is the open of an id, nil when it is not known.
func (g *Server) find(id smb2.FileID) *open {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.opens[id]
}

// admitsCreate decides on a CREATE, and remembers what it opens.
func (g *Server) admitsCreate(w *walk, r *tree.Request) smb2.Status {
	a := policy.Classify(r.Element, g.class != 0)
	path, ok := createPath(r.Element)
	if !ok {
		a.Unnamed = true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	w.at, w.failed = nil, 0
	switch plain := g.isPlain(a) && !g.paths && g.whole[a.Access]; {
	case !plain && !g.judge(path, a, r):
		w.failed = smb2.StatusAccessDenied
	case len(g.opens) >= maxOpens:
		w.failed = smb2.StatusTooManyOpenedFiles
	default:
		w.at = new(open)
		if g.paths {
			w.at.path, w.at.unnamed, w.at.verdicts = path, a.Unnamed, g.decideAll(path, a.Unnamed)
		}
		r.Replier = &creation{r.Replier, g, w.at}
	}
	return w.failed
}

// createPath is the path of a CREATE.
func createPath(element []byte) (string, bool) {
	q, err := smb2.ParseCreateRequest(element)
	if err != nil {
		return "", false
	}
	raw, err := q.Name(element)
	if err != nil {
		return "", false
	}
	return smb2.DecodeUTF16(raw)
}

// A creation is the Replier of a CREATE: it learns the id of the file.
type creation struct {
	tree.Replier
	g    *Server
	open *open
}

// Reply passes the answer on.
func (c *creation) Reply(r *tree.Request, m *transports.Message) {
	r.Replier = c.Replier
	if q, err := smb2.ParseCreateResponse(m.Bytes()); err == nil && smb2.Header(m.Bytes()).Status() == smb2.StatusSuccess {
		c.g.mu.Lock()
		if !c.open.closed {
			c.open.id = q.FileID
			c.g.opens[q.FileID] = c.open
		}
		c.g.mu.Unlock()
	}
	r.Reply(m)
}

// forget drops an open that a CLOSE ends, which may be in one chain with its
// CREATE.
func (g *Server) forget(at *open) {
	if at == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	at.closed = true
	if g.opens[at.id] == at {
		delete(g.opens, at.id)
	}
	g.unkey(at)
}

// renamed moves opens from a path to another, with all that is below it. The
// rename has succeeded: in the file system it concerns all of them.
func (g *Server) renamed(from, to string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	old := auth.Upper(tidy(from))
	for _, o := range g.opens {
		rest, ok := strings.CutPrefix(auth.Upper(tidy(o.path)), old)
		if o.unnamed || !ok || rest != "" && rest[0] != '\\' && rest[0] != ':' {
			continue
		}
		o.path = tidy(to) + tidy(o.path)[len(tidy(o.path))-len(rest):]
		o.verdicts = g.decideAll(o.path, false)
	}
}

// tidy is a path with one kind of separator, and none at its ends.
func tidy(path string) string { return strings.Trim(strings.ReplaceAll(path, "/", `\`), `\`) }
