package front

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smbgw/smbgw/gateway/credit"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A conn is one client's connection, [MS-SMB2] 3.3.1.7.
type conn struct {
	*Server
	tc     transports.Conn
	space  *holding
	placer transports.Placer // nil where the network cannot place
	place  uint32            // bytes of one transfer
	inline uint32            // bytes of the longest payload of a message we send
	limits Limits            // nil for none
	ctx    context.Context
	stop   context.CancelFunc // of ctx
	log    *slog.Logger
	login  *time.Timer // ends a connection on which nobody logs in

	terms terms // owned by the reader
	tally tally

	elements [][]byte   // the reader's scratch
	chain    uint64     // the reader's: messages so far; changed under mu
	handed   uint64     // the reader's: requests that trees have been given
	paced    uint64     // and of the others, those that limits know of
	batch    []outgoing // the sender's

	background sync.WaitGroup // connects and disconnects that take a while
	pulled     chan *request  // WRITEs whose payload has come by RDMA
	wake       chan struct{}  // something to send; one slot
	over       chan struct{}  // closed when the writer may go
	dead       atomic.Bool

	mu       sync.Mutex // guards what follows, for moments only
	room     sync.Cond  // on mu: the reader waits for less to be under way
	window   *credit.Window
	channels map[uint64]*channel
	late     *channel // the last one that was forgotten
	logins   int      // of sessions: those whose log-in has not ended
	probes   int      // ECHOs since there was a session
	async    uint64
	pending  list  // requests without their answer
	idle     list  // records for reuse
	pushes   *push // records for reuse
	count    int   // of pending
	waiting  int   // of pending: those with an interim response
	held     int64
	queue    []outgoing
	queued   int64  // bytes of queue
	sending  bool   // somebody is in drain
	lost     bool   // nothing is sent any more
	serving  uint64 // the message that the reader is at; 0 for none
}

// Serve runs a connection to its end, and returns what it was used for and the
// cause of its end: nil when the client has closed it. It owns tc, and space, which is what the client sees. When it
// returns nothing of the connection is left: no goroutine, no tree, no message.
func (s *Server) Serve(ctx context.Context, tc transports.Conn, space tree.Space) (Summary, error) {
	s.once.Do(s.prepare)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := s.newConn(ctx, tc, space)
	c.stop = cancel
	killed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		c.kill()
		c.shut()
		close(killed)
	})
	var helpers sync.WaitGroup
	helpers.Go(c.write)
	if c.placer != nil {
		helpers.Go(c.servePulled)
	}
	err := c.read()
	if !stop() {
		<-killed
	}
	cancel()
	c.hangUp()
	helpers.Wait()
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return c.summary(), err
}

func (s *Server) newConn(ctx context.Context, tc transports.Conn, space tree.Space) *conn {
	c := &conn{
		Server:   s,
		tc:       tc,
		space:    newHolding(space),
		inline:   s.MaxSize,
		ctx:      ctx,
		log:      s.Log.With("client", tc.RemoteAddr().String()),
		wake:     make(chan struct{}, 1),
		over:     make(chan struct{}),
		window:   credit.New(s.Credits),
		channels: make(map[uint64]*channel),
	}
	c.room.L = &c.mu
	c.limits, _ = space.(Limits)
	if b, ok := tc.(transports.Bounded); ok {
		c.inline = min(c.inline, uint32(max(b.MaxSend()-messageSlack, 0)))
	}
	if p, ok := tc.(transports.Placer); ok {
		if is := p.Placement(); is.Server && is.MaxReadWrite > 0 {
			c.placer, c.place = p, min(is.MaxReadWrite, s.MaxSize)
			c.pulled = make(chan *request, maxPending)
		}
	}
	c.limit(loginMessage)
	c.login = time.AfterFunc(loginTime, c.kill)
	return c
}

// limit bounds the client's messages, where the network can.
func (c *conn) limit(n int) {
	c.terms.limit = n
	if l, ok := c.tc.(interface{ SetLimit(int) }); ok {
		l.SetLimit(n)
	}
}

