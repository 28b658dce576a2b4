package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/gateway/health"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

func at(host string) transports.Addr {
	return transports.Addr{Network: "mem", Host: host, Service: "445"}
}

// serveEcho announces an echo server that counts its clients.
func serveEcho(t *testing.T, n *mem.Network, host string) (stop func()) {
	t.Helper()
	l, err := n.Announce(t.Context(), at(host))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				echo(c)
				c.Close()
			}()
		}
	}()
	return func() { l.Close() }
}

// running starts g and returns what stops it and gives Run's result.
func running(g *Gateway) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	synctest.Wait()
	return func() error {
		cancel()
		return <-done
	}
}

func ask(t *testing.T, c transports.Conn, text string) {
	t.Helper()
	m := new(transports.Arena).New(len(text))
	copy(m.Bytes(), text)
	if err := c.Send(m); err != nil {
		t.Fatal(err)
	}
	m, err := c.Receive()
	if err != nil || string(m.Bytes()) != text {
		t.Fatalf("asked %q, got %v", text, err)
	}
	m.Release()
}

func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		front, back := new(mem.Network), new(mem.Network)
		stopServer := serveEcho(t, back, "nas")
		log := new(logBook)
		nas := &Backend{Name: "nas1", Endpoints: []Endpoint{{at("gone"), back}, {at("nas"), back}}, Place: true}
		g := &Gateway{Log: slog.New(log), Listeners: []Listener{
			{Name: "office", Endpoint: Endpoint{at("gw"), front}, Relay: nas},
			{Name: "any", Endpoint: Endpoint{transports.Addr{Network: "mem", Host: "*", Service: "0"}, front}, Relay: nas},
		}}
		stop := running(g)
		if e := log.find("listening"); e == nil || e["listener"].String() != "any" || e["address"].String() == "mem!*!0" {
			t.Errorf("listening: %v", e)
		}

		c, err := front.Dial(t.Context(), at("gw"))
		if err != nil {
			t.Fatal(err)
		}
		ask(t, c, "hello")
		time.Sleep(3 * time.Second)
		c.Close()
		synctest.Wait()
		e := log.find("connection closed")
		for k, want := range map[string]string{
			"listener": "office", "backend": "nas1", "front": "mem", "back": "mem!nas!445", "peer": "mem!client!0",
			"bytes_in": "5", "bytes_out": "5", "duration": "3s", "reason": "client closed",
			"placed_reads": "0", "placed_writes": "0", "inline_reads": "0", "inline_writes": "0",
		} {
			if got := e[k].String(); got != want {
				t.Errorf("%s is %q, want %q", k, got, want)
			}
		}

		second, err := front.Dial(t.Context(), at("gw"))
		if err != nil {
			t.Fatal(err)
		}
		ask(t, second, "still here")
		if err := stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
		if e := log.find("connection closed"); e["reason"].String() != "shutdown" {
			t.Errorf("at the end: %v", e)
		}
		second.Close()
		stopServer()
	})
}

// A client whose backend cannot be reached is hung up, and the log says what
// was tried and what happened.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		front, back := new(mem.Network), new(mem.Network)
		log := new(logBook)
		slow := slowNetwork{}
		nas := &Backend{Name: "nas1", Endpoints: []Endpoint{{at("gone"), back}, {at("slow"), slow}}}
		stop := running(&Gateway{Log: slog.New(log), Listeners: []Listener{{Name: "office", Endpoint: Endpoint{at("gw"), front}, Relay: nas}}})
		c, err := front.Dial(t.Context(), at("gw"))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := c.Receive(); err == nil {
			t.Error("an answer")
		}
		if took := time.Since(began); took != health.DefaultTimeout {
			t.Errorf("it took %v", took)
		}
		synctest.Wait()
		reason := log.find("connection closed")["reason"].String()
		for _, want := range []string{"backend unreachable: mem!gone!445: ", "connection refused", "; mem!slow!445: no connection within 5s"} {
			if !strings.Contains(reason, want) {
				t.Errorf("the reason %q lacks %q", reason, want)
			}
		}
		if log.find("backend unreachable") == nil {
			t.Error("no warning")
		}
		c.Close()

		// A shutdown does not wait for an address.
		c, _ = front.Dial(t.Context(), at("gw"))
		synctest.Wait()
		began = time.Now()
		if err := stop(); err != nil || time.Since(began) != 0 {
			t.Errorf("Run: %v after %v", err, time.Since(began))
		}
		if reason := log.find("connection closed")["reason"].String(); reason != "shutdown" {
			t.Errorf("the reason is %q", reason)
		}
		c.Close()
	})
}

