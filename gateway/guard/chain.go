package guard

import (
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
)

// A walk is where the guard is in a chain.
type walk struct {
	begun  bool        // there is a request before
	at     *open       // its; nil when it has none, or none that is known
	failed smb2.Status // what the CREATE before was refused with
}

// Serve lets a chain through, without what is denied.
func (g *Server) Serve(chain []*tree.Request) {
	var w walk
	for i, r := range chain {
		if status := g.admits(&w, r); status != 0 {
			g.serveRest(&w, chain, i, status)
			return
		}
	}
	g.next.Serve(chain)
}

// A refusal is a request that does not go on.
type refusal struct {
	request *tree.Request
	status  smb2.Status
}

// serveRest goes on behind the first request of a chain that is refused.
func (g *Server) serveRest(w *walk, chain []*tree.Request, first int, status smb2.Status) {
	kept := append(make([]*tree.Request, 0, len(chain)), chain[:first]...)
	refused := []refusal{{chain[first], status}}
	file := smb2.FileIDOf(chain[first].Element) // of all up to the next CREATE, if there is none before
	for _, r := range chain[first+1:] {
		if status := g.admits(w, r); status != 0 {
			refused = append(refused, refusal{r, status})
			continue
		}
		if len(kept) == 0 {
			lead(r, file)
		}
		kept = append(kept, r)
	}
	if len(kept) > 0 {
		g.next.Serve(kept)
	}
	for _, x := range refused {
		x.request.Reply(g.replies.Failure(x.request, x.status))
	}
}

// lead makes a request the first of its chain, about a file.
func lead(r *tree.Request, file []byte) {
	r.Header().Clear(smb2.FlagRelated)
	copy(smb2.FileIDOf(r.Element), file)
}

// admits decides on a request. A file has to be one of this tree's: servers may
// know ids by the session, of whose trees another one may be allowed more.
func (g *Server) admits(w *walk, r *tree.Request) smb2.Status {
	defer func() { w.begun = true }()
	if r.Header().Command() == smb2.CommandCreate {
		return g.admitsCreate(w, r)
	}
	at, status := g.at(w, r)
	a := policy.Classify(r.Element, g.class != 0)
	switch {
	case status == smb2.StatusFileClosed && a.Access == policy.None: // the server's to say
	case status != 0:
		return status
	case !(g.isPlain(a) && g.plain(at, a.Access)) && !g.decide(at, a, r),
		g.paths && !g.admitsPaths(at, a, r):
		return smb2.StatusAccessDenied
	}
	if a.FSCTL != 0 {
		if status := g.admitsSource(at, a, r); status != 0 {
			return status
		}
	}
	if r.Header().Command() == smb2.CommandClose {
		g.forget(at)
	}
	return 0
}

// isPlain says that an action is no more than its access.
func (g *Server) isPlain(a policy.Action) bool {
	return a.Access == policy.None || a.Class == g.class && a.FSCTL == 0 && !a.Unnamed
}

// at is the open that a request is about, or why there is none. In a chain it is
// that of the request before, whatever id is written in it: servers do not look at
// that, [MS-SMB2] 3.3.5.2.7.2.
func (g *Server) at(w *walk, r *tree.Request) (*open, smb2.Status) {
	b := smb2.FileIDOf(r.Element)
	switch {
	case b == nil:
		return &g.root, 0
	case w.begun:
		return w.at, w.failed
	}
	w.at, w.failed = &g.root, 0
	if smb2.FileID(b) == smb2.NoFile { // an IOCTL about the share
		return w.at, 0
	}
	if w.at = g.find(smb2.FileID(b)); w.at == nil {
		w.failed = smb2.StatusFileClosed
	}
	return w.at, w.failed
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
