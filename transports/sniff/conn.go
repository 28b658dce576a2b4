package sniff

import (
	"sync"

	"github.com/smbgw/smbgw/transports"
)

// Role is which side of SMB we are on the wrapped connection: what the client
// sends is a request in the file.
type Role uint8

const (
	Client Role = iota // the peer is the SMB server
	Server             // the peer is the SMB client
)

// Wrap returns a Conn that passes everything to c and writes the messages to
// file. It is a transports.Placer when c is one. Failures of writing do not
// disturb the connection: failed, when set, is told of the first.
func Wrap(c transports.Conn, ours Role, file *Pcap, failed func(error)) transports.Conn {
	w := &conn{Conn: c, sent: fromClient, failed: failed}
	if ours == Server {
		w.sent = fromServer
	}
	s, err := file.open()
	w.stream = s
	w.check(err)
	if p, ok := c.(transports.Placer); ok {
		return &placer{w, p}
	}
	return w
}

type conn struct {
	transports.Conn
	stream *stream
	sent   int // the direction of what we send
	failed func(error)
	told   sync.Once
	ended  [2]sync.Once
}

func (c *conn) Receive() (*transports.Message, error) {
	m, err := c.Conn.Receive()
	if err != nil {
		c.end(1 - c.sent)
		return nil, err
	}
	c.write(1-c.sent, m)
	return m, nil
}

func (c *conn) Send(m *transports.Message) error {
	c.write(c.sent, m)
	return c.Conn.Send(m)
}

func (c *conn) Close() error {
	c.end(c.sent)
	return c.Conn.Close()
}

func (c *conn) write(direction int, m *transports.Message) {
	if m.Len() == 0 {
		return // Send refuses it
	}
	var prefix [transports.PrefixSize]byte
	c.check(c.stream.message(direction, transports.AppendPrefix(prefix[:0], m.Len()), m.Bytes()))
}

func (c *conn) end(direction int) {
	c.ended[direction].Do(func() { c.check(c.stream.end(direction)) })
}

func (c *conn) check(err error) {
	if err != nil && c.failed != nil {
		c.told.Do(func() { c.failed(err) })
	}
}

// A placer passes placement on.
type placer struct {
	*conn
	under transports.Placer
}

var _ transports.Placer = (*placer)(nil)

func (p *placer) Placement() transports.Placement { return p.under.Placement() }

func (p *placer) Expose(b []byte, r transports.Right) (transports.Exposure, error) {
	return p.under.Expose(b, r)
}

func (p *placer) Push(to []transports.Descriptor, src []byte, done transports.Done) {
	p.under.Push(to, src, done)
}

func (p *placer) Pull(dst []byte, from []transports.Descriptor, done transports.Done) {
	p.under.Pull(dst, from, done)
}