// A slowNetwork never answers.
type slowNetwork struct{ transports.Network }

func (slowNetwork) Dial(ctx context.Context, _ transports.Addr) (transports.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// Announcing is all or nothing.
func TestAnnounceFails(t *testing.T) {
	t.Parallel()
	front := new(mem.Network)
	g := &Gateway{Log: slog.New(new(logBook)), Listeners: []Listener{
		{Name: "one", Endpoint: Endpoint{at("gw"), front}, Relay: &Backend{}},
		{Name: "two", Endpoint: Endpoint{at("gw"), front}, Relay: &Backend{}},
	}}
	err := g.Run(t.Context())
	if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), `listener "two": mem!gw!445: `) {
		t.Errorf("Run: %v", err)
	}
	if _, err := front.Dial(t.Context(), at("gw")); err == nil {
		t.Error("the first listener is still open")
	}
}

// tired is a listener that is out of descriptors for a while.
type tired struct {
	transports.Listener
	left int
	at   []time.Duration
	t0   time.Time
}

func (l *tired) Accept() (transports.Conn, error) {
	if l.left > 0 {
		l.left--
		l.at = append(l.at, time.Since(l.t0))
		return nil, syscall.EMFILE
	}
	return l.Listener.Accept()
}

// An accept loop that fails waits, longer each time, and goes on.
func TestAcceptBacksOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		front, back := new(mem.Network), new(mem.Network)
		stopServer := serveEcho(t, back, "nas")
		inner, err := front.Announce(t.Context(), at("gw"))
		if err != nil {
			t.Fatal(err)
		}
		l := &tired{Listener: inner, left: 10, t0: time.Now()}
		log := new(logBook)
		stop := running(&Gateway{Log: slog.New(log), Listeners: []Listener{{
			Name: "office", Endpoint: Endpoint{at("gw"), ready{l}},
			Relay: &Backend{Endpoints: []Endpoint{{at("nas"), back}}},
		}}})
		c, err := front.Dial(t.Context(), at("gw"))
		if err != nil {
			t.Fatal(err)
		}
		ask(t, c, "hello")
		for i, want := range []time.Duration{0, 5, 15, 35, 75, 155, 315, 635, 1275, 2275} {
			if l.at[i] != want*time.Millisecond {
				t.Errorf("attempt %d at %v, want %v ms", i, l.at[i], want)
			}
		}
		c.Close()
		if err := stop(); err != nil {
			t.Error(err)
		}
		stopServer()
	})
}

// ready is a network whose listener exists.
type ready struct{ transports.Listener }

func (r ready) Announce(context.Context, transports.Addr) (transports.Listener, error) {
	return r.Listener, nil
}

func (r ready) Dial(context.Context, transports.Addr) (transports.Conn, error) {
	return nil, errors.New("announces only")
}

// A listener that ends by itself costs its own clients only.
func TestListenerEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		front := new(mem.Network)
		inner, err := front.Announce(t.Context(), at("gw"))
		if err != nil {
			t.Fatal(err)
		}
		log := new(logBook)
		stop := running(&Gateway{Log: slog.New(log), Listeners: []Listener{
			{Name: "office", Endpoint: Endpoint{at("gw"), ready{inner}}, Relay: &Backend{}}}})
		inner.Close()
		synctest.Wait()
		if e := log.find("listener ended"); e == nil || e["listener"].String() != "office" {
			t.Errorf("the log says %v", e)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestBoundAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		host, bound, want string
	}{
		{"*", "[::]:445", "tcp!*!445"},
		{"*", "0.0.0.0:4450", "tcp!*!4450"},
		{"127.0.0.1", "127.0.0.1:39999", "tcp!127.0.0.1!39999"},
		{"::1", "[::1]:39999", "tcp![::1]!39999"},
		{"lab", "mem!lab!7", "mem!lab!7"},
		{"lab", "nonsense", "tcp!lab!0"},
	} {
		got := boundAddress(transports.Addr{Network: "tcp", Host: c.host, Service: "0"}, text(c.bound))
		if got != c.want {
			t.Errorf("%s bound to %s is %q, want %q", c.host, c.bound, got, c.want)
		}
	}
}

type text string

func (t text) Network() string { return "test" }
func (t text) String() string  { return string(t) }

var _ net.Addr = text("")