// read receives until the end.
func (c *conn) read() error {
	for {
		c.await()
		c.pace()
		m, err := c.tc.Receive()
		if err != nil {
			return err
		}
		if err := c.receive(m); err != nil {
			c.log.Info("client is disconnected", "cause", err)
			return err
		}
	}
}

// await blocks while too much is under way.
func (c *conn) await() {
	c.mu.Lock()
	for (c.held > maxHeld || c.queued > maxQueued) && !c.dead.Load() {
		c.room.Wait()
	}
	c.mu.Unlock()
}

// kill ends the connection from outside of the reader, which then hangs up.
func (c *conn) kill() {
	if !c.dead.Swap(true) {
		c.mu.Lock()
		c.room.Broadcast()
		c.mu.Unlock()
		c.stop()
		c.tc.Close()
	}
}

// shut frees a reader that gives something to a tree whose server is stuck, where
// the tree ends with the connection.
func (c *conn) shut() {
	c.mu.Lock()
	channels := slices.Collect(maps.Values(c.channels))
	c.mu.Unlock()
	for _, ch := range channels {
		for _, b := range ch.alone(ch) {
			b.shut()
		}
	}
}

// hangUp ends what is left when the reader has stopped, in this order: nothing
// goes out or comes in, transfers have ended; channels are forgotten, so that
// nothing begins; the sessions of which they were the last end, every tree of
// theirs is closed, which answers every request; those of the others are
// withdrawn and waited for; the helpers are told.
func (c *conn) hangUp() {
	c.login.Stop()
	c.dead.Store(true)
	c.tc.Close()
	ended, live := c.leaveAll()
	for _, s := range ended {
		s.forsake() // all of them before the first is closed
	}
	for _, s := range ended {
		s.drop(c.Sessions)
	}
	for _, s := range live {
		s.retell(c)
	}
	c.withdrawAll()
	c.background.Wait()
	c.space.leave()
	if c.pulled != nil {
		close(c.pulled)
	}
	close(c.over)
}

// leaveAll takes the connection away from its sessions, and returns those that
// have ended with it and those that go on.
func (c *conn) leaveAll() (ended, live []*session) {
	c.mu.Lock()
	channels := make([]*channel, 0, len(c.channels))
	for _, ch := range c.channels {
		channels = append(channels, ch)
		c.forget(ch)
	}
	c.mu.Unlock()
	for _, ch := range channels {
		if ch.leave(ch) {
			ended = append(ended, ch.session)
		} else {
			live = append(live, ch.session)
		}
	}
	return ended, live
}

// withdrawAll asks the trees of sessions that go on to give up what came on this
// connection, and blocks until all has been answered. CREATEs are left to come to
// their end, which opens' breaks may hold up: a client repeats them on another
// channel, and has to be told that the first one is still under way, [MS-SMB2]
// 3.3.5.9.
func (c *conn) withdrawAll() {
	c.mu.Lock()
	var list []*request
	for r := c.pending.first; r != nil; r = r.next {
		if r.served && r.header().Command() != smb2.CommandCreate {
			r.inUse++
			list = append(list, r)
		}
	}
	c.mu.Unlock()
	for _, r := range list {
		c.withdraw(r)
	}
	c.mu.Lock()
	for c.count > 0 {
		c.room.Wait()
	}
	c.mu.Unlock()
}

// terms is what NEGOTIATE has settled, and what the client said there. It
// belongs to the reader.
type terms struct {
	negotiation
	limit int // bytes of a message
}

// vacant says that nobody has logged in, or nobody any more. c.mu is held.
func (c *conn) vacant() bool { return len(c.channels) == c.logins }

func (c *conn) remote() net.Addr { return c.tc.RemoteAddr() }

func (c *conn) multiCredit() bool { return c.terms.suite.Dialect >= smb2.Dialect21 }
