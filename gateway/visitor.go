package gateway

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/front"
	"github.com/smbgw/smbgw/gateway/limit"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/transports"
)

// A visitor is one client connection as far as limits go: what it has of the
// budgets of its listener and its address, and of those of its users.
type visitor struct {
	meter *limit.Meter
	base  limit.Set // of what concerns the connection as a whole
	over  atomic.Bool

	mu     sync.Mutex // guards what follows
	users  map[*tree.Client]*limit.Account
	others []*visitor                       // of sessions that this connection serves, too
	joined map[limit.Subject]*limit.Account // of their users, until it ends
}

// welcome counts a connection, which is over when leave is called; nil when there
// are too many.
func (s *server) welcome(l *Listener, conn transports.Conn) *visitor {
	v := &visitor{meter: s.limits.Meter()}
	for _, subject := range []limit.Subject{
		{Per: limit.Listener, Name: l.Name},
		{Per: limit.Address, Name: Source(conn.RemoteAddr())},
	} {
		a, ok := v.meter.Open(subject)
		if !ok {
			v.leave()
			return nil
		}
		v.base[subject.Per] = a
	}
	return v
}

// leave ends the connection. It and the sessions that began on it have ended.
func (v *visitor) leave() {
	v.over.Store(true)
	for _, a := range v.base {
		if a != nil {
			v.meter.Close(a)
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, a := range v.joined {
		v.meter.Close(a)
	}
	v.joined = nil
}

var _ front.Limits = (*visitor)(nil)

// Pace blocks until the client may be read again. requests are those since the
// last time that no tree has seen.
func (v *visitor) Pace(ctx context.Context, requests int) {
	v.base.Ask(int64(requests))
	v.meter.Pace(ctx, 0)
	for _, o := range v.followed() {
		o.meter.PaceOn(ctx, v.meter, 0)
	}
}

// follow is for a connection that serves a client's session that began on another
// one, whose budgets the session draws on. It is false when the user has too many
// connections.
func (v *visitor) follow(other *visitor, c *tree.Client) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	who := userOf(c)
	if v.joined[who] == nil {
		a, ok := v.meter.Open(who)
		if !ok {
			return false
		}
		if v.joined == nil {
			v.joined = make(map[limit.Subject]*limit.Account)
		}
		v.joined[who] = a
	}
	if other != v && !slices.Contains(v.others, other) {
		v.others = append(slices.Clip(v.others), other)
	}
	return true
}

// followed are those whose connections, or sessions, are still there.
func (v *visitor) followed() []*visitor {
	v.mu.Lock()
	defer v.mu.Unlock()
	if slices.ContainsFunc(v.others, (*visitor).isOver) {
		v.others = slices.DeleteFunc(slices.Clone(v.others), (*visitor).isOver)
	}
	return v.others
}

func (v *visitor) isOver() bool { return v.over.Load() }

// nobody and anybody are the users without a name of their own.
const (
	nobody  = "(anonymous)"
	anybody = "(guest)"
)

// userOf is the subject that a client's user is.
func userOf(c *tree.Client) limit.Subject {
	name := auth.Upper(c.User.User)
	switch {
	case c.User.Anonymous:
		name = nobody
	case c.User.Guest: // under whatever name he comes
		name = anybody
	}
	return limit.Subject{Per: limit.User, Name: name}
}

// Welcome counts a session, unless there are too many, or too many connections with
// sessions of its user.
func (v *visitor) Welcome(c *tree.Client) bool {
	a, ok := v.meter.Open(userOf(c))
	if !ok {
		return false
	}
	set := v.base
	set[limit.User] = a
	if !set.Take(limit.Sessions, 1) {
		v.meter.Close(a)
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.users == nil {
		v.users = make(map[*tree.Client]*limit.Account)
	}
	v.users[c] = a
	return true
}

// Leave ends a session. Its trees have ended.
func (v *visitor) Leave(c *tree.Client) {
	set := v.of(c)
	set.Give(limit.Sessions, 1)
	v.mu.Lock()
	delete(v.users, c)
	v.mu.Unlock()
	v.meter.Close(set[limit.User])
}

// of is what a session draws on.
func (v *visitor) of(c *tree.Client) limit.Set {
	v.mu.Lock()
	defer v.mu.Unlock()
	set := v.base
	set[limit.User] = v.users[c]
	return set
}

// A mountMemory is the memory that a visitor's trees of one mount may have exposed.
type mountMemory struct {
	*visitor
	mount limit.Subject
}

var _ back.Memory = (*mountMemory)(nil)

// Expose takes memory for n bytes that a backend may read or write, and Revoke
// gives it back.
func (m *mountMemory) Expose(c *tree.Client, n int) bool {
	set := m.draws(c)
	return set.Take(limit.Memory, int64(n))
}

func (m *mountMemory) Revoke(c *tree.Client, n int) {
	set := m.draws(c)
	set.Give(limit.Memory, int64(n))
}

// draws is what a session's exposures draw on. The mount's account is there as long
// as the tree is.
func (m *mountMemory) draws(c *tree.Client) limit.Set {
	set := m.of(c)
	set[limit.Mount] = m.meter.Find(m.mount)
	return set
}

// reportLimit writes the line in the log about a limit that has been met.
func reportLimit(log *slog.Logger, e limit.Excess) {
	beyond := "is refused"
	if e.Kind.Paced() {
		beyond = "waits"
	}
	attrs := []any{e.Subject.Per.String(), e.Subject.Name, "limit", e.Kind.String(), "most", e.Limit, "beyond", beyond}
	if e.Missed > 0 {
		attrs = append(attrs, "unreported", e.Missed)
	}
	log.Warn("limit is reached", attrs...)
}
