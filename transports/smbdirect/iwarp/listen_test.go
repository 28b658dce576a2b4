package iwarp

import (
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
