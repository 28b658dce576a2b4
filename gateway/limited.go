package gateway

import (
	"context"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/front"
	"github.com/smbgw/smbgw/gateway/limit"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A limitedSpace is a space of which a visitor sees no more than limits allow. It
// is what the front leg is given: what is counted is what the client has done.
type limitedSpace struct {
	tree.Hosting
	*visitor
	arena *transports.Arena // for refusals
}

var (
	_ tree.Admitter = (*limitedSpace)(nil)
	_ front.Joiner  = (*limitedSpace)(nil)
	_ tree.Hosting  = (*limitedSpace)(nil)
)

// Admit is the space's: limits have their say when the session has taken the place
// of the client's former one.
func (s *limitedSpace) Admit(client *tree.Client) error {
	if a, ok := s.Hosting.(tree.Admitter); ok {
		return a.Admit(client)
	}
	return nil
}

// Join is the space's. What limits the session where it began holds up who is read
// here, too, and the connection is one of its user's.
func (s *limitedSpace) Join(home tree.Space, client *tree.Client) bool {
	h, ok := home.(*limitedSpace)
	if !ok {
		return false
	}
	if j, ok := s.Hosting.(front.Joiner); ok && !j.Join(h.Hosting, client) {
		return false
	}
	return s.visitor.follow(h.visitor, client)
}

// Close ends the space, and with it what the connection and the sessions that began
// there have of the budgets.
func (s *limitedSpace) Close() {
	s.Hosting.Close()
	s.visitor.leave()
}

// Connect connects to a share of a server without a name.
func (s *limitedSpace) Connect(ctx context.Context, client *tree.Client, share string) (*tree.Share, error) {
	return s.ConnectTo(ctx, client, "", share)
}

// ConnectTo connects to a share, and counts the tree as one of the mount's Sessions.
func (s *limitedSpace) ConnectTo(ctx context.Context, client *tree.Client, server, share string) (*tree.Share, error) {
	sh, err := s.Hosting.ConnectTo(ctx, client, server, share)
	if err != nil {
		return nil, err
	}
	t := &limitedTree{Server: sh.Server, replies: tree.Replies{Arena: s.arena}, set: s.of(client)}
	if name := auth.Upper(sh.Name); name != "" && !t.mount(s.meter, name) {
		sh.Server.Close()
		return nil, smb2.StatusRequestNotAccepted // [MS-SMB2] 3.3.5.7, of a share's MaxUses
	}
	seen := *sh
	seen.Server = t
	return &seen, nil
}

// mount has a new tree draw on its mount's budget, unless that has too many.
func (t *limitedTree) mount(m *limit.Meter, name string) bool {
	a, ok := m.Open(limit.Subject{Per: limit.Mount, Name: name})
	if !ok {
		return false
	}
	alone := limit.Set{limit.Mount: a}
	if !alone.Take(limit.Sessions, 1) {
		m.Close(a)
		return false
	}
	t.set[limit.Mount] = a
	t.leave = func() {
		alone.Give(limit.Sessions, 1)
		m.Close(a)
	}
	return true
}
