package back

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/smbgw/smbgw/smb2"
)

// A Pool is the connections to one backend that many clients share: few, where
// one for each client would be too many. A client's session there is one of its
// own, on whatever connection has the fewest. Exported fields are set before its
// first use.
type Pool struct {
	// Size is how many connections there may be, DefaultConnections when 0.
	Size int

	// Options are for all of them, which are Shared. ClientGUID is not used: each
	// has one of its own, because servers join what has the same.
	Options Options

	runs sync.WaitGroup

	remembered Sessions // that connections have ended with

	mu      sync.Mutex // held for moments
	dial    Dial
	timeout time.Duration // of it
	links   []*link
	pause   time.Time // until then there is no new one where others will do
	running int       // connections that are made, used or ended
	retired bool
	closed  bool
	refused map[string]time.Time // who is not tried again until then; see shaky.go
	past    Counts               // of those that are over
}

// A link is a connection of a pool. Under Pool.mu, but for ready.
type link struct {
	ready  chan struct{}         // closed when it has been made, or has failed
	cancel func()                // of its making
	conn   *Conn                 // nil until there is one
	err    error                 // why there is none
	seats  int                   // sessions that are on it, or will be
	most   int                   // that the server has been found to take, until then; 0 when it is not known
	until  time.Time             // of most
	parked map[string][]*Session // that nobody needs, by Member.key; see shaky.go
	idle   int                   // how many of these
	rest   *time.Timer           // ends it when nobody has come; nil when it has seats
}

// Dial sets how connections are made from now on, and how long that may take: a
// minute when it is 0.
func (p *Pool) Dial(dial Dial, timeout time.Duration) {
	if timeout == 0 {
		timeout = connectTime
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dial, p.timeout = dial, timeout
}

// Retire says that there will be no new clients: connections end with their last
// session.
func (p *Pool) Retire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.retired = true
	for _, l := range slices.Clone(p.links) {
		if l.seats == 0 {
			p.end(l)
		}
	}
}

// Close ends all connections. It blocks until nothing of them is left.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	for _, l := range slices.Clone(p.links) {
		p.end(l)
	}
	p.mu.Unlock()
	p.runs.Wait()
}

// Load is how many connections there are, and how many sessions on them.
func (p *Pool) Load() (connections, sessions int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.links {
		sessions += l.seats
	}
	return len(p.links), sessions
}

// Empty says that there is no connection, and nothing left of one.
func (p *Pool) Empty() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.running == 0
}

// Counts are those of all connections that there have been.
func (p *Pool) Counts() Counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	sum := p.past.Plus(Counts{})
	for _, l := range p.links {
		if l.conn != nil {
			sum = sum.Plus(l.conn.Counts())
		}
	}
	return sum
}

func (p *Pool) size() int {
	if p.Size == 0 {
		return DefaultConnections
	}
	return p.Size
}

// seat finds a connection for a session more, which leaves it by rise.
func (p *Pool) seat(ctx context.Context) (*link, error) {
	for {
		l, err := p.choose()
		if err != nil {
			return nil, err
		}
		select {
		case <-l.ready:
		case <-ctx.Done():
			p.rise(l)
			return nil, &Error{"connect", smb2.StatusServerUnavailable, context.Cause(ctx)}
		}
		p.mu.Lock()
		err = l.err
		p.mu.Unlock()
		if err == nil {
			return l, nil
		}
		p.rise(l)
		if !p.living() {
			return nil, &Error{"connect", smb2.StatusServerUnavailable, err}
		}
	}
}

// choose takes a seat on the connection with the fewest sessions. While there may
// be more connections, one that somebody is on is not shared. What is worn comes
// last.
func (p *Pool) choose() (*link, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, &Error{"connect", smb2.StatusServerUnavailable, ErrClosed}
	}
	var best, worn *link
	alive := 0
	for _, l := range p.links {
		if l.conn != nil && l.conn.Err() != nil { // its clients are being told
			continue
		}
		alive++
		switch {
		case l.seats >= p.room(l):
		case l.conn != nil && l.conn.worn.Load():
			worn = fewer(worn, l)
		default:
			best = fewer(best, l)
		}
	}
	more := alive < p.size() && (best == nil || best.seats > 0)
	if other := best != nil || worn != nil; more && !(other && time.Now().Before(p.pause)) {
		best = p.add()
	}
	if best == nil {
		best = worn
	}
	if best == nil {
		return nil, &Error{"connect", smb2.StatusRequestNotAccepted, errFull}
	}
	best.seats++
	if best.rest != nil {
		best.rest.Stop()
		best.rest = nil
	}
	return best, nil
}

