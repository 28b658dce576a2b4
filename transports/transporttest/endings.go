package transporttest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports"
)

func testCloseUnblocksReceive(t *testing.T, f *Fixture) {
	a, b := f.connect(t)
	f.exchange(t, a, b)
	for _, c := range []transports.Conn{a, b} {
		got := start(func() error { _, err := c.Receive(); return err })
		closeNow(t, c)
		if err := await(t, "Receive", got); !closedOrEnded(err) {
			t.Errorf("Receive during Close: %v", err)
		}
	}
}

// closedOrEnded: the peer that has already closed may be noticed first.
func closedOrEnded(err error) bool {
	return errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF)
}

func testCloseUnblocksSend(t *testing.T, f *Fixture) {
	a, b := f.connect(t)
	f.exchange(t, a, b)
	s := f.startSender(a, f.blockSize())
	s.untilStuck(t)
	closeNow(t, a)
	if err := await(t, "Send", s.done); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send during Close: %v, want net.ErrClosed", err)
	}
	closeNow(t, b)
}

func testCloseUnblocksAccept(t *testing.T, f *Fixture) {
	l := f.listen(t)
	var accepts []<-chan error
	for range 3 {
		accepts = append(accepts, start(func() error { _, err := l.Accept(); return err }))
	}
	if err := await(t, "Close", start(l.Close)); err != nil {
		t.Errorf("Close: %v", err)
	}
	for _, a := range accepts {
		if err := await(t, "Accept", a); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept during Close: %v, want net.ErrClosed", err)
		}
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept after Close: %v, want net.ErrClosed", err)
	}
	if err := await(t, "second Close", start(l.Close)); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

// What Send has accepted arrives, also when Close follows at once.
func testCloseDelivers(t *testing.T, f *Fixture) {
	a, b := f.connect(t)
	const messages = 40
	size := min(f.maxMessage(), 50_000)
	got := start(func() error { return receiveThenEOF(b, messages, size) })
	for i := range messages {
		if err := f.send(a, i, size); err != nil {
			t.Fatalf("Send: %v", err)
		}
	}
	closeNow(t, a)
	if err := await(t, "Receive", got); err != nil {
		t.Error(err)
	}
}

func receiveThenEOF(c transports.Conn, messages, size int) error {
	for i := range messages {
		if err := receive(c, i, size); err != nil {
			return err
		}
	}
	m, err := c.Receive()
	if err == nil {
		m.Release()
		return fmt.Errorf("a message of %d bytes behind the last", m.Len())
	}
	if !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("behind the last message: %w, want io.EOF", err)
	}
	return nil
}

// The same when the peer is sending too, so that unread input is waiting on
// the side that closes.
func testCloseDeliversAgainstTraffic(t *testing.T, f *Fixture) {
	a, b := f.connect(t)
	const messages = 40
	size := min(f.maxMessage(), 10_000)
	unread := start(func() (err error) {
		for i := 0; i < 8 && err == nil; i++ {
			err = f.send(b, i, min(100, size))
		}
		return err // a small buffer blocks it until a closes
	})
	select {
	case <-unread:
	case <-time.After(50 * time.Millisecond):
		t.Cleanup(func() { <-unread })
	}
	got := start(func() error { return receiveThenEOF(b, messages, size) })
	for i := range messages {
		if err := f.send(a, i, size); err != nil {
			t.Fatalf("Send: %v", err)
		}
	}
	closeNow(t, a)
	if err := await(t, "Receive", got); err != nil {
		t.Error(err)
	}
}

func testCloseRepeated(t *testing.T, f *Fixture) {
	a, b := f.connect(t)
	f.exchange(t, a, b)
	var closes []<-chan error
	for _, c := range []transports.Conn{a, b, a, b, a} {
		closes = append(closes, start(c.Close))
	}
	for _, c := range closes {
		await(t, "Close", c)
	}
}

func testEndOfStream(t *testing.T, f *Fixture) {
	a, b := f.connect(t)
	f.exchange(t, a, b)
	got := start(func() error { return receiveThenEOF(b, 0, 0) })
	closeNow(t, a)
	if err := await(t, "Receive", got); err != nil {
		t.Error(err)
	}
	if _, err := b.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("Receive after the end: %v, want io.EOF again", err)
	}
}

func testAfterClose(t *testing.T, f *Fixture) {
	a, b := f.connect(t)
	f.exchange(t, a, b)
	closeNow(t, a)
	if _, err := a.Receive(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Receive after Close: %v, want net.ErrClosed", err)
	}
	if err := f.send(a, 0, 10); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send after Close: %v, want net.ErrClosed", err)
	}
}

// A listener's end is not its connections'.
func testListenerClose(t *testing.T, f *Fixture) {
	l := f.listen(t)
	a, b := f.connectTo(t, l)
	f.exchange(t, a, b)
	if err := await(t, "Close", start(l.Close)); err != nil {
		t.Errorf("Close: %v", err)
	}
	f.exchange(t, a, b)
	closeNow(t, a)
	closeNow(t, b)
}

// Connections that nobody accepts go with their listener.
func testListenerCloseUnaccepted(t *testing.T, f *Fixture) {
	l := f.listen(t)
	dials := make([]<-chan transports.Conn, 3)
	for i := range dials {
		dials[i] = start(func() transports.Conn {
			c, err := f.Network.Dial(t.Context(), f.target(t, l))
			if err != nil {
				return nil // the listener was faster
			}
			return c
		})
	}
	first := await(t, "Dial", dials[0])
	await(t, "Close", start(l.Close))
	dials[0] = start(func() transports.Conn { return first })
	for _, d := range dials {
		c := await(t, "Dial", d)
		if c == nil {
			continue
		}
		got := start(func() error {
			m, err := c.Receive()
			if err == nil {
				m.Release()
			}
			return err
		})
		if await(t, "Receive", got) == nil {
			t.Error("Receive on a connection that nobody accepted: no error")
		}
		closeNow(t, c)
	}
}

func closeNow(t *testing.T, c transports.Conn) {
	t.Helper()
	if err := await(t, "Close", start(c.Close)); err != nil {
		t.Errorf("Close: %v", err)
	}
}
