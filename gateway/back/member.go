package back

import (
	"context"
	"errors"
	"sync"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// A Member is the shares of a backend as one client connection sees them by way of
// a Pool: each of the client's sessions is one of its own there. Its exported
// fields are set before its first use.
type Member struct {
	Pool *Pool

	// Initiator begins the log-in that a client's session is carried on.
	Initiator func(*tree.Client) (auth.Initiator, error)

	// As tells apart as whom clients are logged in: "" is as themselves, another
	// Initiator's As another word.
	As string

	tally counts

	mu       sync.Mutex          // held while the backend is asked: others do not wait for it
	sessions map[uint64]*lodging // by the front leg's id
	closed   bool
}

var _ tree.Space = (*Member)(nil)

// A lodging is a session with its seat. Under Member.mu.
type lodging struct {
	session *Session
	link    *link
	key     string
	ended   bool
}

// Connect connects to a share of the backend, as its user if the client's session
// has no share there so far.
func (m *Member) Connect(ctx context.Context, client *tree.Client, share string) (*tree.Share, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	m.mu.Lock()
	defer m.mu.Unlock()
	l, err := m.lodge(ctx, client)
	if err != nil {
		return nil, err
	}
	sh, err := l.session.Connect(ctx, client, share)
	if l.session.isOver(err) {
		if err = l.session.again(ctx); err == nil {
			sh, err = l.session.Connect(ctx, client, share)
		}
	}
	if err != nil {
		m.leave(client.SessionID, l)
		return nil, err
	}
	t := sh.Server.(*Tree)
	t.tally = &m.tally
	t.leave = func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.leave(client.SessionID, l)
	}
	return sh, nil
}

// lodge finds or makes the client's session.
func (m *Member) lodge(ctx context.Context, client *tree.Client) (*lodging, error) {
	if m.closed {
		return nil, &Error{"connect", smb2.StatusServerUnavailable, ErrClosed}
	}
	if l := m.sessions[client.SessionID]; l != nil && !l.session.isGone() {
		return l, nil
	}
	l, again, err := m.login(ctx, client)
	for range loginTries - 1 {
		if again {
			l, again, err = m.login(ctx, client)
		}
	}
	if err != nil {
		return nil, err
	}
	l.session.RenewBy(func() (auth.Initiator, error) { return m.Initiator(client) })
	if m.sessions == nil {
		m.sessions = make(map[uint64]*lodging)
	}
	m.sessions[client.SessionID] = l
	return l, nil
}

// login makes the client's session. It may do better again when the connection
// that others had been on has ended, who knows when, or has no room.
func (m *Member) login(ctx context.Context, client *tree.Client) (l *lodging, again bool, err error) {
	initiator, err := m.Initiator(client)
	key := m.key(client)
	if err == nil && m.Pool.refuses(key) {
		err = errRefused
	}
	if err != nil {
		return nil, false, &Error{"log in", smb2.StatusAccessDenied, err}
	}
	link, err := m.Pool.seat(ctx)
	if err != nil {
		return nil, false, err
	}
	if s := m.Pool.unpark(link, key); s != nil {
		return &lodging{s, link, key, false}, false, nil
	}
	previous := m.previous(client)
	if link.conn.isShaky() {
		previous = 0
	}
	session, err := link.conn.Login(ctx, initiator, previous)
	if err != nil {
		defer m.Pool.rise(link)
		if isFull(err) {
			m.Pool.full(link)
			return nil, true, &Error{"log in", smb2.StatusRequestNotAccepted, err}
		}
		if link.conn.Err() == nil && ctx.Err() == nil {
			m.Pool.refuse(link.conn, key)
		}
		return nil, link.conn.Err() != nil, err
	}
	known := &m.Pool.remembered
	known.forget(client.Previous, previous)
	known.put(client.SessionID, session.id, client.User.User)
	return &lodging{session, link, key, false}, false, nil
}

// isFull says that a server has refused a session for want of room.
func isFull(err error) bool {
	return errors.Is(err, smb2.StatusInsufficientResources) || errors.Is(err, smb2.StatusInsuffServerResources) ||
		errors.Is(err, smb2.StatusRequestNotAccepted) || errors.Is(err, smb2.StatusTooManySessions)
}

// previous is the session of a lost connection that the client's takes the place
// of, so that the backend does not keep its opens from it. One that lives is
// another's, of a backend that has begun to count anew, or is being left.
func (m *Member) previous(client *tree.Client) uint64 {
	known := &m.Pool.remembered
	id := known.find(client.SessionID, client.User.User)
	if id == 0 {
		id = known.find(client.Previous, client.User.User)
	}
	if id == 0 || m.Pool.holds(id) {
		return 0
	}
	return id
}

// leave ends a session that has no trees any more.
func (m *Member) leave(id uint64, l *lodging) {
	if !l.session.hasTrees() {
		m.end(id, l)
	}
}

// end logs a session off and leaves its seat.
func (m *Member) end(id uint64, l *lodging) {
	if l.ended {
		return
	}
	l.ended = true
	if m.sessions[id] == l {
		delete(m.sessions, id)
	}
	if m.Pool.park(l, l.key) || m.logoff(l.session) {
		m.Pool.remembered.forget(id, l.session.id)
	}
	m.Pool.rise(l.link)
}

func (m *Member) logoff(s *Session) (done bool) {
	ctx, cancel := bounded()
	defer cancel()
	err := s.Logoff(ctx)
	if err != nil {
		s.c.options.Log.Debug("backend session left", "reason", err)
	}
	return err == nil
}

// Logoff ends the client's session, which its trees' Close follows: the server
// ends them with it, and answers what is outstanding.
func (m *Member) Logoff(client *tree.Client) {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.sessions[client.SessionID]
	if l == nil || l.session.c.isShaky() { // where the trees end one by one
		return
	}
	l.session.c.mu.Lock()
	l.session.leaving = true
	l.session.c.mu.Unlock()
	m.end(client.SessionID, l)
}

// Abandon does nothing: the backend has promised nothing, and each tree's Close
// ends what there is of it.
func (m *Member) Abandon(*tree.Client) {}

// Close ends what sessions there are. The trees have been closed before.
func (m *Member) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	for id, l := range m.sessions {
		m.end(id, l)
	}
}

// Counts are what became of the client's READs and WRITEs.
func (m *Member) Counts() Counts { return m.tally.sum() }
