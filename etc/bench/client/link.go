package main

import (
	"time"

	"github.com/smbgw/smbgw/transports"
)

// A link makes of a connection on this machine one over a network of a certain
// speed, each way: a message that has passed takes as long as it would there, and
// the next one waits. So a client can have a deep queue and still leave the
// processors idle now and then.
type link struct {
	transports.Conn
	speed   float64   // bytes a second
	in, out time.Time // when the last message has passed; each its direction's
}

func newLink(c transports.Conn, mebibytes int) *link {
	now := time.Now()
	return &link{Conn: c, speed: float64(mebibytes) * (1 << 20), in: now, out: now}
}

func (l *link) Receive() (*transports.Message, error) {
	m, err := l.Conn.Receive()
	if err == nil {
		l.pass(&l.in, m.Len())
	}
	return m, err
}

func (l *link) Send(m *transports.Message) error {
	l.pass(&l.out, m.Len())
	return l.Conn.Send(m)
}

// pass waits until n bytes have passed. What a sleep takes too long is made up for
// by the next ones, up to what a socket would have taken meanwhile.
func (l *link) pass(last *time.Time, n int) {
	now := time.Now()
	if early := now.Add(-catchUp); last.Before(early) {
		*last = early
	}
	*last = last.Add(time.Duration(float64(n) / l.speed * float64(time.Second)))
	time.Sleep(last.Sub(now))
}

// catchUp is how long a link may have been idle for nothing.
const catchUp = 2 * time.Millisecond
