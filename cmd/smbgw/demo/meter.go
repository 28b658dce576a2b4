package demo

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// What is counted of a leg, at its server's end.
const (
	bytesIn   = iota // from the client, placed payload included
	bytesOut         // to the client
	requests         // messages of the client
	rdmaReads        // transfers out of the client's memory
	rdmaWrites
	inline // READs and WRITEs whose payload is in messages
	quantities
)

// A tally is numbers of one leg or one connection.
type tally struct {
	n     [quantities]int64
	began time.Time
	ended time.Time
}

// since is what has come to t after before.
func (t tally) since(before tally) tally {
	for i := range t.n {
		t.n[i] -= before.n[i]
	}
	return t
}

// counts are a tally that is being counted. Many goroutines may use it.
type counts struct {
	n     [quantities]atomic.Int64
	began atomic.Pointer[time.Time] // first message since the last reset
	ended atomic.Int64              // last message, as the time since it began
}

func (c *counts) tally() (t tally) {
	for i := range c.n {
		t.n[i] = c.n[i].Load()
	}
	if began := c.began.Load(); began != nil {
		t.began, t.ended = *began, began.Add(time.Duration(c.ended.Load()))
	}
	return t
}

// tick notes the time of a message.
func (c *counts) tick() {
	now := time.Now()
	began := c.began.Load()
	if began == nil {
		c.began.CompareAndSwap(nil, &now)
		began = c.began.Load()
	}
	c.ended.Store(int64(now.Sub(*began)))
}

// A row is a connection that is over.
type row struct {
	leg, peer string
	tally
}

// A meter is a network that counts what crosses the connections it accepts.
type meter struct {
	transports.Network
	leg  string
	all  *counts
	rows chan<- row // those beyond its capacity are dropped
}

func (m meter) Announce(ctx context.Context, a transports.Addr) (transports.Listener, error) {
	l, err := m.Network.Announce(ctx, a)
	if err != nil {
		return nil, err
	}
	return &meteredListener{l, m}, nil
}

type meteredListener struct {
	transports.Listener
	meter meter
}

func (l *meteredListener) Accept() (transports.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	m := &metered{Conn: c, meter: l.meter}
	m.own.tick()
	if p, ok := c.(transports.Placer); ok {
		return &meteredPlacer{m, p}, nil
	}
	return m, nil
}

// A metered is a connection that counts.
type metered struct {
	transports.Conn
	meter meter
	own   counts
	over  sync.Once
}

var _ transports.Limited = (*metered)(nil)

func (m *metered) add(what int, n int64) {
	m.own.n[what].Add(n)
	m.meter.all.n[what].Add(n)
}

func (m *metered) tick() {
	m.own.tick()
	m.meter.all.tick()
}

func (m *metered) Receive() (*transports.Message, error) {
	msg, err := m.Conn.Receive()
	if err == nil {
		m.tick()
		m.add(bytesIn, int64(msg.Len()))
		m.add(requests, 1)
		m.add(inline, inlineOf(msg.Bytes()))
	}
	return msg, err
}

func (m *metered) Send(msg *transports.Message) error {
	m.add(bytesOut, int64(msg.Len()))
	m.tick()
	return m.Conn.Send(msg)
}

// SetLimit passes on what the gateway knows of its client.
func (m *metered) SetLimit(n int) {
	if l, ok := m.Conn.(transports.Limited); ok {
		l.SetLimit(n)
	}
}

func (m *metered) Close() error {
	err := m.Conn.Close()
	m.over.Do(func() {
		m.own.tick()
		select {
		case m.meter.rows <- row{m.meter.leg, m.RemoteAddr().String(), m.own.tally()}:
		default:
		}
	})
	return err
}

// inlineOf is how many READs and WRITEs of a message ask for nothing but
// messages.
func inlineOf(b []byte) (n int64) {
	for len(b) > 0 && smb2.KindOf(b) == smb2.KindSMB2 {
		element, rest, err := smb2.Split(b)
		if err != nil {
			return n
		}
		switch smb2.Header(element).Command() {
		case smb2.CommandRead:
			if r, err := smb2.ParseReadRequest(element); err == nil && r.Channel == smb2.ChannelNone {
				n++
			}
		case smb2.CommandWrite:
			if w, err := smb2.ParseWriteRequest(element); err == nil && w.Channel == smb2.ChannelNone {
				n++
			}
		}
		b = rest
	}
	return n
}

// A meteredPlacer counts transfers too.
type meteredPlacer struct {
	*metered
	under transports.Placer
}

var (
	_ transports.Placer  = (*meteredPlacer)(nil)
	_ transports.Bounded = (*meteredPlacer)(nil)
)

func (m *meteredPlacer) Placement() transports.Placement { return m.under.Placement() }

func (m *meteredPlacer) Expose(b []byte, r transports.Right) (transports.Exposure, error) {
	return m.under.Expose(b, r)
}

func (m *meteredPlacer) Push(to []transports.Descriptor, src []byte, done transports.Done) {
	m.add(rdmaWrites, 1)
	m.add(bytesOut, int64(len(src)))
	m.under.Push(to, src, done)
}

func (m *meteredPlacer) Pull(dst []byte, from []transports.Descriptor, done transports.Done) {
	m.add(rdmaReads, 1)
	m.add(bytesIn, int64(len(dst)))
	m.under.Pull(dst, from, done)
}

// MaxSend is the longest message that the peer takes.
func (m *meteredPlacer) MaxSend() int {
	if b, ok := m.under.(transports.Bounded); ok {
		return b.MaxSend()
	}
	return transports.MaxMessage
}
