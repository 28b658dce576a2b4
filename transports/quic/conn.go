package quic

import (
	"cmp"
	"context"
	"crypto/x509"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/smbgw/smbgw/transports"
)

// A conn is one QUIC connection with one stream.
type conn struct {
	raw    *quic.Conn
	socket *socket
	name   string // what the peer calls us
	arena  *transports.Arena
	limit  atomic.Int64
	most   int // what limit is when its owner sets none
	linger time.Duration

	opened chan struct{} // closed when there are stream and frames
	stream *quic.Stream
	frames *transports.Framer

	// Held while Receive and Send run, so that Close can wait until neither
	// has a buffer any more.
	receiving, sending sync.Mutex
	peerEnded          bool // Receive has seen the end; guarded by receiving

	background sync.WaitGroup
	closed     chan struct{}
	once       sync.Once
}

var (
	_ transports.Limited   = (*conn)(nil)
	_ transports.Certified = (*conn)(nil)
	_ transports.Named     = (*conn)(nil)
)

// newConn takes raw, and holds s for it.
func (n Network) newConn(raw *quic.Conn, s *socket) *conn {
	s.hold()
	c := &conn{
		raw:    raw,
		socket: s,
		arena:  n.Arena,
		linger: n.Linger,
		opened: make(chan struct{}),
		closed: make(chan struct{}),
	}
	c.most = n.Limit
	c.limit.Store(int64(n.Limit))
	return c
}

// adopt makes stream the one that carries the messages.
func (c *conn) adopt(stream *quic.Stream) {
	c.stream = stream
	c.frames = transports.NewFramer(reader{stream}, writer{stream}, c.arena)
	c.frames.SetLimit(int(c.limit.Load()))
	close(c.opened)
	c.frames.SetLimit(int(c.limit.Load())) // SetLimit may have come in between
}

// acceptStreams takes the client's stream and refuses all further ones.
func (c *conn) acceptStreams() {
	for first := true; ; first = false {
		stream, err := c.raw.AcceptStream(c.raw.Context())
		switch {
		case err != nil:
			return
		case first:
			c.adopt(stream)
		default:
			stream.CancelRead(codeRefused)
			stream.CancelWrite(codeRefused)
		}
	}
}

// Certificates is transports.Certified's: the chains that have been found, each
// certificate once.
func (c *conn) Certificates() []*x509.Certificate {
	var all []*x509.Certificate
	for _, chain := range c.raw.ConnectionState().TLS.VerifiedChains {
		for _, x := range chain {
			if !slices.ContainsFunc(all, x.Equal) {
				all = append(all, x)
			}
		}
	}
	return all
}

// SetLimit is transports.Limited's.
func (c *conn) SetLimit(n int) {
	n = cmp.Or(n, c.most)
	c.limit.Store(int64(n))
	select {
	case <-c.opened:
		c.frames.SetLimit(n)
	default: // adopt will see it
	}
}

// ready waits for the stream. One that comes during Close is too late: nobody
// would interrupt its use.
func (c *conn) ready() error {
	select {
	case <-c.opened:
		if c.isClosed() {
			return net.ErrClosed
		}
		return nil
	case <-c.closed:
		return net.ErrClosed
	case <-c.raw.Context().Done():
		return c.outcome()
	}
}

// outcome is why the connection has ended. A stream that was there before the
// end still has its own say.
func (c *conn) outcome() error {
	select {
	case <-c.closed:
		return net.ErrClosed
	case <-c.opened:
		return nil
	default:
		return orderly(context.Cause(c.raw.Context()))
	}
}

func (c *conn) Receive() (*transports.Message, error) {
	c.receiving.Lock()
	defer c.receiving.Unlock()
	if err := c.ready(); err != nil {
		return nil, err
	}
	m, err := c.frames.Receive()
	if err == nil {
		return m, nil
	}
	if c.isClosed() {
		return nil, net.ErrClosed
	}
	if err == io.EOF {
		c.peerEnded = true
	}
	return nil, err
}

func (c *conn) Send(m *transports.Message) error {
	if m.Len() == 0 { // no reason to wait for the stream
		m.Release()
		return transports.ErrEmpty
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	if err := c.ready(); err != nil {
		m.Release()
		return sendError(err)
	}
	err := c.frames.Send(m)
	if err != nil && c.isClosed() {
		return net.ErrClosed
	}
	return err
}

func (c *conn) isClosed() bool {
	select {
	case <-c.closed:
		return true
	default:
		return false
	}
}

// Close interrupts Receive and Send, then ends the connection in order.
func (c *conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.interrupt()
		c.receiving.Lock()
		c.sending.Lock()
		defer c.receiving.Unlock()
		defer c.sending.Unlock()
		c.finish()
		c.raw.CloseWithError(codeNone, "")
		c.background.Wait()
		c.socket.release()
	})
	return nil
}

// interrupt unblocks whoever is in Receive or Send.
func (c *conn) interrupt() {
	select {
	case <-c.opened:
		c.stream.SetDeadline(time.Unix(1, 0))
	default: // both wait for closed as well
	}
}

// finish ends the stream and waits for the peer to have it all.
func (c *conn) finish() {
	select {
	case <-c.opened:
	default:
		return
	}
	if c.linger <= 0 || c.stream.Close() != nil {
		return
	}
	end := time.Now().Add(c.linger)
	if !c.peerEnded {
		c.peerEnded = drain(c.stream, end)
		return
	}
	timer := time.NewTimer(time.Until(end))
	defer timer.Stop()
	select {
	case <-c.raw.Context().Done():
	case <-timer.C:
	}
}

// drain discards what the peer sends, and says whether it came to its end.
func drain(s *quic.Stream, end time.Time) bool {
	s.SetReadDeadline(end)
	n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, io.LimitReader(s, maxDrain), make([]byte, 16<<10))
	return err == nil && n < maxDrain
}

func (c *conn) RemoteAddr() net.Addr { return c.raw.RemoteAddr() }

// A reader is the stream with errors as transports.Conn promises them.
type reader struct{ s *quic.Stream }

func (r reader) Read(b []byte) (int, error) {
	n, err := r.s.Read(b)
	if err != nil {
		err = orderly(err)
	}
	return n, err
}

// A writer is the same for sending.
type writer struct{ s *quic.Stream }

func (w writer) Write(b []byte) (int, error) {
	n, err := w.s.Write(b)
	if err != nil {
		err = sendError(orderly(err))
	}
	return n, err
}
