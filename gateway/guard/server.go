package guard

import (
	"log/slog"
	"sync"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// Options are what a guard decides by.
type Options struct {
	Policy *policy.Policy
	Facts  policy.Facts // of connection, session and tree
	Arena  *transports.Arena
	Log    *slog.Logger
}

// A Server lets a tree's requests through to the one behind it.
type Server struct {
	Options
	next    tree.Server
	replies tree.Replies
	class   policy.Class // of every operation of the tree: pipes, or none
	whole   verdicts     // on the share's root, and on all of it where paths do not matter
	paths   bool         // they do

	mu    sync.Mutex // guards what follows; READ and WRITE hold it for a look only
	opens map[smb2.FileID]*open
	keys  map[smb2.ResumeKey]*open
	root  open            // the share itself
	facts policy.Facts    // with the operation that is decided
	told  map[denial]bool // what has been logged
}

// verdicts are those on operations that need no more than an access.
type verdicts [policy.ReadWrite + 1]bool

var _ tree.Server = (*Server)(nil)

// Share is a share as the policy leaves it. It owns s.
func Share(s *tree.Share, o Options) *tree.Share {
	g := &Server{
		Options: o,
		next:    s.Server,
		replies: tree.Replies{Arena: o.Arena},
		paths:   o.Policy.HasPaths(),
		opens:   make(map[smb2.FileID]*open),
		keys:    make(map[smb2.ResumeKey]*open),
		facts:   o.Facts,
		told:    map[denial]bool{},
	}
	if s.Type == smb2.SharePipe {
		g.class = policy.ClassPipe
	}
	g.whole = g.decideAll("", false)
	g.root.verdicts = g.whole
	seen := *s
	seen.Server = g
	if !g.paths && g.class == 0 {
		seen.MaximalAccess &= g.whole.maximal()
	}
	return &seen
}

// decideAll makes the verdicts on a path.
func (g *Server) decideAll(path string, unnamed bool) (v verdicts) {
	v[policy.None] = true
	for a := policy.List; a <= policy.ReadWrite; a++ {
		g.facts.Path = path
		g.facts.Action = policy.Action{Access: a, Class: g.class, Unnamed: unnamed}
		v[a] = g.Policy.Decide(policy.Operation, &g.facts).Allowed
	}
	return v
}

// What each access is good for. To delete a file or to set its attributes is to
// write; to know of them is to list.
const (
	accessToRead = smb2.AccessReadData | smb2.AccessExecute | smb2.AccessGenericRead | smb2.AccessGenericExecute
	accessToList = smb2.AccessReadEA | smb2.AccessReadAttributes | smb2.AccessReadControl | smb2.AccessSynchronize
)

// maximal is the access that the verdicts leave.
func (v *verdicts) maximal() (most smb2.Access) {
	switch {
	case v[policy.ReadWrite]:
		return ^smb2.Access(0)
	case v[policy.ReadOnly]:
		return accessToRead | accessToList
	case v[policy.List]:
		return accessToList | smb2.AccessReadData // of a directory: to list it
	}
	return 0
}

// Cancel passes it on.
func (g *Server) Cancel(r *tree.Request) { g.next.Cancel(r) }

// Close ends the tree.
func (g *Server) Close() { g.next.Close() }
