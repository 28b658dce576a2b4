package main

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/smbgw/smbgw/transports"
)

// A link is a connection over a network of a certain speed, each way: its client
// takes and gives a piece at a time, after as long as that takes there. The socket's
// buffers hold little more, so the peer feels it as it would there: its system has
// what it sends, and passes it on bit by bit. So a client can have a deep queue and
// still leave the processors idle.
type link struct {
	raw     *net.TCPConn
	frames  *transports.Framer
	sending sync.Mutex
}

// piece is what a link takes at once, and window what its socket holds, in bytes.
const (
	piece  = 64 << 10
	window = 2 * piece
)

func dialLink(ctx context.Context, a transports.Addr, mebibytes int, arena *transports.Arena) (transports.Conn, error) {
	address, err := a.DialHostPort()
	if err != nil {
		return nil, err
	}
	var d net.Dialer
	d.SetMultipathTCP(false)
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	l := &link{raw: c.(*net.TCPConn)}
	if err := errors.Join(l.raw.SetReadBuffer(window), l.raw.SetWriteBuffer(window)); err != nil {
		c.Close()
		return nil, err
	}
	speed := float64(mebibytes) * (1 << 20)
	l.frames = transports.NewFramer(&half{conn: c, speed: speed}, &half{conn: c, speed: speed}, arena)
	return l, nil
}

func (l *link) Receive() (*transports.Message, error) { return l.frames.Receive() }

func (l *link) Send(m *transports.Message) error {
	l.sending.Lock()
	defer l.sending.Unlock()
	return l.frames.Send(m)
}

func (l *link) Close() error         { return l.raw.Close() }
func (l *link) RemoteAddr() net.Addr { return l.raw.RemoteAddr() }

// A half is one direction of a link.
type half struct {
	conn  net.Conn
	speed float64   // bytes a second
	last  time.Time // when everything so far has passed
}

func (h *half) Read(p []byte) (int, error) {
	n, err := h.conn.Read(p[:min(len(p), piece)])
	h.pass(n)
	return n, err
}

func (h *half) Write(p []byte) (done int, err error) {
	for done < len(p) && err == nil {
		q := p[done:min(len(p), done+piece)]
		h.pass(len(q))
		var n int
		n, err = h.conn.Write(q)
		done += n
	}
	return done, err
}

// pass waits until n bytes have passed. What a sleep takes too long is made up for
// by the next ones, up to what a socket would have taken meanwhile.
func (h *half) pass(n int) {
	now := time.Now()
	if early := now.Add(-catchUp); h.last.Before(early) {
		h.last = early
	}
	h.last = h.last.Add(time.Duration(float64(n) / h.speed * float64(time.Second)))
	time.Sleep(h.last.Sub(now))
}

// catchUp is how long a link may have been idle for nothing.
const catchUp = 2 * time.Millisecond
