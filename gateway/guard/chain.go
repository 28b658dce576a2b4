package guard

import (
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
)

// A walk is where the guard is in a chain.
type walk struct {
	at     *open // of the request before; nil when it has none, or none that is known
	failed bool  // the CREATE before was denied
}

// Serve lets a chain through, without what is denied.
func (g *Server) Serve(chain []*tree.Request) {
	var w walk
	for i, r := range chain {
		if !g.admits(&w, r) {
			g.serveRest(&w, chain, i)
			return
		}
	}
	g.next.Serve(chain)
}

// serveRest goes on behind the first request of a chain that is denied.
func (g *Server) serveRest(w *walk, chain []*tree.Request, first int) {
	kept := append(make([]*tree.Request, 0, len(chain)), chain[:first]...)
	denied := []*tree.Request{chain[first]}
	from := fileOf(chain[first], smb2.NoFile)
	for _, r := range chain[first+1:] {
		explicit := fileOf(r, from)
		if !g.admits(w, r) {
			denied = append(denied, r)
			from = explicit
			continue
		}
		if len(kept) == 0 {
			lead(r, explicit)
		}
		kept = append(kept, r)
		from = explicit
	}
	if len(kept) > 0 {
		g.next.Serve(kept)
	}
	for _, r := range denied {
		r.Reply(g.replies.Failure(r, smb2.StatusAccessDenied))
	}
}

// fileOf is the file that a request names, that of the one before it when it
// says so.
func fileOf(r *tree.Request, before smb2.FileID) smb2.FileID {
	b := smb2.FileIDOf(r.Element)
	if b == nil || smb2.FileID(b) == smb2.NoFile {
		return before
	}
	return smb2.FileID(b)
}

// lead makes a request the first of its chain, about a file.
func lead(r *tree.Request, file smb2.FileID) {
	r.Header().Clear(smb2.FlagRelated)
	if b := smb2.FileIDOf(r.Element); b != nil {
		copy(b, file[:])
	}
}

// admits decides on a request.
func (g *Server) admits(w *walk, r *tree.Request) bool {
	if r.Header().Command() == smb2.CommandCreate {
		return g.admitsCreate(w, r)
	}
	at, ours := g.at(w, r)
	if !ours {
		return false // its file was denied
	}
	a := policy.Classify(r.Element, g.class != 0)
	if !(g.isPlain(a) && g.plain(at, a.Access)) && !g.decide(at, a, r) {
		return false
	}
	return !g.paths || g.admitsPaths(at, a, r)
}

// isPlain says that an action is no more than its access.
func (g *Server) isPlain(a policy.Action) bool {
	return a.Access == policy.None || a.Class == g.class && a.FSCTL == 0 && !a.Unnamed
}

// at is the open that a request is about. ours is false when that was denied.
func (g *Server) at(w *walk, r *tree.Request) (at *open, ours bool) {
	b := smb2.FileIDOf(r.Element)
	switch {
	case b == nil:
		return nil, true
	case smb2.FileID(b) == smb2.NoFile && r.Header().Has(smb2.FlagRelated):
		return w.at, !w.failed
	}
	w.at, w.failed = nil, false
	switch {
	case !g.paths:
	case smb2.FileID(b) == smb2.NoFile: // an IOCTL about the share
		w.at = &g.root
	default:
		w.at = g.find(smb2.FileID(b))
	}
	return w.at, true
}

// plain looks up the verdict on an access.
func (g *Server) plain(at *open, a policy.Access) bool {
	if !g.paths || a == policy.None {
		return g.whole[a]
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return at != nil && at.verdicts[a]
}

// decide asks the policy, and says so in the log when the answer is no.
func (g *Server) decide(at *open, a policy.Action, r *tree.Request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	path, unnamed := at.name()
	if !g.paths {
		path, unnamed = "", false
	}
	a.Unnamed = a.Unnamed || unnamed
	return g.judge(path, a, r)
}

// judge is decide about a path. g.mu is held.
func (g *Server) judge(path string, a policy.Action, r *tree.Request) bool {
	g.facts.Path, g.facts.Action = path, a
	v := g.Policy.Decide(policy.Operation, &g.facts)
	if !v.Allowed {
		g.tell(path, v, r)
	}
	return v.Allowed
}
