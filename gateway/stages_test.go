package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/auth/spnego"
	"github.com/smbgw/smbgw/gateway/back"
	peer "github.com/smbgw/smbgw/gateway/client"
	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mapped"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/iwarp"
	"github.com/smbgw/smbgw/transports/tcp"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// people are who may log in, each with his own name as the password.
type people []string

func (p people) Lookup(name string) (auth.Account, error) {
	for _, known := range p {
		if auth.Upper(known) == auth.Upper(name) {
			return auth.Account{Name: known, Hash: ntlm.Hash(known)}, nil
		}
	}
	return auth.Account{}, auth.ErrNoUser
}

// as begins a log-in.
func as(user, password string) auth.Initiator {
	c := &ntlm.Client{User: user, Hash: ntlm.Hash(password)}
	return spnego.NewInitiator([]spnego.Mechanism{{
		Name: "NTLM", OIDs: []spnego.OID{spnego.NTLM},
		Initiate: func() auth.Initiator { return c.NewInitiator() },
	}})
}

// sameUser carries a client's session on as the same user.
func sameUser(c *tree.Client) (auth.Initiator, error) { return as(c.User.User, c.User.User), nil }

// service is one of mounts for people.
func (p people) service(mounts ...Mount) *Service {
	users := &ntlm.Server{Users: p, Computer: "GW"}
	table := []spnego.Mechanism{{
		Name: "NTLM", OIDs: []spnego.OID{spnego.NTLM}, Raw: ntlm.IsMessage,
		Accept: func() auth.Acceptor { return users.NewAcceptor() },
	}}
	return &Service{
		GUID:        smb2.GUID{1},
		NewAcceptor: func(net.Addr) auth.Acceptor { return spnego.NewAcceptor(table) },
		Hint:        spnego.Hint(table),
		Mounts:      mounts,
	}
}

// A stage is a gateway that serves, of which every buffer is counted.
type stage struct {
	*server
	log    *logBook
	memory mapped.Memory              // of everything that the gateway makes itself
	addrs  map[string]transports.Addr // by listener
	doors  []*door
	cancel context.CancelFunc
	run    sync.WaitGroup
	ended  sync.Once
}

// newStage is Run with its parts in reach.
func newStage(t testing.TB, service *Service, listeners ...Listener) *stage {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &stage{log: new(logBook), cancel: cancel, addrs: map[string]transports.Addr{}}
	g := &Gateway{Log: slog.New(s.log), Memory: &s.memory, Service: service, Listeners: listeners}
	s.server = newServer(g)
	doors, err := announce(ctx, s.server, pointers(g.Listeners))
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	s.doors = doors
	for _, m := range s.monitors {
		s.run.Go(func() { m.Run(ctx) })
	}
	for _, d := range doors {
		s.addrs[d.behind.Load().listener.Name] = portOf(d)
		s.run.Go(func() { d.accept(ctx) })
	}
	t.Cleanup(func() { s.stop(t) })
	return s
}

// portOf is where a listener can be reached.
func portOf(d *door) transports.Addr {
	host, port, _ := net.SplitHostPort(d.Addr().String())
	return transports.Addr{Network: d.addr.Network, Host: host, Service: port}
}

