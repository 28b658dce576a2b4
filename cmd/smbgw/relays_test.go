package main

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"

	"github.com/smbgw/smbgw/gateway"
	"github.com/smbgw/smbgw/transports"
)

// announced is a log handler that hands out the addresses of listeners as they
// come up, and keeps the lines of ended connections.
type announced struct {
	slog.Handler
	addresses chan transports.Addr
	gone      chan struct{} // one for each ended connection, as far as there is room

	mu    sync.Mutex
	ended []slog.Record
}

func newAnnounced() *announced {
	return &announced{Handler: slog.DiscardHandler, addresses: make(chan transports.Addr, 16), gone: make(chan struct{}, 16)}
}

func (h *announced) Enabled(context.Context, slog.Level) bool { return true }

func (h *announced) Handle(_ context.Context, r slog.Record) error {
	switch r.Message {
	case "listening":
		a, err := transports.ParseAddr(attr(r, "address"))
		if err != nil {
			return err
		}
		h.addresses <- a
	case "connection closed":
		h.mu.Lock()
		h.ended = append(h.ended, r.Clone())
		h.mu.Unlock()
		select {
		case h.gone <- struct{}{}:
		default:
		}
	}
	return nil
}

func (h *announced) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h *announced) WithGroup(string) slog.Handler      { return h }

// closed returns the value of one attribute of every ended connection.
func (h *announced) closed(key string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var values []string
	for _, r := range h.ended {
		values = append(values, attr(r, key))
	}
	return values
}

func attr(r slog.Record, key string) string {
	var value string
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == key {
			value = a.Value.String()
		}
		return true
	})
	return value
}

// relay runs a gateway with one listener in front of one backend, and returns
// where it listens. It is gone, with everything it made, when the test ends or
// stop is called.
func relay(t testing.TB, front transports.Network, at transports.Addr, back transports.Network, to transports.Addr) (listening transports.Addr, log *announced, stop func()) {
	t.Helper()
	log = newAnnounced()
	g := &gateway.Gateway{
		Log: slog.New(log),
		Listeners: []gateway.Listener{{
			Name:     "front",
			Endpoint: gateway.Endpoint{Addr: at, Network: front},
			Relay: &gateway.Backend{
				Name:      "back",
				Endpoints: []gateway.Endpoint{{Addr: to, Network: back}},
				Place:     true,
			},
		}},
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("gateway: %v", err)
		}
	})
	t.Cleanup(stop)
	select {
	case listening = <-log.addresses:
	case err := <-done:
		done <- err
		t.Fatalf("gateway ended: %v", err)
	}
	return listening, log, stop
}

// echo answers every message with itself until its listener is closed, and
// returns where it listens.
func echo(t testing.TB, n transports.Network, at transports.Addr) transports.Addr {
	t.Helper()
	return announce(t, n, at, func(c transports.Conn) {
		for {
			m, err := c.Receive()
			if err != nil || c.Send(m) != nil {
				return
			}
		}
	})
}

// announce gives every connection to serve, each in a goroutine of its own,
// until the test ends, and returns where it listens.
func announce(t testing.TB, n transports.Network, at transports.Addr, serve func(transports.Conn)) transports.Addr {
	t.Helper()
	l, err := n.Announce(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		wg.Wait()
	})
	host, service, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return transports.Addr{Network: at.Network, Host: host, Service: service}
}
