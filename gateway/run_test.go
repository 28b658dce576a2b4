package gateway

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/transports/mem"
)

// Check counts the connections, and says what is wrong as long as it is.
func TestCheck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		front, back := new(mem.Network), new(mem.Network)
		stopServer := serveEcho(t, back, "nas")
		inner, err := front.Announce(t.Context(), at("gw"))
		if err != nil {
			t.Fatal(err)
		}
		nas := &Backend{Endpoints: []Endpoint{{at("nas"), back}}}
		g := &Gateway{Log: slog.New(new(logBook)), Listeners: []Listener{
			{Name: "office", Endpoint: Endpoint{at("gw"), ready{inner}}, Relay: nas},
			{Name: "lab", Endpoint: Endpoint{at("lab"), front}, Relay: nas},
		}}
		early, cancel := context.WithTimeoutCause(t.Context(), time.Second, errEarly)
		defer cancel()
		if _, err := g.Check(early); !errors.Is(err, errEarly) {
			t.Errorf("before Run: %v", err)
		}
		stop := running(g)
		c, err := front.Dial(t.Context(), at("lab"))
		if err != nil {
			t.Fatal(err)
		}
		ask(t, c, "hello")
		check := func(when, want string) {
			t.Helper()
			n, err := g.Check(t.Context())
			if n != 1 || (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %d connections, %v; want 1, %q", when, n, err, want)
			}
		}
		check("in order", "")

		inner.Close()
		synctest.Wait()
		check("a listener has ended", `listener "office" has ended`)
		c.Close()
		if err := stop(); err != nil {
			t.Error(err)
		}
		stopServer()
	})
}

var errEarly = errors.New("too early")

// An accept loop that hangs is found: its log does not take what it says.
func TestCheckFindsHangingLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		front := new(mem.Network)
		inner, err := front.Announce(t.Context(), at("gw"))
		if err != nil {
			t.Fatal(err)
		}
		log := &jammed{logBook: new(logBook), at: "accept failed", free: make(chan struct{})}
		g := &Gateway{Log: slog.New(log), Listeners: []Listener{
			{Name: "office", Endpoint: Endpoint{at("gw"), ready{&tired{Listener: inner, left: 1}}}, Relay: new(Backend)},
		}}
		stop := running(g)
		time.Sleep(maxAway)
		if _, err := g.Check(t.Context()); err != nil {
			t.Errorf("after %v: %v", maxAway, err)
		}
		time.Sleep(time.Second)
		if _, err := g.Check(t.Context()); err == nil || !strings.Contains(err.Error(), `"office" has not accepted for 11s`) {
			t.Errorf("after another second: %v", err)
		}
		close(log.free)
		synctest.Wait()
		time.Sleep(maxAcceptPause)
		synctest.Wait()
		if _, err := g.Check(t.Context()); err != nil {
			t.Errorf("when it goes on: %v", err)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// jammed is a log that does not return from one message until it is freed.
type jammed struct {
	*logBook
	at   string
	free chan struct{}
}

func (j *jammed) Handle(ctx context.Context, r slog.Record) error {
	if r.Message == j.at {
		<-j.free
	}
	return j.logBook.Handle(ctx, r)
}
