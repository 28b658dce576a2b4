package gateway

import (
	"fmt"
	"log/slog"
	"sync"

	"github.com/smbgw/smbgw/gateway/back"
)

// A Sharing has clients share connections to a backend: so many of them, each with
// so many sessions at most, which have so many requests under way. 0 is what
// package back has for each.
type Sharing struct {
	Connections, Sessions, Requests int
}

// pools are those that clients of one Run have come to, whatever the configuration
// that they are of.
type pools struct {
	mu   sync.Mutex
	used map[*back.Pool]bool
}

// share makes a backend's pool, or goes on with that of the configuration before,
// where the backend is the same and reached in the same way.
func (s *server) share(b *Backend, before *server) {
	if b == nil || b.Shared == nil || s.pools[b] != nil {
		return
	}
	if before != nil {
		for other, p := range before.pools {
			if other.shape() == b.shape() && !s.shares(p) {
				s.pools[b], s.arenas[b] = p, p.Options.Arena
				return
			}
		}
	}
	p := &back.Pool{Size: b.Shared.Connections, Options: s.options(b, s.log)}
	p.Options.Sessions, p.Options.Requests = b.Shared.Sessions, b.Shared.Requests
	p.Dial(s.dialer(b, s.log), s.monitors[b].Timeout())
	s.pools[b] = p
}

// shape is all that a pool depends on, but for the networks.
func (b *Backend) shape() string {
	s := fmt.Sprintf("%q %q %v %d %v %v %+v", b.Name, b.host(), b.Place, b.Threshold, b.Sign, b.Encrypt, *b.Shared)
	for _, e := range b.Endpoints {
		s += " " + e.Addr.String()
	}
	return s
}

// shares says that a pool is some backend's already.
func (s *server) shares(p *back.Pool) bool {
	for _, other := range s.pools {
		if other == p {
			return true
		}
	}
	return false
}

// options are for connections to a backend.
func (s *server) options(b *Backend, log *slog.Logger) back.Options {
	return back.Options{
		Arena:       s.arenas[b],
		ServerName:  b.host(),
		Sign:        b.Sign,
		Encrypt:     b.Encrypt,
		NoPlacement: !b.Place,
		Threshold:   b.Threshold,
		Log:         log.With("backend", b.Name),
	}
}

// succeed says that s is what serves from now on: pools that it has gone on with
// are dialled as it says, and others end with their last session.
func (s *server) succeed(before *server) {
	for b, p := range s.pools {
		p.Dial(s.dialer(b, s.log), s.monitors[b].Timeout())
	}
	for b, p := range before.pools {
		if b.Shared != nil && !s.shares(p) {
			p.Retire()
		}
	}
	s.shared.prune()
}

// member is what a client sees of a backend whose connections are shared.
func (s *space) member(m *Mount) *back.Member {
	return &back.Member{Pool: s.pools[m.Backend], As: m.As.Name, Initiator: m.As.Initiator}
}

// enter says that a client comes to a pool, or to none.
func (p *pools) enter(pool *back.Pool) {
	if pool == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used == nil {
		p.used = make(map[*back.Pool]bool)
	}
	p.used[pool] = true
}

// prune forgets those that nothing is left of.
func (p *pools) prune() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for pool := range p.used {
		if pool.Empty() {
			delete(p.used, pool)
		}
	}
}

// close ends all of them, after their clients.
func (p *pools) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for pool := range p.used {
		pool.Close()
	}
}
