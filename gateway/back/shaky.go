package back

import (
	"context"
	"errors"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// ksmbd has the state of a log-in for each connection, not for each session: once a
// LOGOFF begins there, a log-in fails or one takes the place of another, all
// sessions of the connection are told STATUS_USER_SESSION_DELETED until somebody has
// logged in, and a LOGOFF waits for all that is outstanding, whose ever it is. So on
// connections that clients share:
//
//   - a session that nobody needs any more is not logged off, but parked, without
//     trees, for the next client who is the same user there;
//   - none is named as the one before another;
//   - who has been refused is not tried again for a while;
//   - what is refused with that status, without having been acted on, is sent again
//     after another log-in of its session, like after its expiry.

// isShaky says that the server is one like that: ksmbd alone gives itself no
// ServerGuid.
func (c *Conn) isShaky() bool { return c.options.Shared && c.server.guid == smb2.GUID{} }

// soothe makes of the end of all sessions what it is: time to log in again.
func (c *Conn) soothe(h smb2.Header) {
	if h.Status() == smb2.StatusUserSessionDeleted && c.isShaky() {
		h.SetStatus(smb2.StatusNetworkSessionExpired)
	}
}

// pause is how long a session is good for after it was logged in again.
func (c *Conn) pause() time.Duration {
	if c.isShaky() {
		return shakyPause
	}
	return renewPause
}

// key tells who a client is at the backend.
func (m *Member) key(client *tree.Client) string {
	u := &client.User
	switch {
	case m.As != "":
		return "as " + m.As
	case u.Anonymous:
		return "anonymous"
	case u.Guest:
		return "guest"
	}
	return "user " + auth.Upper(u.User)
}

// park keeps a session for who comes next. It is false where it has to be logged
// off.
func (p *Pool) park(l *lodging, key string) bool {
	c := l.session.c
	if !c.isShaky() || l.session.isGone() {
		return false
	}
	if c.worn.Load() { // what of it has not ended ends with the connection
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.link.parked == nil {
		l.link.parked = make(map[string][]*Session)
	}
	l.link.parked[key] = append(l.link.parked[key], l.session)
	if l.link.idle++; l.link.idle > maxParked {
		c.worn.Store(true)
	}
	return true
}

// unpark is a session that is parked on a connection for that key, or nil.
func (p *Pool) unpark(l *link, key string) *Session {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := l.parked[key]
	if len(list) == 0 {
		return nil
	}
	s := list[len(list)-1]
	if l.parked[key] = list[:len(list)-1]; len(list) == 1 {
		delete(l.parked, key)
	}
	l.idle--
	return s
}

// errRefused is what a client is told of a log-in that is not tried.
var errRefused = errors.New("the server has refused the same a moment ago")

// refuse notes that a server has refused somebody.
func (p *Pool) refuse(c *Conn, key string) {
	if !c.isShaky() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for other, until := range p.refused {
		if now.After(until) {
			delete(p.refused, other)
		}
	}
	if p.refused == nil {
		p.refused = make(map[string]time.Time)
	}
	if len(p.refused) < maxRemembered {
		p.refused[key] = now.Add(refusedTime)
	}
}

func (p *Pool) refuses(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Now().Before(p.refused[key])
}

// isOver says whether the session has to be logged in again for what has been
// answered like that.
func (s *Session) isOver(err error) bool {
	st, ok := errors.AsType[smb2.Status](err)
	return ok && (st == smb2.StatusNetworkSessionExpired || st == smb2.StatusUserSessionDeleted && s.c.isShaky())
}

// insist asks once more, where the server has ended all sessions in between.
func (t *Tree) insist(ctx context.Context, q question) (answer, error) {
	a, err := t.c.ask(ctx, q)
	if err != nil || !t.session.isOver(a.header().Status()) {
		return a, err
	}
	if again := t.session.again(ctx); again != nil {
		return a, nil
	}
	a.m.Release()
	return t.c.ask(ctx, q)
}
