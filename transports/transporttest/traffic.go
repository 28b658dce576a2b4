package transporttest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/smbgw/smbgw/transports"
)

func testAddresses(t *testing.T, f *Fixture) {
	l := f.listen(t)
	if l.Addr() == nil || l.Addr().String() == "" {
		t.Errorf("listener's address: %v", l.Addr())
	}
	a, b := f.connectTo(t, l)
	for side, c := range map[string]transports.Conn{"dialled": a, "accepted": b} {
		if c.RemoteAddr() == nil || c.RemoteAddr().String() == "" {
			t.Errorf("%s: remote address: %v", side, c.RemoteAddr())
		}
	}
}

func testSizes(t *testing.T, f *Fixture) {
	a, b := f.connect(t)
	list := sizes(f.maxMessage())
	echo := start(func() error { return echoAll(b, len(list)) })
	for i, n := range list {
		sent := start(func() error { return f.send(a, i, n) })
		if err := receive(a, i, n); err != nil {
			t.Fatal(err)
		}
		if err := await(t, "Send", sent); err != nil {
			t.Fatalf("Send of %d bytes: %v", n, err)
		}
	}
	if err := await(t, "echo", echo); err != nil {
		t.Error(err)
	}
}

// echoAll sends back n messages as it received them.
func echoAll(c transports.Conn, n int) error {
	for i := range n {
		m, err := c.Receive()
		if err != nil {
			return fmt.Errorf("echo of message %d: %w", i, err)
		}
		if err := c.Send(m); err != nil {
			return fmt.Errorf("echo of message %d: %w", i, err)
		}
	}
	return nil
}

func testOrder(t *testing.T, f *Fixture) {
	a, b := f.connect(t)
	const messages = 3000
	length := func(i int) int { return 1 + (i*i)%(min(1500, f.maxMessage())) }
	sent := start(func() error {
		for i := range messages {
			if err := f.send(a, i, length(i)); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range messages {
		if err := receive(b, i, length(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := await(t, "Send", sent); err != nil {
		t.Error(err)
	}
}

// Both sides send and receive at the same time, with lengths that differ, so
// that a transport which stops receiving while it sends comes to a halt.
func testBothWays(t *testing.T, f *Fixture) {
	a, b := f.connect(t)
	const messages = 60
	var done []<-chan error
	for seed, way := range [][2]transports.Conn{{a, b}, {b, a}} {
		length := func() func() int {
			r := rand.New(rand.NewPCG(uint64(seed), 7))
			return func() int { return 1 + r.IntN(min(300_000, f.maxMessage())) }
		}
		done = append(done, start(func() error {
			next := length()
			for i := range messages {
				if err := f.send(way[0], i, next()); err != nil {
					return err
				}
			}
			return nil
		}), start(func() error {
			next := length()
			for i := range messages {
				if err := receive(way[1], i, next()); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	for _, d := range done {
		if err := await(t, "traffic", d); err != nil {
			t.Error(err)
		}
	}
}

func testMany(t *testing.T, f *Fixture) {
	const connections, messages = 16, 20
	l := f.listen(t)
	var done []<-chan error
	for range connections {
		a, b := f.connectTo(t, l)
		done = append(done, start(func() error { return echoAll(b, messages) }), start(func() error {
			for i := range messages {
				if err := f.send(a, i, 1000); err != nil {
					return err
				}
				if err := receive(a, i, 1000); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	for _, d := range done {
		if err := await(t, "traffic", d); err != nil {
			t.Error(err)
		}
	}
}

func testEmpty(t *testing.T, f *Fixture) {
	a, b := f.connect(t)
	for _, c := range []transports.Conn{a, b} {
		sent := start(func() error { return c.Send(f.Arena.New(0)) })
		if err := await(t, "Send", sent); !errors.Is(err, transports.ErrEmpty) {
			t.Errorf("Send of an empty message: %v, want ErrEmpty", err)
		}
	}
	f.exchange(t, a, b)
}

func testOverlong(t *testing.T, f *Fixture) {
	n := f.maxMessage() + 1
	if n > transports.MaxMessage {
		t.Skip("no longer message can be made")
	}
	a, b := f.connect(t)
	for _, c := range []transports.Conn{a, b} {
		err := await(t, "Send", start(func() error { return c.Send(f.Arena.New(n)) }))
		size, ok := errors.AsType[*transports.MessageSizeError](err)
		if !ok || size.Remote || size.Size != n || size.Limit >= n {
			t.Errorf("Send of %d bytes: %v, want a local *MessageSizeError", n, err)
		}
	}
	f.exchange(t, a, b)
}

// A limit that the owner sets holds for the messages that follow, up to it and
// not beyond, and 0 takes it back.
func testLimit(t *testing.T, f *Fixture) {
	const limit = 1000
	a, b := f.connect(t)
	l, ok := b.(transports.Limited)
	if !ok {
		t.Skip("the network has no limit to set")
	}
	for seq, c := range []struct{ limit, size int }{{limit, limit}, {0, 4 * limit}, {limit, limit}} {
		l.SetLimit(c.limit)
		if err := f.send(a, seq, c.size); err != nil {
			t.Fatalf("Send: %v", err)
		}
		if err := receive(b, seq, c.size); err != nil {
			t.Fatalf("limit %d: %v", c.limit, err)
		}
	}
	if err := f.send(a, 0, limit+1); err != nil {
		t.Fatalf("Send: %v", err)
	}
	err := await(t, "Receive", start(func() error { return receive(b, 0, limit+1) }))
	size, ok := errors.AsType[*transports.MessageSizeError](err)
	if !ok || !size.Remote || size.Size != limit+1 || size.Limit != limit {
		t.Errorf("a message of %d bytes at limit %d: %v, want a remote *MessageSizeError", limit+1, limit, err)
	}
}

// A message that came with other headroom, or has lost it, is sent all the
// same.
func testWithoutHeadroom(t *testing.T, f *Fixture) {
	a, b := f.connect(t)
	for seq, n := range sizes(min(f.maxMessage(), 1<<17)) {
		m := f.Arena.NewWithHeadroom(n, seq%5)
		fill(m.Bytes(), seq)
		got := start(func() error { return receive(b, seq, n) })
		if err := a.Send(m); err != nil {
			t.Fatalf("Send: %v", err)
		}
		if err := await(t, "Receive", got); err != nil {
			t.Fatal(err)
		}
	}
}

// Who has retained a message may read it while it is sent, and it may be sent
// on two connections at once.
func testShared(t *testing.T, f *Fixture) {
	l := f.listen(t)
	a, b := f.connectTo(t, l)
	c, d := f.connectTo(t, l)
	n := min(f.maxMessage(), 100_000)
	m := f.Arena.New(n)
	fill(m.Bytes(), 5)
	defer m.Release()
	m.Retain()
	m.Retain()
	headroom := m.Headroom()
	done := []<-chan error{
		start(func() error { return a.Send(m) }),
		start(func() error { return c.Send(m) }),
		start(func() error { return receive(b, 5, n) }),
		start(func() error { return receive(d, 5, n) }),
		start(func() error { return verify(m.Bytes(), 5, n) }),
	}
	for _, d := range done {
		if err := await(t, "traffic", d); err != nil {
			t.Error(err)
		}
	}
	if err := verify(m.Bytes(), 5, n); err != nil || m.Headroom() != headroom {
		t.Errorf("Send changed the message: headroom %d, was %d; %v", m.Headroom(), headroom, err)
	}
}
