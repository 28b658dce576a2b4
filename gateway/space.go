package gateway

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/front"
	"github.com/smbgw/smbgw/gateway/ipc"
	"github.com/smbgw/smbgw/gateway/limit"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// A space is the mount table as one client connection sees it: the mounts of a
// service, with connections to the backends of those that it uses.
type space struct {
	*server
	log     *slog.Logger // with the connection's number
	arrived func()       // leaves the lobby
	noPipes bool         // the listener's Terms
	ward    *ward
	visitor *visitor // whose memory backends are exposed; nil for nobody's
	name    string   // what the client calls us in its connection's set-up

	listener *Listener // that the client has come to

	mu    sync.Mutex // guards the map
	backs map[source]leg
}

// A leg is what the client sees of a backend.
type leg interface {
	tree.Space
	Counts() back.Counts
}

// A source is what sessions of one client connection share a back connection
// for.
type source struct {
	backend *Backend
	as      *Login
}

// named is what finds a source again in another configuration: a backend that
// is somewhere else is another one.
func (f source) named() string {
	parts := []string{f.backend.Name}
	for _, e := range f.backend.Endpoints {
		parts = append(parts, e.Addr.String())
	}
	if f.as != nil {
		parts = append(parts, f.as.Name)
	}
	return strings.Join(parts, "\x00")
}

// resume makes the table of what clients of a source come back for, or goes on
// with that of the configuration before.
func (s *server) resume(from source, before *server) {
	if from.backend == nil || s.resumed[from] != nil {
		return
	}
	table := new(back.Sessions)
	if before != nil {
		for other, t := range before.resumed {
			if other.named() == from.named() && !s.resumes(t) {
				table = t
			}
		}
	}
	s.resumed[from] = table
}

// resumes says that a table is some source's already.
func (s *server) resumes(t *back.Sessions) bool {
	for _, other := range s.resumed {
		if other == t {
			return true
		}
	}
	return false
}

var (
	_ tree.Admitter = (*space)(nil)
	_ front.Joiner  = (*space)(nil)
	_ tree.Hosting  = (*space)(nil)
)

// Join lets a session of another connection be served by this one's where nothing
// depends on which of them a request comes by. Then this one does not wait for a
// share.
func (s *space) Join(home tree.Space, _ *tree.Client) bool {
	h, ok := home.(*space)
	if !ok || s.noPipes != h.noPipes || !s.ward.joins(h.ward) || !s.seesAs(h) {
		return false
	}
	s.arrived()
	return true
}

// Admit has the listener's policy decide on a session.
func (s *space) Admit(client *tree.Client) error {
	if !s.ward.admits(client) {
		return smb2.StatusAccessDenied
	}
	return nil
}

// Connect connects to a mount, of a server without a name.
func (s *space) Connect(ctx context.Context, client *tree.Client, share string) (*tree.Share, error) {
	return s.ConnectTo(ctx, client, "", share)
}

// ConnectTo connects to a mount.
func (s *space) ConnectTo(ctx context.Context, client *tree.Client, server, share string) (*tree.Share, error) {
	s.arrived()
	from, ok := s.view(client, server)
	if !ok {
		return nil, smb2.StatusBadNetworkName
	}
	m, name := s.service.mount(from, share), share
	if m != nil {
		name = m.Name // what policies call it
	}
	return s.ward.connect(client, name, func() (*tree.Share, error) { return s.connect(ctx, client, from, share, m) })
}

// connect connects to IPC$ or to a mount, nil where there is none.
func (s *space) connect(ctx context.Context, client *tree.Client, from view, share string, m *Mount) (*tree.Share, error) {
	if auth.Upper(share) == ipc.Name {
		return s.ipc(client, from), nil
	}
	if m == nil {
		return nil, smb2.StatusBadNetworkName
	}
	return s.first(m.fitting(from, client), func(m *Mount) (*tree.Share, error) { return s.reach(ctx, client, from, m) })
}

