package gateway

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

// A rig is one connection through the gateway, between scripted peers, inside
// a synctest bubble: a goroutine that is left behind fails the test.
//
//	client -- front -- gateway -- back -- server
type rig struct {
	t        *testing.T
	client   *smb2test.Client
	server   *smb2test.Server
	listener *Listener
	log      *logBook
	arena    *transports.Arena // the gateway's, for the backend
	exposed  *atomic.Int64     // exposures of the gateway's that are not revoked
	cancel   context.CancelFunc
	closed   bool
	done     chan struct{} // the gateway's connection is gone
	served   chan error    // Serve's result
	frontNet *mem.Network
	backNet  *mem.Network
	backEnd  transports.Conn // the server's end
	atFront  transports.Conn // the gateway's end
}

// wiring says what a rig is made of.
type wiring struct {
	frontMax  uint32 // MaxReadWrite of the front; 0: it cannot place
	backMax   uint32 // of the back
	threshold uint32

	noInvalidation bool // on the back

	noPlace    bool
	dialect    smb2.Dialect // 3.1.1 when 0
	credits    uint16       // granted at first; 600 when 0
	file       int          // bytes of the server's file
	script     func(*smb2test.Request) smb2test.Action
	serve      func(transports.Conn) error // instead of the server
	backLimit  int                         // longest message of the back
	frontLimit int
	expose     func() error                          // what Expose on the back leg fails with
	wrap       func(transports.Conn) transports.Conn // around the gateway's end of the back leg
	wrapFront  func(transports.Conn) transports.Conn // and of the front
}

// throughRig runs f in a bubble and then checks that nothing is left.
func throughRig(t *testing.T, w wiring, f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, w)
		f(r)
		r.close()
	})
}

func newRig(t *testing.T, w wiring) *rig {
	if w.dialect == 0 {
		w.dialect = smb2.Dialect311
	}
	if w.credits == 0 {
		w.credits = 600
	}
	r := &rig{
		t: t, log: new(logBook), exposed: new(atomic.Int64),
		done: make(chan struct{}), served: make(chan error, 1),
		frontNet: &mem.Network{MaxReadWrite: w.frontMax, MaxMessage: w.frontLimit, Arena: new(transports.Arena)},
		backNet:  &mem.Network{MaxReadWrite: w.backMax, NoInvalidation: w.noInvalidation, Arena: new(transports.Arena), MaxMessage: w.backLimit},
	}
	clientEnd, gatewayEnd := r.frontNet.Pipe()
	gatewayBack, backEnd := r.backNet.Pipe()
	r.atFront, r.backEnd = gatewayEnd, backEnd
	r.client = smb2test.NewClient(clientEnd)
	r.server = &smb2test.Server{Conn: backEnd, Dialect: w.dialect, Script: w.script, File: pattern(w.file), Credits: w.credits, Arena: new(transports.Arena)}
	serve := func(transports.Conn) error { return r.server.Serve() }
	if w.serve != nil {
		serve = w.serve
	}
	go func() {
		err := serve(backEnd)
		backEnd.Close()
		r.served <- err
	}()
	to := dialer{conn: watch(gatewayBack, r.exposed, w.expose)}
	if w.wrap != nil {
		to.conn = w.wrap(to.conn)
	}
	r.listener = &Listener{
		Name:     "lab",
		Endpoint: Endpoint{Addr: transports.Addr{Network: "mem", Host: "*", Service: "445"}},
		Relay: &Backend{
			Name:      "nas",
			Endpoints: []Endpoint{{Addr: transports.Addr{Network: "mem", Host: "nas", Service: "445"}, Network: to}},
			Place:     !w.noPlace,
			Threshold: w.threshold,
		},
	}
	if w.wrapFront != nil {
		gatewayEnd = w.wrapFront(gatewayEnd)
	}
	s := newServer(&Gateway{Listeners: []Listener{*r.listener}, Log: slog.New(r.log)})
	for _, a := range s.arenas {
		r.arena = a
	}
	s.arenas = map[*Backend]*transports.Arena{r.listener.Relay: r.arena}
	ctx, cancel := context.WithCancel(t.Context())
	r.cancel = cancel
	go func() {
		s.serve(ctx, r.listener, gatewayEnd)
		close(r.done)
	}()
	return r
}

