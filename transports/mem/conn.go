package mem

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"

	"github.com/smbgw/smbgw/transports"
)

// ErrBroken is what both ends of a link answer after Break.
var ErrBroken = errors.New("mem: link broken")

// A Conn is one end of a connection. Those of a Network with MaxReadWrite are
// *PlacerConn instead.
type Conn struct {
	arena  *transports.Arena
	max    int
	remote Addr
	link   *link
	peer   *Conn

	in     chan *transports.Message // what the peer has sent
	closed chan struct{}            // at the begin of Close: no more of our calls
	ended  chan struct{}            // at its end: nothing more comes from us
	once   sync.Once

	// Locks that are channels, so that waiting for them is visible to synctest.
	sending, receiving chan struct{}

	place *placement // nil when the connection cannot place
}

var _ transports.Conn = (*Conn)(nil)

// A link is what both ends share.
type link struct {
	once   sync.Once
	broken chan struct{}
	cause  error // set before broken is closed
}

func (l *link) breakWith(err error) {
	l.once.Do(func() {
		l.cause = err
		close(l.broken)
	})
}

func (n *Network) newPair(client, server Addr) (transports.Conn, transports.Conn) {
	shared := &link{broken: make(chan struct{})}
	a, b := n.newEnd(shared, server), n.newEnd(shared, client)
	a.peer, b.peer = b, a
	if n.MaxReadWrite == 0 {
		return a, b
	}
	a.place = newPlacement(a, transports.Placement{MaxReadWrite: n.MaxReadWrite, Invalidates: !n.NoInvalidation})
	b.place = newPlacement(b, transports.Placement{MaxReadWrite: n.MaxReadWrite, Server: true})
	go b.place.run()
	return &PlacerConn{a}, &PlacerConn{b}
}

func (n *Network) newEnd(shared *link, remote Addr) *Conn {
	buffer, max := n.Buffer, n.MaxMessage
	if buffer <= 0 {
		buffer = defaultBuffer
	}
	if max <= 0 {
		max = transports.MaxMessage
	}
	return &Conn{
		arena:     n.arena(),
		max:       max,
		remote:    remote,
		link:      shared,
		in:        make(chan *transports.Message, buffer),
		closed:    make(chan struct{}),
		ended:     make(chan struct{}),
		sending:   make(chan struct{}, 1),
		receiving: make(chan struct{}, 1),
	}
}

func (c *Conn) Receive() (*transports.Message, error) {
	c.receiving <- struct{}{}
	defer func() { <-c.receiving }()
	if err := c.failure(); err != nil {
		return nil, err
	}
	select {
	case m := <-c.in:
		return c.deliver(m), nil
	case <-c.closed:
	case <-c.link.broken:
	case <-c.peer.ended:
		select {
		case m := <-c.in:
			return c.deliver(m), nil
		default:
			return nil, io.EOF
		}
	}
	return nil, c.failure()
}

// deliver lets the message's invalidation take effect: what it names is out of
// the peer's reach before the message is seen.
func (c *Conn) deliver(m *transports.Message) *transports.Message {
	if m.Invalidates && c.place != nil && c.place.limits.Invalidates {
		c.place.invalidate(m.Invalidate)
	}
	return m
}

// failure is why the connection is over, or nil.
func (c *Conn) failure() error {
	select {
	case <-c.closed:
		return net.ErrClosed
	default:
	}
	select {
	case <-c.link.broken:
		return c.link.cause
	default:
		return nil
	}
}

func (c *Conn) Send(m *transports.Message) error {
	defer m.Release()
	c.sending <- struct{}{}
	defer func() { <-c.sending }()
	if err := c.failure(); err != nil {
		return err
	}
	switch {
	case m.Len() == 0:
		return transports.ErrEmpty
	case m.Len() > c.max:
		return &transports.MessageSizeError{Size: m.Len(), Limit: c.max}
	}
	if c.place != nil && !c.place.flush() {
		return c.failure()
	}
	return c.pass(c.copyOf(m))
}

func (c *Conn) copyOf(m *transports.Message) *transports.Message {
	out := c.arena.New(m.Len())
	copy(out.Bytes(), m.Bytes())
	out.Invalidate, out.Invalidates = m.Invalidate, m.Invalidates
	return out
}

// pass puts a message into the peer's hands.
func (c *Conn) pass(m *transports.Message) error {
	select {
	case c.peer.in <- m:
		c.peer.discardIfOver()
		return nil
	case <-c.closed:
	case <-c.link.broken:
	case <-c.peer.closed:
		m.Release()
		return syscall.EPIPE
	}
	m.Release()
	return c.failure()
}

// discardIfOver releases what nobody will receive any more. The end of a
// connection and every Send call it, after their own step, so that whichever
// comes last does it.
func (c *Conn) discardIfOver() {
	if c.failure() == nil {
		return
	}
	for {
		select {
		case m := <-c.in:
			m.Release()
		default:
			return
		}
	}
}

// Close ends this side. What Send has accepted stays for the peer to receive.
func (c *Conn) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.sending <- struct{}{}
		c.receiving <- struct{}{}
		if c.place != nil {
			c.place.end()
		}
		close(c.ended)
		c.discardIfOver()
		<-c.receiving
		<-c.sending
	})
	return nil
}

// Break cuts the link: both ends fail with ErrBroken at once, and messages
// under way are lost. The ends still want to be closed.
func (c *Conn) Break() {
	c.link.breakWith(ErrBroken)
	c.discardIfOver()
	c.peer.discardIfOver()
}

func (c *Conn) RemoteAddr() net.Addr { return c.remote }