// reach connects to a mount of one source.
func (s *space) reach(ctx context.Context, client *tree.Client, from view, m *Mount) (*tree.Share, error) {
	if m.Store != nil {
		sh, err := m.Store.Connect(ctx, client, m.share())
		return m.seen(s.below(ctx, m, sh, err))
	}
	sh, err := s.back(m).Connect(ctx, client, m.share())
	if err == nil && s.visitor != nil {
		sh.Server.(*back.Tree).Draw(&mountMemory{s.visitor, limit.Subject{Per: limit.Mount, Name: auth.Upper(m.Name)}})
	}
	sh, err = s.below(ctx, m, sh, err)
	if err != nil {
		s.log.Warn("mount failed", "mount", m.Name, "backend", m.Backend.Name, "user", client.User.User, "error", err)
	}
	if err == nil && s.noPipes && sh.Type == smb2.SharePipe {
		sh.Server.Close()
		return s.ipc(client, from), nil
	}
	return m.seen(sh, err)
}

// ipc is the gateway's own IPC$.
func (s *space) ipc(client *tree.Client, from view) *tree.Share {
	if s.noPipes {
		return s.pipes.Refuse(client)
	}
	return s.pipes.ConnectTo(client, func() []ipc.Share { return s.listed(client, from) })
}

// listed is what a client is told that there is: what its policy lets it connect to.
func (s *space) listed(client *tree.Client, from view) []ipc.Share {
	may := func(m *Mount) bool { return s.ward.shows(client, m.Name) }
	return s.service.listed(from, client, may)
}

// back is what the client sees of a mount's backend.
func (s *space) back(m *Mount) leg {
	s.mu.Lock()
	defer s.mu.Unlock()
	from := source{m.Backend, m.As}
	s.shared.enter(s.pools[m.Backend])
	if b := s.backs[from]; b != nil {
		return b
	}
	if s.backs == nil {
		s.backs = make(map[source]leg)
	}
	if m.Backend.Shared != nil {
		s.backs[from] = s.member(m)
		return s.backs[from]
	}
	b := &back.Space{
		Dial:      s.dialer(m.Backend, s.log),
		Timeout:   s.monitors[m.Backend].Timeout(),
		Initiator: m.As.Initiator,
		Sessions:  s.resumed[from],
		Options:   s.options(m.Backend, s.log),
	}
	s.backs[from] = b
	return b
}

// seen is a share as the client is told of it. What a backend says of DFS and of
// its cluster is not the gateway's to promise: the names and addresses that a
// client would be sent to lead past it.
func (m *Mount) seen(s *tree.Share, err error) (*tree.Share, error) {
	if err != nil {
		return nil, err
	}
	s.Name = m.Name
	s.Flags &^= smb2.ShareDFS | smb2.ShareDFSRoot
	s.Capabilities &^= smb2.ShareCapDFS | smb2.ShareCapScaleOut | smb2.ShareCapCluster |
		smb2.ShareCapAsymmetric | smb2.ShareCapRedirectToOwner
	if m.Encrypt {
		s.Flags |= smb2.ShareEncrypt
	}
	return s, nil
}

// Logoff tells the backends that a client says good-bye.
func (s *space) Logoff(client *tree.Client) {
	for _, b := range s.all() {
		b.Logoff(client)
	}
}

// Abandon tells the backends that a client has gone without a word.
func (s *space) Abandon(client *tree.Client) {
	for _, b := range s.all() {
		b.Abandon(client)
	}
}

// Close leaves the backends.
func (s *space) Close() {
	for _, b := range s.all() {
		b.Close()
	}
}

// used says what became of READs and WRITEs, for each backend.
func (s *space) used() slog.Attr {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []any
	for from, b := range s.backs {
		list = append(list, slog.Any(from.backend.Name, b.Counts()))
	}
	return slog.Group("back", list...)
}

func (s *space) all() []leg {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []leg
	for _, b := range s.backs {
		list = append(list, b)
	}
	return list
}
