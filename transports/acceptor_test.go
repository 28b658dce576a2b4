package transports

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A peer is what the network of these tests accepts: its handshake takes a
// while, or fails.
type peer struct {
	takes  time.Duration
	err    error
	closed atomic.Bool
}

func (p *peer) Receive() (*Message, error) { return nil, net.ErrClosed }
func (p *peer) Send(m *Message) error      { m.Release(); return net.ErrClosed }
func (p *peer) Close() error               { p.closed.Store(true); return nil }
func (p *peer) RemoteAddr() net.Addr       { return &net.TCPAddr{Port: 7} }

// A door is where peers arrive.
type door struct {
	peers  chan *peer
	errs   chan error
	closed chan struct{}
	failed chan error
}

func newDoor() *door {
	return &door{make(chan *peer), make(chan error), make(chan struct{}), make(chan error, 100)}
}

func (d *door) accepting() Accepting[*peer] {
	return Accepting[*peer]{
		AcceptRaw: func(context.Context) (*peer, error) {
			select {
			case p := <-d.peers:
				return p, nil
			case err := <-d.errs:
				return nil, err
			case <-d.closed:
				return nil, net.ErrClosed
			}
		},
		CloseRaw: func() error { close(d.closed); return nil },
		Handshake: func(ctx context.Context, p *peer) (Conn, error) {
			select {
			case <-time.After(p.takes):
			case <-ctx.Done():
				p.Close()
				return nil, ctx.Err()
			}
			if p.err != nil {
				p.Close()
				return nil, p.err
			}
			return p, nil
		},
		Failed:  func(err error) { d.failed <- err },
		Timeout: 10 * time.Second,
	}
}

// A slow peer delays no other, and is given up after its time.
func TestAcceptorSlowPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor()
		a := NewAcceptor(d.accepting())
		slow, quick := &peer{takes: time.Hour}, &peer{takes: time.Second}
		d.peers <- slow
		d.peers <- quick
		begin := time.Now()
		c, err := a.Accept()
		if err != nil || c != Conn(quick) || time.Since(begin) != time.Second {
			t.Errorf("Accept: %v, %v after %v", c, err, time.Since(begin))
		}
		failure := <-d.failed
		h, ok := errors.AsType[*HandshakeError](failure)
		if !ok || h.Peer.String() != ":7" || !errors.Is(failure, context.DeadlineExceeded) || time.Since(begin) != 10*time.Second {
			t.Errorf("slow peer: %v after %v", failure, time.Since(begin))
		}
		if !slow.closed.Load() || quick.closed.Load() {
			t.Error("the wrong peer was closed")
		}
		a.Close()
	})
}

// No more peers are taken than may be pending, ready ones included.
func TestAcceptorPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor()
		c := d.accepting()
		c.Pending = 2
		a := NewAcceptor(c)
		for range 2 {
			d.peers <- &peer{}
		}
		synctest.Wait()
		select {
		case d.peers <- &peer{}:
			t.Error("a third peer was taken")
		default:
		}
		if _, err := a.Accept(); err != nil {
			t.Fatal(err)
		}
		d.peers <- &peer{} // there is room again
		a.Close()
	})
}

// Close fails handshakes, closes what nobody accepted, and waits for all.
func TestAcceptorClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor()
		a := NewAcceptor(d.accepting())
		shaking, ready := &peer{takes: time.Hour}, &peer{}
		d.peers <- shaking
		d.peers <- ready
		synctest.Wait()
		if err := a.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if !shaking.closed.Load() || !ready.closed.Load() {
			t.Error("peers live after Close")
		}
		if _, err := a.Accept(); err != net.ErrClosed {
			t.Errorf("Accept after Close: %v", err)
		}
		if err := a.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
		if len(d.failed) != 0 {
			t.Errorf("Close was reported: %v", <-d.failed)
		}
	})
}

func TestAcceptorCloseUnblocksAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := NewAcceptor(newDoor().accepting())
		got := make(chan error)
		go func() { _, err := a.Accept(); got <- err }()
		synctest.Wait()
		a.Close()
		if err := <-got; err != net.ErrClosed {
			t.Errorf("Accept: %v", err)
		}
	})
}

// Temporary failures are reported and waited out; any other is the end, but
// for who has come before.
func TestAcceptorNetworkFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDoor()
		a := NewAcceptor(d.accepting())
		begin := time.Now()
		for range 3 {
			d.errs <- &net.OpError{Op: "accept", Err: syscall.EMFILE}
			if err := <-d.failed; !errors.Is(err, syscall.EMFILE) {
				t.Errorf("reported: %v", err)
			}
		}
		last := &peer{takes: time.Second}
		d.peers <- last
		if pause := time.Since(begin); pause != (5+10+20)*time.Millisecond {
			t.Errorf("paused for %v", pause)
		}
		gone := errors.New("interface gone")
		d.errs <- gone
		if c, err := a.Accept(); err != nil || c != Conn(last) {
			t.Errorf("Accept of the last peer: %v", err)
		}
		for range 2 {
			if _, err := a.Accept(); err != gone {
				t.Errorf("Accept: %v, want the failure", err)
			}
		}
		a.Close()
	})
}

func TestTemporary(t *testing.T) {
	for err, want := range map[error]bool{
		syscall.EMFILE:       true,
		syscall.ECONNABORTED: true,
		syscall.EINVAL:       false,
		net.ErrClosed:        false,
		errors.New("x"):      false,
	} {
		if Temporary(&net.OpError{Op: "accept", Err: err}) != want {
			t.Errorf("Temporary(%v) is %v", err, !want)
		}
	}
}
