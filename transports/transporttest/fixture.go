package transporttest

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports"
)

// A Fixture is a network under test.
type Fixture struct {
	// Network dials and announces. When the two sides are configured apart, as
	// for QUIC, Server announces instead.
	Network transports.Network
	Server  transports.Network

	// Address is what to announce. Service 0 stands for any free port.
	Address transports.Addr

	// DialTo is how to dial a listener; nil means Address with the port of the
	// listener's own address.
	DialTo func(transports.Listener) transports.Addr

	// Arena is where both sides' messages come from.
	Arena *transports.Arena

	// MaxMessage is the longest message that Send takes; 0 means
	// transports.MaxMessage.
	MaxMessage int

	// MaxBuffered bounds what a connection holds between a sender and a peer
	// that does not receive, in bytes; 0 means DefaultMaxBuffered.
	MaxBuffered int

	// Kill destroys the link under c without an orderly end. Nil when that
	// cannot be provoked: the tests that need it are skipped.
	Kill func(c transports.Conn)

	// Silent opens a link to the listener on which nothing ever comes, until
	// the test ends. Nil when there is no such thing.
	Silent func(t *testing.T, l transports.Listener)

	// Unanswered is an address that never answers. Nil when there is none.
	Unanswered func(t *testing.T) transports.Addr
}

// DefaultMaxBuffered is what the largest socket buffers of both sides hold.
const DefaultMaxBuffered = 64 << 20

// patience is how long the suite waits for what must happen: far more than it
// takes, so that only a failure ever waits so long.
const patience = 20 * time.Second

func (f *Fixture) maxMessage() int {
	if f.MaxMessage == 0 {
		return transports.MaxMessage
	}
	return f.MaxMessage
}

func (f *Fixture) maxBuffered() int {
	if f.MaxBuffered == 0 {
		return DefaultMaxBuffered
	}
	return f.MaxBuffered
}

func (f *Fixture) listen(t *testing.T) transports.Listener {
	t.Helper()
	n := f.Network
	if f.Server != nil {
		n = f.Server
	}
	l, err := n.Announce(t.Context(), f.Address)
	if err != nil {
		t.Fatalf("Announce(%v): %v", f.Address, err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func (f *Fixture) target(t *testing.T, l transports.Listener) transports.Addr {
	t.Helper()
	if f.DialTo != nil {
		return f.DialTo(l)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatalf("address of the listener: %v", err)
	}
	if _, err := strconv.Atoi(port); err != nil {
		t.Fatalf("port of the listener: %v", err)
	}
	a := f.Address
	a.Service = port
	return a
}

func (f *Fixture) dial(t *testing.T, l transports.Listener) transports.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := f.Network.Dial(ctx, f.target(t, l))
	if err != nil {
		t.Fatalf("Dial: %v", err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// connect returns the two ends of a connection: the dialler's and the
// accepter's.
func (f *Fixture) connect(t *testing.T) (dialled, accepted transports.Conn) {
	t.Helper()
	return f.connectTo(t, f.listen(t))
}

func (f *Fixture) connectTo(t *testing.T, l transports.Listener) (dialled, accepted transports.Conn) {
	t.Helper()
	type result struct {
		c   transports.Conn
		err error
	}
	accept := make(chan result, 1)
	go func() {
		c, err := l.Accept()
		accept <- result{c, err}
	}()
	dialled = f.dial(t, l)
	r := await(t, "Accept", accept)
	if r.err != nil {
		t.Fatalf("Accept: %v", r.err)
	}
	t.Cleanup(func() {
		// At the same time, so that neither waits for the other's end.
		other := start(dialled.Close)
		r.c.Close()
		<-other
	})
	return dialled, r.c
}

// await receives from ch, or fails the test.
func await[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("%s: nothing after %v", what, patience)
		panic("unreachable")
	}
}

// start runs f beside the test and delivers its result.
func start[T any](f func() T) <-chan T {
	ch := make(chan T, 1)
	go func() { ch <- f() }()
	return ch
}
