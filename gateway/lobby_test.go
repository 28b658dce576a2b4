package gateway

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/tcp"
)

type named string

func (named) Network() string  { return "test" }
func (n named) String() string { return string(n) }

func TestSource(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"192.0.2.7:4711":              "192.0.2.7",
		"[::ffff:192.0.2.7]:4711":     "192.0.2.7",
		"[2001:db8:1:2:3:4:5:6]:4711": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:4711":         "fe80::/64",
		"pipe":                        "pipe",
	} {
		if got := Source(named(address)); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

// A source has so many in the lobby and no more, whatever others have; who has
// left makes room once.
func TestLobby(t *testing.T) {
	t.Parallel()
	var l lobby
	var leave []func()
	for range maxWaiting {
		out, ok := l.enter("one")
		if !ok {
			t.Fatal("refused")
		}
		leave = append(leave, out)
	}
	if _, ok := l.enter("one"); ok {
		t.Error("one more")
	}
	other, ok := l.enter("other")
	if !ok {
		t.Error("another source is refused")
	}
	other()
	leave[0]()
	leave[0]()
	again, ok := l.enter("one")
	if !ok {
		t.Error("no room after one has left")
	}
	if _, ok := l.enter("one"); ok {
		t.Error("one has left twice")
	}
	again()
	for _, out := range leave {
		out()
	}
	if n := len(l.waiting); n != 0 {
		t.Errorf("%d sources are left", n)
	}
}

// Connections on which nobody logs in keep nobody out but more of their kind:
// who is at a share stays, and there is room again when they have gone.
func TestHalfOpen(t *testing.T) {
	t.Parallel()
	network := tcp.Network{Arena: new(transports.Arena)}
	s := newStage(t, people{"alice"}.service(Mount{Name: "data", Store: store.New(store.Config{Shares: []string{"data"}})}),
		Listener{Name: "front", Endpoint: Endpoint{Addr: transports.Addr{Network: "tcp", Host: "127.0.0.1", Service: "0"}, Network: network}})
	at, err := s.addrs["front"].HostPort()
	if err != nil {
		t.Fatal(err)
	}
	var idle []net.Conn
	for range maxWaiting {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		idle = append(idle, c)
	}
	ended := func(c net.Conn) bool { // without a word, or it is silent for a moment
		c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_, err := c.Read(make([]byte, 1))
		return err == io.EOF
	}
	for { // until the last of them has been accepted
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		if over := ended(c); over {
			c.Close()
			break
		}
		c.Close()
	}
	if ended(idle[0]) {
		t.Error("one that was let in has been turned out")
	}
	for _, c := range idle {
		c.Close()
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		over := ended(c)
		c.Close()
		if !over {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no room when they have gone")
		}
	}
}
