package ipc

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A Config says what a Service tells of the server. The zero Config will do.
type Config struct {
	// Server is the server's name, as clients are told it, and Comment what is
	// said about it.
	Server  string
	Comment string

	// Shares returns those that a client sees, IPC$ not among them. It is called
	// from any goroutine, does not block, and leaves the result to the caller to
	// read. The anonymous are shown none whatever it says. No shares when nil.
	Shares func(client *tree.Client) []Share

	// Arena is where replies are made; one of the service's own when nil.
	Arena *transports.Arena

	// Now is the clock, time.Now when nil.
	Now func() time.Time
}

// A Service is IPC$ for any number of clients. It is safe for concurrent use.
type Service struct {
	Config
	held atomic.Int64  // bytes, of all pipes
	last atomic.Uint32 // association group
}

// New makes a Service.
func New(c Config) *Service {
	if c.Shares == nil {
		c.Shares = func(*tree.Client) []Share { return nil }
	}
	if c.Arena == nil {
		c.Arena = new(transports.Arena)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{Config: c}
}

// Connect begins a tree of a client's.
func (s *Service) Connect(client *tree.Client) *tree.Share {
	return s.share(newServer(s, client))
}

// ConnectTo is Connect for a tree in which shares, and not Shares, says what the
// client sees.
func (s *Service) ConnectTo(client *tree.Client, shares func() []Share) *tree.Share {
	t := newServer(s, client)
	t.shares = shares
	return s.share(t)
}

// Refuse begins a tree in which a client is denied all pipes, [MS-SMB2] 3.3.5.9
// on named pipes over QUIC.
func (s *Service) Refuse(client *tree.Client) *tree.Share {
	t := newServer(s, client)
	t.refuses = true
	return s.share(t)
}

func (s *Service) share(t *Server) *tree.Share {
	return &tree.Share{
		Server:        t,
		Type:          smb2.SharePipe,
		Flags:         smb2.ShareNoCaching,
		MaximalAccess: allAccess,
	}
}

// Held is what all pipes hold, in bytes: zero when every tree has been closed.
func (s *Service) Held() int64 { return s.held.Load() }

// srvsvc is the interface for a client. IPC$ is added to a copy of the shares.
func (s *Service) srvsvc(client *tree.Client, shares func() []Share) *srvsvc {
	return &srvsvc{
		server: s.Server, comment: s.Comment, now: s.Now, nobody: client.User.Anonymous,
		shares: func() []Share { return append(slices.Clone(shares()), own) },
	}
}

// join returns a new association group, or the wanted one if it has been given
// out before, [C706] 12.6.4.3 assoc_group_id.
func (s *Service) join(wanted uint32) (uint32, bool) {
	if wanted == 0 {
		return s.last.Add(1), true
	}
	return wanted, wanted <= s.last.Load()
}
