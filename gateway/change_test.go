package gateway

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

// A street is a Gateway that runs in a bubble, and two servers for it.
type street struct {
	t        *testing.T
	front    *mem.Network
	log      *logBook
	one, two *Backend
	hosts    []*Host
	g        *Gateway
	stop     func() error
}

// onStreet runs f in a bubble with a Gateway of listeners that f's street has.
func onStreet(t *testing.T, listeners func(*street) []Listener, f func(*street)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		servers := new(mem.Network)
		stopOne, stopTwo := serveEcho(t, servers, "one"), serveEcho(t, servers, "two")
		s := &street{t: t, front: new(mem.Network), log: new(logBook)}
		s.one = &Backend{Name: "one", Endpoints: []Endpoint{{at("one"), servers}}}
		s.two = &Backend{Name: "two", Endpoints: []Endpoint{{at("two"), servers}}}
		s.g = &Gateway{Log: slog.New(s.log), Listeners: listeners(s)}
		s.g.Hosts = s.hosts
		s.stop = running(s.g)
		f(s)
		if err := s.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
		stopOne()
		stopTwo()
	})
}

func (s *street) relay(name, host string, to *Backend) Listener {
	return Listener{Name: name, Endpoint: Endpoint{at(host), s.front}, Relay: to}
}

func (s *street) change(listeners ...Listener) error {
	s.t.Helper()
	err := s.g.Change(s.t.Context(), &Gateway{Log: slog.New(s.log), Listeners: listeners})
	synctest.Wait()
	return err
}

// dial connects, and sees that somebody answers.
func (s *street) dial(host string) transports.Conn {
	s.t.Helper()
	c, err := s.front.Dial(s.t.Context(), at(host))
	if err != nil {
		s.t.Fatal(err)
	}
	ask(s.t, c, "hello")
	return c
}

// closed ends a connection and returns the backend and the listener that it had.
func (s *street) closed(c transports.Conn) string {
	s.t.Helper()
	ask(s.t, c, "still here")
	c.Close()
	synctest.Wait()
	e := s.log.find("connection closed")
	return e["listener"].String() + " " + e["backend"].String()
}

// What a connection has begun with it goes on with; the next one has what is new.
// A listener that goes leaves its connections.
func TestChange(t *testing.T) {
	t.Parallel()
	start := func(s *street) []Listener {
		return []Listener{s.relay("office", "gw", s.one), s.relay("old", "old", s.one)}
	}
	onStreet(t, start, func(s *street) {
		first, old := s.dial("gw"), s.dial("old")
		if err := s.change(s.relay("new", "new", s.one), s.relay("house", "gw", s.two)); err != nil {
			s.t.Fatal(err)
		}
		if e := s.log.find("listening"); e["listener"].String() != "new" {
			s.t.Errorf("listening: %v", e)
		}
		if e := s.log.find("no longer listening"); e["listener"].String() != "old" || e["address"].String() != "mem!old!445" {
			s.t.Errorf("no longer listening: %v", e)
		}
		if s.log.find("listener ended") != nil {
			s.t.Error("a listener that was closed is an error")
		}
		if _, err := s.front.Dial(s.t.Context(), at("old")); err == nil {
			s.t.Error("the old listener is open")
		}
		if n, err := s.g.Check(s.t.Context()); n != 2 || err != nil {
			s.t.Errorf("%d connections, %v", n, err)
		}
		for _, c := range []struct {
			conn transports.Conn
			want string
		}{
			{s.dial("gw"), "house two"}, {first, "office one"}, {old, "old one"}, {s.dial("new"), "new one"},
		} {
			if got := s.closed(c.conn); got != c.want {
				s.t.Errorf("a connection was served by %s, want %s", got, c.want)
			}
		}
	})
}

// A change that fails changes nothing.
func TestChangeFails(t *testing.T) {
	t.Parallel()
	start := func(s *street) []Listener {
		return []Listener{s.relay("office", "gw", s.one), s.relay("old", "old", s.one)}
	}
	onStreet(t, start, func(s *street) {
		taken, err := s.front.Announce(s.t.Context(), at("taken"))
		if err != nil {
			s.t.Fatal(err)
		}
		err = s.change(s.relay("house", "gw", s.two), s.relay("new", "new", s.two), s.relay("unlucky", "taken", s.two))
		if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), `listener "unlucky": mem!taken!445: `) {
			s.t.Errorf("Change: %v", err)
		}
		taken.Close()
		if _, err := s.front.Dial(s.t.Context(), at("new")); err == nil {
			s.t.Error("one of the new listeners is open")
		}
		for host, want := range map[string]string{"gw": "office one", "old": "old one"} {
			if got := s.closed(s.dial(host)); got != want {
				s.t.Errorf("a connection was served by %s, want %s", got, want)
			}
		}
		ctx, cancel := context.WithCancelCause(s.t.Context())
		cancel(errEarly)
		if err := new(Gateway).Change(ctx, s.g); !errors.Is(err, errEarly) {
			s.t.Errorf("a Gateway that does not run: %v", err)
		}
	})
}

