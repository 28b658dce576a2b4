package quic

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// raw dials l as a client of its own making.
func raw(t *testing.T, client Network, l transports.Listener, change func(*tls.Config)) (*quic.Conn, error) {
	t.Helper()
	config, err := client.TLS.clientConfig("server")
	if err != nil {
		t.Fatal(err)
	}
	change(config)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := quic.DialAddr(ctx, l.Addr().String(), config, &quic.Config{})
	if err == nil {
		t.Cleanup(func() { c.CloseWithError(0, "") })
	}
	return c, err
}

func listen(t *testing.T, n Network) transports.Listener {
	t.Helper()
	l, err := n.Announce(t.Context(), anyPort())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func accept(t *testing.T, l transports.Listener) transports.Conn {
	t.Helper()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// A second stream is reset; the first goes on. Unidirectional streams are not
// permitted at all.
func TestFurtherStreams(t *testing.T) {
	t.Parallel()
	client, server := networks(t)
	l := listen(t, quick(server))
	c, err := raw(t, client, l, func(*tls.Config) {})
	if err != nil {
		t.Fatal(err)
	}
	a := accept(t, l)
	go echo(a)
	first, err := c.OpenStreamSync(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ask := func() {
		t.Helper()
		if _, err := first.Write([]byte{0, 0, 0, 2, 'h', 'i'}); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 6)
		if _, err := io.ReadFull(first, answer); err != nil || string(answer[4:]) != "hi" {
			t.Fatalf("answer %q, %v", answer, err)
		}
	}
	ask()
	for range 2 * maxStreams {
		second, err := c.OpenStreamSync(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		second.Write([]byte{0, 0, 0, 1, 'x'})
		second.SetReadDeadline(time.Now().Add(10 * time.Second))
		_, err = second.Read(make([]byte, 1))
		if e, ok := errors.AsType[*quic.StreamError](err); !ok || !e.Remote || e.ErrorCode != codeRefused {
			t.Fatalf("second stream: %v", err)
		}
		ask()
	}
	if _, err := c.OpenUniStream(); err == nil {
		t.Error("a unidirectional stream was permitted")
	}
}

// The handshake is for SMB, TLS 1.3, and without tickets.
func TestHandshake(t *testing.T) {
	t.Parallel()
	client, server := networks(t)
	l := listen(t, quick(server))
	if _, err := raw(t, client, l, func(c *tls.Config) { c.NextProtos = []string{"h3"} }); err == nil {
		t.Error("a client for another protocol was let in")
	}
	cache := &countingCache{}
	c, err := raw(t, client, l, func(c *tls.Config) {
		c.SessionTicketsDisabled = false
		c.ClientSessionCache = cache
	})
	if err != nil {
		t.Fatal(err)
	}
	a := accept(t, l)
	go echo(a)
	s, err := c.OpenStreamSync(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Write([]byte{0, 0, 0, 1, 'x'})
	if _, err := io.ReadFull(s, make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	state := c.ConnectionState()
	if state.TLS.Version != tls.VersionTLS13 || state.TLS.NegotiatedProtocol != "smb" {
		t.Errorf("version %#x, protocol %q", state.TLS.Version, state.TLS.NegotiatedProtocol)
	}
	if cache.put != 0 {
		t.Errorf("%d session tickets", cache.put)
	}
}

type countingCache struct{ put int }

func (c *countingCache) Get(string) (*tls.ClientSessionState, bool) { return nil, false }
func (c *countingCache) Put(string, *tls.ClientSessionState)        { c.put++ }

// A client that closes with code 0 and no end of stream, as Samba's does, has
// ended in order; any other code is a failure that is not our own Close.
func TestPeerClosesConnection(t *testing.T) {
	t.Parallel()
	client, server := networks(t)
	transporttest.Buffers(t, server.Arena)
	l := listen(t, quick(server))
	for code, bytes := range map[quic.ApplicationErrorCode][]byte{0: {0, 0, 0, 1, 'x'}, 7: {0, 0, 0, 1, 'x'}} {
		c, err := raw(t, client, l, func(*tls.Config) {})
		if err != nil {
			t.Fatal(err)
		}
		a := accept(t, l)
		s, err := c.OpenStreamSync(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.Write(bytes)
		m, err := a.Receive()
		if err != nil {
			t.Fatal(err)
		}
		m.Release()
		c.CloseWithError(code, "")
		_, err = a.Receive()
		if code == 0 && err != io.EOF {
			t.Errorf("code 0: %v, want io.EOF", err)
		}
		if e, ok := errors.AsType[*quic.ApplicationError](err); code != 0 && (!ok || e.ErrorCode != code) {
			t.Errorf("code %d: %v", code, err)
		}
	}
}
