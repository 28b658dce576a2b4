package transporttest

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports"
)

// A sender sends until it fails or is told to stop.
type sender struct {
	size int
	sent atomic.Int64 // messages that Send has accepted
	stop atomic.Bool
	done <-chan error
}

func (f *Fixture) blockSize() int { return min(f.maxMessage(), 64<<10) }

func (f *Fixture) startSender(c transports.Conn, size int) *sender {
	s := &sender{size: size}
	s.done = start(func() error {
		for i := 0; !s.stop.Load(); i++ {
			if err := f.send(c, i, size); err != nil {
				return err
			}
			s.sent.Add(1)
		}
		return nil
	})
	return s
}

// untilStuck waits until the sender has made no progress for a while. Taking a
// slow sender for a stuck one makes the tests milder, never fail.
func (s *sender) untilStuck(t *testing.T) {
	t.Helper()
	const still = 100 * time.Millisecond
	end := time.Now().Add(patience)
	for last := int64(-1); ; {
		now := s.sent.Load()
		if now == last && now > 0 {
			return
		}
		last = now
		select {
		case err := <-s.done:
			t.Fatalf("Send: %v", err)
		case <-time.After(still):
		}
		if time.Now().After(end) {
			t.Fatalf("Send does not block: %d bytes and the peer has not received", now*int64(s.size))
		}
	}
}

// A Send to a peer that does not receive blocks while memory is still bounded,
// goes on when the peer receives, and loses nothing.
func testBackPressure(t *testing.T, f *Fixture) {
	a, b := f.connect(t)
	s := f.startSender(a, f.blockSize())
	s.untilStuck(t)
	if held := s.sent.Load() * int64(s.size); held > int64(f.maxBuffered()) {
		t.Errorf("%d bytes are under way to a peer that does not receive, limit %d", held, f.maxBuffered())
	}
	if inUse := f.Arena.InUse() * int64(s.size); inUse > int64(f.maxBuffered()) {
		t.Errorf("messages of %d bytes are in use for a peer that does not receive, limit %d", inUse, f.maxBuffered())
	}
	stuck := s.sent.Load()
	for i := range int(2*stuck) + 10 {
		if err := receive(b, i, s.size); err != nil {
			t.Fatal(err)
		}
	}
	s.stop.Store(true)
	rest := start(func() error { return drain(b) })
	if err := await(t, "Send", s.done); err != nil {
		t.Errorf("Send: %v", err)
	}
	closeNow(t, a)
	await(t, "Receive", rest)
}

// drain releases all that comes and returns why no more does.
func drain(c transports.Conn) error {
	for {
		m, err := c.Receive()
		if err != nil {
			return err
		}
		m.Release()
	}
}