// A listener that has ended by itself is opened again.
func TestChangeRevives(t *testing.T) {
	t.Parallel()
	var inner transports.Listener
	start := func(s *street) []Listener {
		var err error
		if inner, err = s.front.Announce(s.t.Context(), at("gw")); err != nil {
			s.t.Fatal(err)
		}
		l := s.relay("office", "gw", s.one)
		l.Endpoint.Network = ready{inner}
		return []Listener{l}
	}
	onStreet(t, start, func(s *street) {
		inner.Close()
		synctest.Wait()
		if _, err := s.g.Check(s.t.Context()); err == nil {
			s.t.Error("nothing is wrong")
		}
		if err := s.change(s.relay("office", "gw", s.one)); err != nil {
			s.t.Fatal(err)
		}
		if _, err := s.g.Check(s.t.Context()); err != nil {
			s.t.Error(err)
		}
		s.closed(s.dial("gw"))
	})
}

// Of listeners on any port each goes on with its own name, whatever the order.
func TestMatch(t *testing.T) {
	t.Parallel()
	anyPort := transports.Addr{Network: "mem", Host: "*", Service: "0"}
	r := new(run)
	was := []Listener{{Name: "a"}, {Name: "b"}, {Name: "gone"}}
	for i := range was {
		d := &door{addr: anyPort}
		d.behind.Store(&behind{nil, &was[i]})
		r.doors = append(r.doors, d)
	}
	next := []Listener{{Name: "new"}, {Name: "b"}, {Name: "a"}, {Name: "newer"}, {Name: "elsewhere"}}
	for i := range next {
		next[i].Endpoint.Addr = anyPort
	}
	next[4].Endpoint.Addr.Host = "lab"
	kept, fresh := r.match(next)
	for i, want := range []string{"a", "b", "new"} {
		if l := kept[r.doors[i]]; l == nil || l.Name != want {
			t.Errorf("%s goes on as %+v, want %s", was[i].Name, l, want)
		}
	}
	if len(fresh) != 2 || fresh[0] != &next[3] || fresh[1] != &next[4] {
		t.Errorf("%d are new", len(fresh))
	}
}

// half is a network that does not take what another one is made of, once it has
// been told not to.
type half struct {
	transports.Network
	refuse  bool
	adopted *int
}

type halfListener struct {
	transports.Listener
	adopted *int
}

var errRefuse = errors.New("cannot be used")

func (h half) Announce(ctx context.Context, a transports.Addr) (transports.Listener, error) {
	l, err := h.Network.Announce(ctx, a)
	return halfListener{l, h.adopted}, err
}

func (l halfListener) Adopt(n transports.Network) (func(), error) {
	if n.(half).refuse {
		return nil, errRefuse
	}
	return func() { *l.adopted++ }, nil
}

// What a kept listener's network is made of is put in force with the rest, or not
// at all.
func TestChangeAdopts(t *testing.T) {
	t.Parallel()
	adopted := 0
	with := func(s *street, host string, refuse bool) Listener {
		l := s.relay(host, host, s.one)
		l.Endpoint.Network = half{s.front, refuse, &adopted}
		return l
	}
	start := func(s *street) []Listener { return []Listener{with(s, "a", false), with(s, "b", false)} }
	onStreet(t, start, func(s *street) {
		if err := s.change(with(s, "a", false), with(s, "b", true)); !errors.Is(err, errRefuse) || adopted != 0 {
			s.t.Errorf("Change: %v, %d adopted", err, adopted)
		}
		if err := s.change(with(s, "a", false), with(s, "b", false)); err != nil || adopted != 2 {
			s.t.Errorf("Change: %v, %d adopted", err, adopted)
		}
	})
}

// Clients come back for the sessions that they had before a change, where the
// backend and the way to log in are what they were.
func TestChangeKeepsSessions(t *testing.T) {
	t.Parallel()
	with := func(host string, logins ...string) *Gateway {
		b := &Backend{Name: "nas", Endpoints: []Endpoint{{Addr: at(host)}}}
		g := &Gateway{Log: slog.New(new(logBook)), Service: &Service{Mounts: []Mount{{Name: "mem", Store: store.New(store.Config{})}}}}
		for _, name := range logins {
			g.Service.Mounts = append(g.Service.Mounts, Mount{Name: name, Backend: b, As: &Login{Name: name}})
		}
		return g
	}
	table := func(s *server, login string) *back.Sessions {
		for from, t := range s.resumed {
			if from.as.Name == login {
				return t
			}
		}
		return nil
	}
	first := newServer(with("nas", "", "svc"))
	next := newServerAfter(with("nas", "svc", "new", ""), first)
	if next.lasting != first.lasting {
		t.Error("what lasts does not")
	}
	for _, login := range []string{"", "svc"} {
		if table(first, login) == nil || table(first, login) != table(next, login) {
			t.Errorf("login %q: another table", login)
		}
	}
	if table(next, "new") == nil || next.resumes(table(first, "")) != true {
		t.Error("a new login has no table")
	}
	moved := newServerAfter(with("elsewhere", ""), next)
	if table(moved, "") == table(next, "") {
		t.Error("a backend that has moved has the sessions of where it was")
	}
	same := newServerAfter(with("nas", "svc", "svc"), next)
	if len(same.resumed) != 2 || table(same, "svc") == nil {
		t.Fatalf("%d tables", len(same.resumed))
	}
	tables := map[*back.Sessions]bool{}
	for _, t := range same.resumed {
		tables[t] = true
	}
	if len(tables) != 2 {
		t.Error("two logins share a table, in which ids would be another's")
	}
}