// negotiate makes the gateway know the dialect.
func (r *rig) negotiate() {
	r.t.Helper()
	if _, err := r.client.Negotiate(r.server.Dialect); err != nil {
		r.t.Fatalf("negotiate: %v", err)
	}
}

// close hangs up from the client's side, unless that has happened, and checks
// that nothing of the connection is left.
func (r *rig) close() {
	r.t.Helper()
	if r.closed {
		return
	}
	r.closed = true
	r.client.Conn.Close()
	<-r.done
	<-r.served
	r.cancel()
	if n := r.exposed.Load(); n != 0 {
		r.t.Errorf("%d exposures are left", n)
	}
	for name, a := range map[string]*transports.Arena{
		"gateway": r.arena, "front": r.frontNet.Arena, "back": r.backNet.Arena,
		"client": r.client.Arena, "server": r.server.Arena,
	} {
		if n := a.InUse(); n != 0 {
			r.t.Errorf("%d messages of the %s are left", n, name)
		}
	}
	if r.log.find("connection closed") == nil {
		r.t.Error("the connection's end is not in the log")
	}
}

// reason hangs up and returns why the connection ended, as logged.
func (r *rig) reason() string {
	<-r.done
	e := r.log.find("connection closed")
	if e == nil {
		return ""
	}
	return e["reason"].String()
}

// count is a number in the line of the connection's end.
func (r *rig) count(name string) uint64 {
	e := r.log.find("connection closed")
	v, ok := e[name]
	if !ok {
		return 0
	}
	return v.Uint64()
}

func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

// A dialer is a network that reaches one peer.
type dialer struct {
	transports.Network
	conn transports.Conn
}

func (d dialer) Dial(context.Context, transports.Addr) (transports.Conn, error) { return d.conn, nil }

// watch counts a leg's exposures.
func watch(c transports.Conn, n *atomic.Int64, fail func() error) transports.Conn {
	if p, ok := c.(transports.Placer); ok {
		return &watchedPlacer{p, n, fail}
	}
	return c
}

type watchedPlacer struct {
	transports.Placer
	n    *atomic.Int64
	fail func() error
}

func (p *watchedPlacer) Expose(b []byte, r transports.Right) (transports.Exposure, error) {
	if p.fail != nil {
		if err := p.fail(); err != nil {
			return nil, err
		}
	}
	e, err := p.Placer.Expose(b, r)
	if err != nil {
		return nil, err
	}
	p.n.Add(1)
	return &watchedExposure{Exposure: e, n: p.n}, nil
}

type watchedExposure struct {
	transports.Exposure
	n    *atomic.Int64
	once sync.Once
}

func (e *watchedExposure) Revoke() {
	e.Exposure.Revoke()
	e.once.Do(func() { e.n.Add(-1) })
}

// A logBook keeps what is logged.
type logBook struct {
	mu      sync.Mutex
	entries []map[string]slog.Value
}

func (l *logBook) Enabled(context.Context, slog.Level) bool { return true }
func (l *logBook) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logBook) WithGroup(string) slog.Handler            { return l }

func (l *logBook) Handle(_ context.Context, r slog.Record) error {
	e := map[string]slog.Value{"msg": slog.StringValue(r.Message), "level": slog.StringValue(r.Level.String())}
	r.Attrs(func(a slog.Attr) bool {
		e[a.Key] = a.Value
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
	return nil
}

// find is the last entry with this message, or nil.
func (l *logBook) find(msg string) map[string]slog.Value {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.entries) - 1; i >= 0; i-- {
		if l.entries[i]["msg"].String() == msg {
			return l.entries[i]
		}
	}
	return nil
}
