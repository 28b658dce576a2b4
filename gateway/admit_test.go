package gateway

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

// A waiting network is one whose listeners defer; its connections note what
// they were admitted with.
type waiting struct {
	*mem.Network
	admitted chan int
	err      error // what Admit says
}

func (n *waiting) Announce(ctx context.Context, a transports.Addr) (transports.Listener, error) {
	l, err := n.Network.Announce(ctx, a)
	return &waitingListener{l, n, false}, err
}

type waitingListener struct {
	transports.Listener
	n        *waiting
	deferred bool
}

func (l *waitingListener) Defer() { l.deferred = true }

func (l *waitingListener) Accept() (transports.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil || !l.deferred {
		return c, err
	}
	return &waitingConn{c, l.n}, nil
}

type waitingConn struct {
	transports.Conn
	n *waiting
}

func (c *waitingConn) Admit(limit int) error {
	c.n.admitted <- limit
	return c.n.err
}

// A bounded network's peers take short messages only.
type bounded struct {
	*mem.Network
	limit int
}

func (n bounded) Dial(ctx context.Context, a transports.Addr) (transports.Conn, error) {
	c, err := n.Network.Dial(ctx, a)
	return boundedConn{c, n.limit}, err
}

type boundedConn struct {
	transports.Conn
	limit int
}

func (c boundedConn) MaxSend() int { return c.limit }

// A client that waits for our answer gets it when the backend is there, and
// learns what the backend takes.
func TestAdmit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		limit int // of the backend; 0: it has none
		err   error
		gone  bool // no backend answers
	}{
		{name: "bounded", limit: 173910},
		{name: "unbounded"},
		{name: "client gone", limit: 173910, err: errors.New("it has gone")},
		{name: "backend gone", gone: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { admit(t, c.limit, c.err, c.gone) })
		})
	}
}

func admit(t *testing.T, limit int, failure error, gone bool) {
	front := &waiting{Network: new(mem.Network), admitted: make(chan int, 1), err: failure}
	back := new(mem.Network)
	to := Endpoint{at("nas"), transports.Network(back)}
	if limit != 0 {
		to.Network = bounded{back, limit}
	}
	if !gone {
		defer serveEcho(t, back, "nas")()
	}
	log := new(logBook)
	stop := running(&Gateway{Log: slog.New(log), Listeners: []Listener{{
		Name: "office", Endpoint: Endpoint{at("gw"), front},
		Relay: &Backend{Name: "nas1", Endpoints: []Endpoint{to}},
	}}})
	client, err := front.Dial(t.Context(), at("gw"))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	switch {
	case gone:
		if len(front.admitted) != 0 {
			t.Error("admitted without a backend")
		}
	case failure != nil:
		if got := log.find("connection closed")["reason"].String(); got != "client closed: it has gone" {
			t.Errorf("reason %q", got)
		}
	default:
		if got := <-front.admitted; got != limit {
			t.Errorf("admitted with %d, want %d", got, limit)
		}
		ask(t, client, "hello")
	}
	client.Close()
	if err := stop(); err != nil {
		t.Errorf("Run: %v", err)
	}
}