var errFull = errors.New("all connections have as many sessions as they may")

func fewer(a, b *link) *link {
	if a == nil || b.seats < a.seats {
		return b
	}
	return a
}

// room is how many sessions a connection may have. Under mu.
func (p *Pool) room(l *link) int {
	n := p.Options.Sessions
	if n == 0 {
		n = DefaultSessions
	}
	if l.most > 0 && time.Now().Before(l.until) {
		n = min(n, l.most)
	}
	return n
}

// full notes that the server takes no session more on a connection than those it
// has besides the one it was asked for, for a while: that may have been its want of
// a moment.
func (p *Pool) full(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.idle > 0 { // with them it ends, as soon as it can
		l.conn.worn.Store(true)
		return
	}
	l.most, l.until = max(l.seats-1, 1), time.Now().Add(fullTime)
}

// living says that there is a connection that somebody could be on.
func (p *Pool) living() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.links, func(l *link) bool {
		return l.conn != nil && l.err == nil && l.conn.Err() == nil && l.seats < p.room(l)
	})
}

// rise leaves a seat. A connection without any stays for a while, for who comes
// next.
func (p *Pool) rise(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.seats--; l.seats > 0 || !slices.Contains(p.links, l) {
		return
	}
	if p.retired || l.conn != nil && l.conn.worn.Load() {
		p.end(l)
		return
	}
	l.rest = time.AfterFunc(restTime, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if l.seats == 0 {
			p.end(l)
		}
	})
}

// add begins to make a connection. Under mu.
func (p *Pool) add() *link {
	ctx, cancel := context.WithTimeout(context.Background(), p.timeout)
	l := &link{ready: make(chan struct{}), cancel: cancel}
	p.links = append(p.links, l)
	p.running++
	dial := p.dial
	p.runs.Go(func() {
		defer cancel()
		p.run(ctx, l, dial)
		p.mu.Lock()
		p.running--
		p.mu.Unlock()
	})
	return l
}

// end ends a connection that nobody comes to any more. Under mu.
func (p *Pool) end(l *link) {
	if !slices.Contains(p.links, l) {
		return
	}
	p.links = slices.DeleteFunc(p.links, func(o *link) bool { return o == l })
	if l.rest != nil {
		l.rest.Stop()
	}
	l.cancel()
	if l.conn != nil {
		p.runs.Go(l.conn.Close) // which may take a while
		p.past = p.past.Plus(l.conn.Counts())
	}
	if l.err == nil {
		l.err = ErrClosed
	}
}

// run makes a connection and reads it to its end.
func (p *Pool) run(ctx context.Context, l *link, dial Dial) {
	var reading sync.WaitGroup
	c, err := p.make(ctx, dial, &reading)
	if err != nil {
		p.failed(l, err)
	} else {
		p.made(l, c)
	}
	reading.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(l)
}

// make finds a server that answers, and has what it says read.
func (p *Pool) make(ctx context.Context, dial Dial, reading *sync.WaitGroup) (c *Conn, err error) {
	var refusal error
	err = dial(ctx, func(ctx context.Context, link Link) error {
		o := p.Options
		o.Shared, o.Lost = true, link.Lost
		rand.Read(o.ClientGUID[:])
		c = New(link.Conn, o)
		reading.Go(func() {
			err := c.Run(context.Background())
			c.options.Log.Info("backend connection closed", "reason", err, "data", c.Counts())
		})
		err := c.Negotiate(ctx)
		if err != nil && c.answered() {
			refusal = err // at every address
			return nil
		}
		return err
	})
	if err == nil {
		err = refusal
	}
	return c, err
}

// made has those go on who wait for a connection, and failed tells them why there
// is none.
func (p *Pool) made(l *link, c *Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer close(l.ready)
	if l.conn = c; l.err != nil {
		p.runs.Go(c.Close)
	}
}

func (p *Pool) failed(l *link, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer close(l.ready)
	if slices.Contains(p.links, l) {
		l.err = err
		p.pause = time.Now().Add(dialPause)
		p.end(l)
	}
}

// holds says that a session is one of the pool's, and lives.
func (p *Pool) holds(id uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.links, func(l *link) bool { return l.conn != nil && l.conn.session(id) != nil })
}
