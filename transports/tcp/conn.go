package tcp

import (
	"cmp"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smbgw/smbgw/transports"
)

// A conn is one Direct TCP connection.
type conn struct {
	raw    *net.TCPConn
	frames *transports.Framer
	linger time.Duration
	limit  int // what the network was made for

	// Held while Receive and Send run, so that Close can wait until neither
	// has a buffer any more.
	receiving, sending sync.Mutex

	closed   atomic.Bool
	once     sync.Once
	closeErr error
}

var (
	_ transports.Gatherer = (*conn)(nil)
	_ transports.Limited  = (*conn)(nil)
)

func (n Network) newConn(raw *net.TCPConn) *conn {
	setUserTimeout(raw, n.UserTimeout)
	c := &conn{raw: raw, linger: n.Linger, limit: n.Limit}
	s := newStream(raw)
	c.frames = transports.NewFramer(s, s, n.Arena)
	c.frames.SetLimit(n.Limit)
	return c
}

// SetLimit is transports.Limited's.
func (c *conn) SetLimit(n int) { c.frames.SetLimit(cmp.Or(n, c.limit)) }

func (c *conn) Receive() (*transports.Message, error) {
	c.receiving.Lock()
	defer c.receiving.Unlock()
	m, err := c.frames.Receive()
	if err != nil && c.closed.Load() {
		return nil, net.ErrClosed
	}
	return m, err
}

func (c *conn) Send(m *transports.Message) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	err := c.frames.Send(m)
	if err != nil && c.closed.Load() {
		return net.ErrClosed
	}
	return err
}

// Buffered says that Receive has its next message already.
func (c *conn) Buffered() bool {
	c.receiving.Lock()
	defer c.receiving.Unlock()
	return c.frames.Buffered()
}

func (c *conn) SendAll(list []*transports.Message) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	err := c.frames.SendAll(list)
	if err != nil && c.closed.Load() {
		return net.ErrClosed
	}
	return err
}

// Close interrupts Receive and Send, then ends the connection in order.
func (c *conn) Close() error {
	c.once.Do(func() {
		c.closed.Store(true)
		c.raw.SetDeadline(time.Unix(1, 0)) // unblocks both; fails only on a dead socket
		c.receiving.Lock()
		c.sending.Lock()
		defer c.receiving.Unlock()
		defer c.sending.Unlock()
		if c.raw.CloseWrite() == nil && c.linger > 0 {
			c.drain(time.Now().Add(c.linger))
		}
		c.closeErr = c.raw.Close()
	})
	return c.closeErr
}

// drain discards what the peer sends until it has ended its stream, or has
// nothing under way and all of ours, or the time is over. Input that is unread
// at close makes the system reset the connection and forget what it has not
// yet delivered.
func (c *conn) drain(end time.Time) {
	scrap := make([]byte, 16<<10)
	for left, pause := maxDrain, time.Millisecond; left > 0; pause = min(2*pause, 50*time.Millisecond) {
		now := time.Now()
		if !now.Before(end) {
			return
		}
		c.raw.SetReadDeadline(minTime(now.Add(pause), end))
		n, err := c.raw.Read(scrap)
		left -= n
		if err == nil {
			continue
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || unacknowledged(c.raw) == 0 {
			return
		}
	}
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (c *conn) RemoteAddr() net.Addr { return c.raw.RemoteAddr() }
