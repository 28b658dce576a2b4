package gateway

import (
	"context"
	"log/slog"
	"net"
	"sync/atomic"

	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/front"
	"github.com/smbgw/smbgw/gateway/health"
	"github.com/smbgw/smbgw/gateway/ipc"
	"github.com/smbgw/smbgw/gateway/limit"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/transports"
)

// An Endpoint is an address together with the network that reaches it.
type Endpoint struct {
	Addr    transports.Addr
	Network transports.Network
}

// A Backend is an SMB server behind the gateway.
type Backend struct {
	Name      string
	Endpoints []Endpoint // in order of preference

	// Health is how long clients wait for it, and whether its addresses are
	// checked.
	Health health.Options

	// Place lets payload in the clear be moved by RDMA where the back leg can;
	// Threshold is the smallest payload that is worth it, in bytes, and
	// DefaultThreshold when 0.
	Place     bool
	Threshold uint32

	// Sign and Encrypt demand it of sessions that are the gateway's own: those
	// behind mounts. Either keeps their payload in messages.
	Sign, Encrypt bool

	// Shared has clients share connections; nil gives each of them its own.
	Shared *Sharing

	// ServerName is what the gateway calls the server, the first address's host
	// when empty.
	ServerName string
}

// host is the server's name in requests to it.
func (b *Backend) host() string {
	if b.ServerName != "" || len(b.Endpoints) == 0 {
		return b.ServerName
	}
	return b.Endpoints[0].Addr.Host
}

// A Listener is an address that clients connect to. It relays to a backend, which
// the client may choose by the name that it has for the server, or serves the
// Gateway's Service on its Terms.
type Listener struct {
	Name     string
	Endpoint Endpoint
	Relay    *Backend           // nil: the Service, or nobody when there is a RelayTo
	RelayTo  map[*Host]*Backend // for clients that name one of these; Relay for others
	Terms    Terms
	Policy   *policy.Policy // what its clients may do; nil is everything
}

// A Gateway serves its listeners. Its fields are read by Run and not changed
// while Run is running; Change is how they become others.
type Gateway struct {
	Listeners []Listener
	Service   *Service // nil when every listener relays
	Limits    limit.Rules
	Share     int64   // bytes that a connection has under way while others are busy; 0 is no limit
	Hosts     []*Host // the servers that it is; others' names are nobody's
	Log       *slog.Logger

	// Memory is where the gateway's own buffers are, those that are exposed to
	// backends among them; nil is Go's heap. It stays the same.
	Memory transports.Memory

	// Ready is called once every listener takes clients, with where each of
	// them is, in the order of Listeners. nil is nobody who wants to know.
	Ready func([]net.Addr)

	mailbox mailbox
}

// Run announces every listener, logs "listening" with listener and address for
// each, and serves until ctx ends; then it hangs up every connection and
// returns nil. It returns an error when a listener cannot be announced. When
// it returns, no goroutine and no connection of it is left.
func (g *Gateway) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	r := &run{server: newServer(g)}
	doors, err := announce(ctx, r.server, pointers(g.Listeners))
	if err != nil {
		return err
	}
	for _, d := range doors {
		r.open(ctx, d)
	}
	r.watch(ctx)
	g.ready(doors)
	r.attend(ctx, g.mailbox.opened())
	r.close()
	return nil
}

func (g *Gateway) ready(doors []*door) {
	if g.Ready == nil {
		return
	}
	var at []net.Addr
	for _, d := range doors {
		at = append(at, d.Addr())
	}
	g.Ready(at)
}

func pointers(listeners []Listener) (list []*Listener) {
	for i := range listeners {
		list = append(list, &listeners[i])
	}
	return list
}

// A server is what the connections of one configuration share.
type server struct {
	*lasting

	log     *slog.Logger
	service *Service
	hosts   hosts
	front   map[*Listener]*front.Server // of listeners that do not relay
	replies *transports.Arena           // of those
	pipes   *ipc.Service
	resumed map[source]*back.Sessions // what clients of mounts come back for
	pools   map[*Backend]*back.Pool   // of those that are Shared

	// One arena for each backend: a buffer that is exposed to a backend has
	// never held the data of another one (what an arena gets from a Memory is
	// cleared), so a backend that claims to have
	// placed what it has not placed learns and reveals nothing new.
	arenas map[*Backend]*transports.Arena

	monitors map[*Backend]*health.Monitor // of their addresses
}

// A lasting is what the connections of one Run share, whatever the configuration
// that they began with.
type lasting struct {
	lobby    lobby // of listeners that do not relay
	limits   limit.Table
	turned   turnstile
	sessions front.Sessions // of those
	serial   atomic.Uint64  // numbers connections in the log
	served   atomic.Int64   // connections being served
	shared   pools          // of backends that clients share connections to
}

func newServer(g *Gateway) *server { return newServerAfter(g, nil) }

// newServerAfter is the server of g, in place of another one or of nil.
func newServerAfter(g *Gateway, before *server) *server {
	s := &server{
		lasting: new(lasting),
		log:     g.Log,
		service: g.Service,
		hosts:   newHosts(g.Hosts),
		front:   make(map[*Listener]*front.Server),
		replies: &transports.Arena{Memory: g.Memory},
		resumed: make(map[source]*back.Sessions),
		pools:   make(map[*Backend]*back.Pool),
		arenas:  make(map[*Backend]*transports.Arena),

		monitors: make(map[*Backend]*health.Monitor),
	}
	if before != nil {
		s.lasting = before.lasting
	} else {
		s.limits.Report = func(e limit.Excess) { reportLimit(g.Log, e) }
		s.limits.Change(g.Limits)
		s.limits.Share(g.Share)
	}
	for _, l := range g.Listeners {
		s.enter(l.Relay, g.Memory, before)
		for _, b := range l.RelayTo {
			s.enter(b, g.Memory, before)
		}
	}
	if g.Service != nil {
		for i := range g.Service.Mounts {
			for _, m := range g.Service.Mounts[i].singles() {
				s.enter(m.Backend, g.Memory, before)
				s.resume(source{m.Backend, m.As}, before)
				s.share(m.Backend, before)
			}
		}
		s.pipes = ipc.New(ipc.Config{Server: g.Service.Name, Arena: s.replies})
	}
	s.fronts(g)
	return s
}

// trim gives spare buffers back. Those of configurations before go with the
// collector.
func (s *server) trim() {
	s.replies.Trim()
	for _, a := range s.arenas {
		a.Trim()
	}
}

// enter makes what a backend's connections share.
func (s *server) enter(b *Backend, memory transports.Memory, before *server) {
	if b != nil && s.arenas[b] == nil {
		s.arenas[b] = &transports.Arena{Memory: memory}
		s.watch(b, before)
	}
}
