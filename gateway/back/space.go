package back

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// A Space is the shares of one backend as one client connection sees them:
// with a connection of its own to the backend, made when it is first needed,
// and a session there for each of the client's. Its exported fields are set
// before its first use.
type Space struct {
	// Dial connects to the backend, within Timeout; 0 is as long as a Connect may
	// take.
	Dial    Dial
	Timeout time.Duration

	// Initiator begins the log-in that a client's session is carried on.
	Initiator func(*tree.Client) (auth.Initiator, error)

	// Sessions has what its clients come back for; nil for nothing.
	Sessions *Sessions

	// Options are for its connections. The ClientGUID is the client's.
	Options Options

	runs sync.WaitGroup

	mu       sync.Mutex // held while a connection is made and while it is asked
	conn     *Conn
	sessions map[uint64]*Session // by the front leg's id
	closed   bool
	past     Counts // of the connections before
}

var _ tree.Space = (*Space)(nil)

// Connect connects to a share of the backend, as its user if there was nothing
// to be connected on so far.
func (s *Space) Connect(ctx context.Context, client *tree.Client, share string) (*tree.Share, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	reach, cancel := context.WithTimeout(ctx, s.timeout()) // while others dial, too
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.conn
	sh, err := s.share(ctx, reach, client, share)
	if err != nil && before != nil && before == s.conn && before.perished() {
		return s.share(ctx, reach, client, share) // this has only shown that it was dead
	}
	return sh, err
}

func (s *Space) share(ctx, reach context.Context, client *tree.Client, share string) (*tree.Share, error) {
	session, err := s.session(ctx, reach, client)
	if err != nil {
		return nil, err
	}
	sh, err := session.Connect(ctx, client, share)
	if st, ok := errors.AsType[smb2.Status](err); ok && st == smb2.StatusNetworkSessionExpired {
		if err = session.again(ctx); err == nil {
			sh, err = session.Connect(ctx, client, share)
		}
	}
	if err != nil {
		s.leave(client.SessionID, session)
		return nil, err
	}
	sh.Server.(*Tree).leave = func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.leave(client.SessionID, session)
	}
	return sh, nil
}

// Conn is the connection to the backend, or nil when there is none.
func (s *Space) Conn() *Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn
}

// Counts are those of all connections that the space has made.
func (s *Space) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return s.past.Plus(Counts{})
	}
	return s.past.Plus(s.conn.Counts())
}

func (s *Space) timeout() time.Duration {
	if s.Timeout == 0 {
		return connectTime
	}
	return s.Timeout
}

// session finds or makes the client's session. For a connection to make it on
// there is the time of reach.
func (s *Space) session(ctx, reach context.Context, client *tree.Client) (*Session, error) {
	if err := s.connect(reach, client); err != nil {
		return nil, err
	}
	if old := s.sessions[client.SessionID]; old != nil && !old.isGone() {
		return old, nil
	}
	initiator, err := s.Initiator(client)
	if err != nil {
		return nil, &Error{"log in", smb2.StatusAccessDenied, err}
	}
	previous := s.previous(client)
	session, err := s.conn.Login(ctx, initiator, previous)
	if err != nil {
		s.rest()
		return nil, err
	}
	s.conn.replaced(previous)
	s.Sessions.forget(client.Previous, previous)
	s.Sessions.put(client.SessionID, session.id, client.User.User)
	session.RenewBy(func() (auth.Initiator, error) { return s.Initiator(client) })
	s.sessions[client.SessionID] = session
	return session, nil
}

// previous is the session at the backend that the client's takes the place of:
// its own on a connection that has been lost, or the one before it.
func (s *Space) previous(client *tree.Client) uint64 {
	if id := s.Sessions.find(client.SessionID, client.User.User); id != 0 {
		return id
	}
	return s.Sessions.find(client.Previous, client.User.User)
}

