package tcp

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// accepted returns our end of a connection and the bare other end.
func accepted(t testing.TB, n Network) (transports.Conn, *net.TCPConn) {
	t.Helper()
	l, err := n.Announce(t.Context(), anyPort())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { peer.Close() })
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, peer.(*net.TCPConn)
}

// How a peer's end shows.
func TestPeerEnds(t *testing.T) {
	t.Parallel()
	reset := func(c *net.TCPConn) { c.SetLinger(0); c.Close() }
	for name, c := range map[string]struct {
		sends string
		ends  func(*net.TCPConn)
		want  error
	}{
		"between messages":  {"\x00\x00\x00\x01x", func(c *net.TCPConn) { c.Close() }, io.EOF},
		"half closed":       {"\x00\x00\x00\x01x", func(c *net.TCPConn) { c.CloseWrite() }, io.EOF},
		"inside a prefix":   {"\x00\x00\x00\x01x\x00\x00", func(c *net.TCPConn) { c.Close() }, io.ErrUnexpectedEOF},
		"behind a prefix":   {"\x00\x00\x00\x01x\x00\x00\x00\x09", func(c *net.TCPConn) { c.Close() }, io.ErrUnexpectedEOF},
		"inside a message":  {"\x00\x00\x00\x01x\x00\x00\x10\x00abc", func(c *net.TCPConn) { c.Close() }, io.ErrUnexpectedEOF},
		"reset":             {"\x00\x00\x00\x01x", reset, syscall.ECONNRESET},
		"with another type": {"\x00\x00\x00\x01x\x85\x00\x00\x00", func(*net.TCPConn) {}, transports.ErrFraming},
		"with no message":   {"\x00\x00\x00\x01x\x00\x00\x00\x00", func(*net.TCPConn) {}, transports.ErrFraming},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transporttest.Watch(t)
			arena := new(transports.Arena)
			transporttest.Buffers(t, arena)
			ours, peer := accepted(t, Network{Arena: arena})
			if _, err := peer.Write([]byte(c.sends)); err != nil {
				t.Fatal(err)
			}
			m, err := ours.Receive()
			if err != nil || string(m.Bytes()) != "x" {
				t.Fatalf("Receive: %v", err)
			}
			m.Release()
			c.ends(peer)
			for range 2 {
				if _, err := ours.Receive(); !errors.Is(err, c.want) {
					t.Errorf("Receive: %v, want %v", err, c.want)
				}
			}
		})
	}
}

// A peer that has ended its stream still gets what we send.
func TestHalfClosedPeerReceives(t *testing.T) {
	t.Parallel()
	arena := new(transports.Arena)
	ours, peer := accepted(t, Network{Arena: arena})
	peer.CloseWrite()
	if _, err := ours.Receive(); err != io.EOF {
		t.Fatalf("Receive: %v", err)
	}
	if err := ours.Send(arena.New(2)); err != nil {
		t.Fatalf("Send: %v", err)
	}
	ours.Close()
	if b, err := io.ReadAll(peer); err != nil || len(b) != 6 {
		t.Errorf("peer got %d bytes, %v", len(b), err)
	}
}

// The length a peer announces is held to the limit before memory is taken.
func TestLimit(t *testing.T) {
	t.Parallel()
	arena := new(transports.Arena)
	ours, peer := accepted(t, Network{Arena: arena, Limit: 1000})
	peer.Write([]byte{0, 0, 3, 0xe9})
	_, err := ours.Receive()
	if e, ok := errors.AsType[*transports.MessageSizeError](err); !ok || !e.Remote || e.Size != 1001 {
		t.Errorf("Receive: %v", err)
	}
}

// Close does not wait for a peer that answers nothing: what was sent has been
// acknowledged by its system, and that is all there is to wait for.
func TestCloseIsQuick(t *testing.T) {
	t.Parallel()
	arena := new(transports.Arena)
	ours, _ := accepted(t, Network{Arena: arena, Linger: time.Hour})
	if err := ours.Send(arena.New(1000)); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- ours.Close() }()
	select {
	case err := <-done:
		if err != nil {
			t.Errorf("Close: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("Close waits for a peer that has everything")
	}
}

// Close gives up on a peer that takes nothing when its time is over.
func TestCloseIsBounded(t *testing.T) {
	t.Parallel()
	arena := new(transports.Arena)
	ours, _ := accepted(t, Network{Arena: arena, Linger: 50 * time.Millisecond})
	sent := make(chan error)
	go func() {
		for {
			if err := ours.Send(arena.New(1 << 20)); err != nil {
				sent <- err
				return
			}
		}
	}()
	time.AfterFunc(50*time.Millisecond, func() { ours.Close() })
	select {
	case err := <-sent:
		if !errors.Is(err, net.ErrClosed) {
			t.Errorf("Send: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Send was not unblocked")
	}
	ours.Close()
	if n := arena.InUse(); n != 0 {
		t.Errorf("%d messages in use", n)
	}
}

func TestBadAddresses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"tcp!*!445", "tcp!127.0.0.1!0", "tcp!127.0.0.1!no-such-svc"} {
		a, err := transports.ParseAddr(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (Network{}).Dial(t.Context(), a); err == nil {
			t.Errorf("Dial of %s: no error", s)
		} else if _, ok := errors.AsType[*transports.AddrError](err); !ok {
			t.Errorf("Dial of %s: %v", s, err)
		}
	}
}
