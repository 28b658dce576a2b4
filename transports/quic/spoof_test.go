package quic

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
)

// A witness is a socket that keeps the first packet it is sent.
type witness struct {
	net.PacketConn
	once  sync.Once
	first chan []byte
}

func (w *witness) ReadFrom(b []byte) (int, net.Addr, error) {
	n, a, err := w.PacketConn.ReadFrom(b)
	if err == nil {
		w.once.Do(func() { w.first <- append([]byte(nil), b[:n]...) })
	}
	return n, a, err
}

// A client has to show that it receives at its address before it costs us
// anything: the server's first packet is a Retry, RFC 9000 8.1.2 and 17.2.5.
func TestSourceIsValidated(t *testing.T) {
	client, server := networks(t)
	l := listen(t, quick(server))
	config, err := client.TLS.clientConfig("server")
	if err != nil {
		t.Fatal(err)
	}
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	w := &witness{PacketConn: udp, first: make(chan []byte, 1)}
	tr := &quic.Transport{Conn: w}
	defer tr.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := tr.Dial(ctx, l.Addr(), config, &quic.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseWithError(0, "")
	const long, kind, retry = 0x80, 0x30, 0x30
	if b := <-w.first; b[0]&long == 0 || b[0]&kind != retry {
		t.Errorf("first packet begins with %#x, want a Retry", b[0])
	}
}
