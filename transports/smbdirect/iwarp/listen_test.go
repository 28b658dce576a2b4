package iwarp

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// A listener refuses the peers that nobody has accepted side by side: each may
// take as long as CloseTimeout.
func TestListenerClose(t *testing.T) {
	t.Parallel()
	p := quick()
	l, err := p.Listen(t.Context(), "127.0.0.1:0", rdma.Config{})
	if err != nil {
		t.Fatal(err)
	}
	const n = 10
	for range n {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		req := mpaFrame{rev: 2, enhanced: true, words: enhancedWords{ird: 4, ord: 4}}
		c.Write(req.append(nil))
	}
	for len(l.(*listener).ready) < n {
		time.Sleep(time.Millisecond)
	}
	start := time.Now()
	l.Close()
	if d := time.Since(start); d > 2*p.CloseTimeout {
		t.Errorf("Close took %v for %d peers, CloseTimeout %v", d, n, p.CloseTimeout)
	}
}

// Whoever is not let in is reported, with the reason.
func TestListenerReports(t *testing.T) {
	t.Parallel()
	why := make(chan error, 10)
	p := quick()
	p.HalfOpen = 2
	p.Refused = func(err error) { why <- err }
	l, err := p.Listen(t.Context(), "127.0.0.1:0", rdma.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	say := func(b []byte) {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		c.Write(b)
	}
	good := mpaFrame{rev: 2, enhanced: true, words: enhancedWords{ird: 4, ord: 4}}
	marked := good
	marked.markers = true

	say([]byte("GET / HTTP/1.1\r\n\r\n......"))
	if got := <-why; errors.Is(got, errRequest) || errors.Is(got, errCrowded) {
		t.Errorf("not MPA: %v", got)
	}
	say(marked.append(nil))
	if got := <-why; !errors.Is(got, errRequest) {
		t.Errorf("markers: %v", got)
	}
	for range 3 {
		say(nil)
	}
	if got := <-why; !errors.Is(got, errCrowded) {
		t.Errorf("silent: %v", got)
	}
}

// So is who finds as many waiting for Accept as may wait.
func TestListenerReportsBacklog(t *testing.T) {
	t.Parallel()
	why := make(chan error, 1)
	p := quick()
	p.Refused = func(err error) { why <- err }
	l, err := p.Listen(t.Context(), "127.0.0.1:0", rdma.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	good := mpaFrame{rev: 2, enhanced: true, words: enhancedWords{ird: 4, ord: 4}}
	for range backlog + 1 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.Write(good.append(nil))
	}
	if got := <-why; !errors.Is(got, errBacklog) {
		t.Errorf("%v", got)
	}
}