// connect makes the connection when there is none that lives.
func (s *Space) connect(ctx context.Context, client *tree.Client) error {
	switch {
	case s.closed:
		return &Error{"connect", smb2.StatusServerUnavailable, ErrClosed}
	case s.conn != nil && s.conn.Err() == nil:
		return nil
	}
	var refusal error
	err := s.Dial(ctx, func(ctx context.Context, link Link) error {
		c := s.take(link, client)
		err := c.Negotiate(ctx)
		if err != nil && c.answered() {
			refusal = err // at every address
			return nil
		}
		return err
	})
	if err != nil {
		return &Error{"connect", smb2.StatusServerUnavailable, err}
	}
	return refusal
}

// take runs a connection, in place of the one before.
func (s *Space) take(link Link, client *tree.Client) *Conn {
	o := s.Options
	o.ClientGUID, o.Lost = client.ClientGUID, link.Lost
	c := New(link.Conn, o)
	s.Sessions.join(c)
	if s.conn != nil {
		s.past = s.past.Plus(s.conn.Counts())
	}
	s.conn, s.sessions = c, make(map[uint64]*Session)
	s.runs.Go(func() {
		err := c.Run(context.Background())
		s.Sessions.part(c)
		c.options.Log.Info("backend connection closed", "reason", err, "data", c.Counts())
	})
	return c
}

// leave logs a session off that has no trees any more. One whose client may
// come back stays as it is.
func (s *Space) leave(id uint64, session *Session) {
	if session.hasTrees() {
		return
	}
	if s.sessions[id] == session {
		delete(s.sessions, id)
		if !session.isForsaken() {
			s.logoff(id, session)
		}
	}
	s.rest()
}

func (s *Space) logoff(id uint64, session *Session) {
	ctx, cancel := bounded()
	defer cancel()
	if err := session.Logoff(ctx); err != nil {
		session.c.options.Log.Debug("backend session left", "reason", err)
		return
	}
	s.Sessions.forget(id, session.id)
}

// rest closes a connection that no session is on.
func (s *Space) rest() {
	if len(s.sessions) == 0 && s.conn != nil {
		s.conn.Close()
	}
}

// Close ends sessions and connection in order. The trees have been closed
// before.
func (s *Space) Close() {
	s.mu.Lock()
	s.closed = true
	for id, session := range s.sessions {
		s.leave(id, session)
	}
	if s.conn != nil {
		s.conn.Close()
	}
	s.mu.Unlock()
	s.runs.Wait()
}

// Logoff ends the client's session, which its trees' Close follows: the server
// ends them with it, and answers what is outstanding.
func (s *Space) Logoff(client *tree.Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	session := s.sessions[client.SessionID]
	if session == nil {
		return
	}
	session.c.mu.Lock()
	session.leaving = true
	session.c.mu.Unlock()
	delete(s.sessions, client.SessionID)
	s.logoff(client.SessionID, session)
}

// Abandon leaves the client's session as it is, without a word, and cuts the
// connection when that has no other client's: what the backend has promised to
// keep, durable opens, it keeps.
func (s *Space) Abandon(client *tree.Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	session := s.sessions[client.SessionID]
	if session == nil {
		return
	}
	session.forsake()
	for _, other := range s.sessions {
		if !other.isForsaken() {
			return
		}
	}
	s.conn.Close()
}

func (s *Session) isGone() bool {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return s.gone || s.c.cause != nil
}

func (s *Session) hasTrees() bool {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return len(s.trees) > 0
}

func (s *Session) forsake() {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	s.forsaken = true
}

// endsTrees says that the session ends, or is left, with its trees as they are.
func (s *Session) endsTrees() bool {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return s.forsaken || s.leaving
}

func (s *Session) isForsaken() bool {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	return s.forsaken
}

// replaced says that the server has ended a session, if it was one of the
// connection's.
func (c *Conn) replaced(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.sessions[id]; s != nil {
		s.gone = true
		c.stir()
	}
}