// stop ends the stage and looks for what is left.
func (s *stage) stop(t testing.TB) {
	t.Helper()
	s.ended.Do(func() {
		s.cancel()
		for _, d := range s.doors {
			d.shut()
		}
		s.run.Wait()
		s.shared.close()
		if n := s.served.Load(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
		if n := s.replies.InUse(); n != 0 {
			t.Errorf("%d messages of the front are left", n)
		}
		for b, a := range s.arenas {
			if n := a.InUse(); n != 0 {
				t.Errorf("%d messages of backend %s are left", n, b.Name)
			}
		}
		s.trim()
		noBlocks(t, &s.memory)
		for l, f := range s.front {
			if n := f.Sessions.Len(); n != 0 {
				t.Errorf("%d sessions of listener %s are left", n, l.Name)
			}
		}
	})
}

// noBlocks checks that a memory is not used any more, and gives it back.
func noBlocks(t testing.TB, m *mapped.Memory) {
	t.Helper()
	if n := m.InUse(); n != 0 {
		t.Errorf("%d blocks are left", n)
	}
	m.Trim()
}

// A house is a client's way through two gateways to a store:
//
//	client --tcp, smbdirect--> gw --smbdirect, tcp--> nas: store
//
// gw mounts the store's share over both networks as direct and plain, a store
// of its own as here, and a backend that nobody is at as away. shared is what direct
// is, but over connections that all clients share, and svc the same as one user. SMB
// Direct is over iWARP on loopback.
type house struct {
	t       testing.TB
	blocks  mapped.Memory     // of the arena, and what is received into
	arena   *transports.Arena // of all networks and the clients
	tcp     transports.Network
	direct  transports.Network
	memory  *store.Store
	gw, nas *stage
	ports   atomic.Pointer[map[string]transports.Addr] // nas's, by listener
	known   people
}

func newHouse(t testing.TB, terms Terms) *house {
	t.Helper()
	transporttest.Watch(t)
	h := &house{t: t, known: people{"alice", "bob", "svc"}}
	h.arena = &transports.Arena{Memory: &h.blocks}
	t.Cleanup(func() {
		h.arena.Trim()
		noBlocks(t, &h.blocks)
	})
	transporttest.Buffers(t, h.arena)
	h.tcp = tcp.Network{Arena: h.arena}
	h.direct = smbdirect.Over(new(iwarp.Provider), smbdirect.Options{Arena: h.arena, Memory: &h.blocks})
	h.memory = store.New(store.Config{Shares: []string{"data"}, Arena: h.arena})
	h.serve()
	few := h.backend("direct")
	few.Name, few.Shared = "few", &Sharing{Connections: 8}
	h.gw = newStage(t, h.known.service(
		Mount{Name: "direct", Share: "data", Backend: h.backend("direct"), As: &Login{Initiator: sameUser}},
		Mount{Name: "plain", Share: "data", Backend: h.backend("plain"), As: &Login{Initiator: sameUser}},
		Mount{Name: "shared", Share: "data", Backend: few, As: &Login{Initiator: sameUser}},
		Mount{Name: "svc", Share: "data", Backend: few, As: &Login{
			Name: "svc", Initiator: func(*tree.Client) (auth.Initiator, error) { return as("svc", "svc"), nil }}},
		Mount{Name: "away", Backend: h.backend("away"), As: &Login{Initiator: sameUser}},
		Mount{Name: "locked", Share: "data", Backend: h.backend("plain"),
			As: &Login{Initiator: func(*tree.Client) (auth.Initiator, error) { return as("svc", "not his word"), nil }}},
		Mount{Name: "here", Store: store.New(store.Config{Shares: []string{"here"}, Arena: h.arena})},
	), h.listeners(terms)...)
	return h
}

// serve starts the gateway that has the store.
func (h *house) serve() {
	h.t.Helper()
	h.nas = newStage(h.t, h.known.service(Mount{Name: "data", Store: h.memory}), h.listeners(Terms{})...)
	h.ports.Store(&h.nas.addrs)
}

func (h *house) listeners(terms Terms) []Listener {
	at := func(network string) transports.Addr {
		return transports.Addr{Network: network, Host: "127.0.0.1", Service: "0"}
	}
	return []Listener{
		{Name: "direct", Endpoint: Endpoint{at("smbdirect"), h.direct}, Terms: terms},
		{Name: "plain", Endpoint: Endpoint{at("tcp"), h.tcp}, Terms: terms},
	}
}

// backend is nas by one of its listeners.
func (h *house) backend(listener string) *Backend {
	return &Backend{Name: listener, Place: true, Endpoints: []Endpoint{{
		Addr:    transports.Addr{Network: "lab", Host: "nas", Service: listener},
		Network: toNAS{h},
	}}}
}

// toNAS leads to nas, wherever it listens now.
type toNAS struct{ h *house }

func (n toNAS) Dial(ctx context.Context, a transports.Addr) (transports.Conn, error) {
	at, ok := (*n.h.ports.Load())[a.Service]
	if !ok {
		return nil, errors.New("nobody is there")
	}
	return n.h.network(a.Service).Dial(ctx, at)
}

func (toNAS) Announce(context.Context, transports.Addr) (transports.Listener, error) {
	return nil, errors.ErrUnsupported
}

// network is a listener's.
func (h *house) network(listener string) transports.Network {
	if listener == "direct" {
		return h.direct
	}
	return h.tcp
}

// dial connects to gw by one of its listeners.
func (h *house) dial(listener string) transports.Conn {
	h.t.Helper()
	conn, err := h.network(listener).Dial(h.t.Context(), h.gw.addrs[listener])
	if err != nil {
		h.t.Fatal(err)
	}
	return conn
}

// client is one over conn.
func (h *house) client(conn transports.Conn, o back.Options) *peer.Client {
	h.t.Helper()
	o.Arena, o.ServerName = h.arena, "gw"
	c, err := peer.New(h.t.Context(), conn, o)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(c.Close)
	return c
}

// connect connects to a mount as a user.
func (h *house) connect(c *peer.Client, user, mount string) *peer.Share {
	h.t.Helper()
	s, err := c.Connect(h.t.Context(), as(user, user), mount)
	if err != nil {
		h.t.Fatalf("%s as %s: %v", mount, user, err)
	}
	return s
}
