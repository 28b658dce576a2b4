package back

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smbgw/smbgw/gateway/credit"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/transports"
)

// A Conn is a client's connection to a backend. Many goroutines may use it,
// while Run runs.
type Conn struct {
	conn    transports.Conn
	options Options
	arena   *transports.Arena
	placer  transports.Placer // nil when nothing can be placed

	// Bytes of the longest message that the server takes, and that we do.
	maxSend, maxReceive int

	siblings *Sessions // with the client's other connections; may be nil
	unplaced reason    // why nothing is ever placed

	// Written by Negotiate, before there are sessions.
	suite       crypt.Suite
	limits      Limits
	server      serverHello
	preauth     crypt.PreauthHash
	maxPlaced   uint32
	invalidates bool // the server may revoke what is exposed to it

	// logins has room for the log-in that is under way.
	logins chan struct{}

	// worn says that the server may hold sessions and trees that this side has
	// given up: no more are to be made here.
	worn atomic.Bool

	// helpers log sessions in again, and serve chains element by element. One
	// begins under mu, before there is a cause.
	helpers sync.WaitGroup

	// sending owns conn.Send and the signers and sealers of all sessions.
	sending sync.Mutex

	received   atomic.Uint64 // messages, for the keepalive
	delivering atomic.Bool   // the reader waits for a client, not for the server
	counts     counts

	// mu owns what follows.
	mu       sync.Mutex
	changed  sync.Cond // credits, outstanding requests, the end
	held     credit.Held
	queue    queue
	flying   int // requests of clients to which the server has said nothing
	waiting  int // of those that it has told to wait
	orphans  int // whose client has been answered
	calls    calls
	splits   *split // idle records
	sessions map[uint64]*Session
	holders  holders
	cause    error // why the connection is over
	swept    bool  // and nothing is left of it

	// Owned by the reader.
	strays int
}

// serverHello is what the server said of itself.
type serverHello struct {
	guid         smb2.GUID
	mode         smb2.SecurityMode
	capabilities smb2.Capabilities
	hint         []byte // its first token
}

// New returns a connection over conn, which it owns from here on. Nothing
// happens before Run.
func New(conn transports.Conn, o Options) *Conn {
	c := &Conn{conn: conn, options: o.complete(), arena: o.Arena, maxSend: transports.MaxMessage, maxReceive: transports.MaxMessage}
	c.held = credit.NewHeld(c.options.target(), reservedCredits)
	c.logins = make(chan struct{}, 1)
	c.changed.L = &c.mu
	c.sessions = make(map[uint64]*Session)
	c.holders.init()
	if b, ok := conn.(transports.Bounded); ok {
		c.maxSend = min(c.maxSend, b.MaxSend())
	}
	if b, ok := conn.(interface{ MaxReceive() int }); ok {
		c.maxReceive = min(c.maxReceive, b.MaxReceive())
	}
	switch p, ok := conn.(transports.Placer); {
	case !ok || p.Placement().Server:
		c.unplaced = noRDMA
	case o.NoPlacement:
		c.unplaced = turnedOff
	default:
		is := p.Placement()
		c.placer, c.maxPlaced, c.invalidates, c.unplaced = p, is.MaxReadWrite, is.Invalidates, noRDMA
	}
	return c
}

// Run reads the connection and keeps it alive until it ends, answers what is
// then outstanding, and returns the reason. Nothing of the connection is left
// when it returns. It is called once.
func (c *Conn) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	wg.Go(func() { cancel(c.read()) })
	wg.Go(func() { cancel(c.keepAlive(ctx)) })
	<-ctx.Done()
	c.abort(context.Cause(ctx))
	wg.Wait()
	c.bereave()
	c.mourn()
	c.sweep()
	c.helpers.Wait()
	return c.Err()
}

// Close ends the connection as it is: without a word to the server, which
// keeps durable opens. Run returns.
func (c *Conn) Close() { c.abort(ErrClosed) }

// Err is why the connection is over, or nil.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.cause
}

// Limits are what Negotiate has found.
func (c *Conn) Limits() Limits { return c.limits }

// Dialect is what Negotiate has found.
func (c *Conn) Dialect() smb2.Dialect { return c.suite.Dialect }

// abort ends the connection; the first reason counts.
func (c *Conn) abort(err error) {
	c.mu.Lock()
	if c.cause == nil {
		c.cause = err
	}
	c.stir()
	c.mu.Unlock()
	c.conn.Close()
}

// bounded is a context for our own requests.
func bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), askTime)
}

// keepAlive asks a silent server for a sign of life, [MS-SMB2] 3.2.4.23.
func (c *Conn) keepAlive(ctx context.Context) error {
	t := time.NewTicker(keepaliveTime)
	defer t.Stop()
	for last := uint64(0); ; {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-t.C:
		}
		n := c.received.Load()
		if n == last && n > 0 && !c.delivering.Load() {
			if err := c.echo(ctx, keepaliveTime); err != nil && !c.delivering.Load() {
				return err
			}
		}
		last = c.received.Load()
	}
}

// echo asks for a sign of life within d.
func (c *Conn) echo(ctx context.Context, d time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, d, ErrSilent)
	defer cancel()
	a, err := c.ask(ctx, question{command: smb2.CommandEcho, body: new(smb2.Echo).AppendBody})
	if err != nil {
		return err
	}
	a.m.Release()
	return nil
}
