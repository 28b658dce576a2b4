package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/gateway/back"
	peer "github.com/smbgw/smbgw/gateway/client"
	"github.com/smbgw/smbgw/gateway/health"
	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

// A road is what addresses of servers are reached by, each in the state that it
// was put into.
type road struct {
	*mem.Network

	mu    sync.Mutex
	state map[string]string            // by host: open, closed, hole, mute
	links map[string][]*onRoad         // that go there
	mutes map[string][]transports.Conn // other ends of those that nobody answers
}

// onRoad is a connection whose death can be arranged.
type onRoad struct {
	transports.Conn
	mu    sync.Mutex
	death error
	over  bool
}

func (c *onRoad) Receive() (*transports.Message, error) {
	m, err := c.Conn.Receive()
	return m, c.reason(err)
}

func (c *onRoad) Send(m *transports.Message) error { return c.reason(c.Conn.Send(m)) }

// reason is what an end of the connection looks like.
func (c *onRoad) reason(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil && c.death != nil {
		return c.death
	}
	return err
}

func (c *onRoad) Close() error {
	c.mu.Lock()
	c.over = true
	c.mu.Unlock()
	return c.Conn.Close()
}

func (r *road) Dial(ctx context.Context, a transports.Addr) (transports.Conn, error) {
	r.mu.Lock()
	state := r.state[a.Host]
	r.mu.Unlock()
	switch state {
	case "closed":
		return nil, syscall.ECONNREFUSED
	case "hole":
		<-ctx.Done()
		return nil, ctx.Err()
	case "mute":
		near, far := r.Pipe()
		r.mu.Lock()
		r.mutes[a.Host] = append(r.mutes[a.Host], far)
		r.mu.Unlock()
		return near, nil
	}
	c, err := r.Network.Dial(ctx, a)
	if err != nil {
		return nil, err
	}
	link := &onRoad{Conn: c}
	r.mu.Lock()
	r.links[a.Host] = append(r.links[a.Host], link)
	r.mu.Unlock()
	return link, nil
}

// becomes changes the state of the road to a host, but not of connections there.
func (r *road) becomes(host, state string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state[host] = state
}

// cut ends all connections to a host, which see err.
func (r *road) cut(host string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.links[host] {
		c.mu.Lock()
		c.death = err
		c.mu.Unlock()
		c.Conn.(*mem.Conn).Break()
	}
	r.links[host] = nil
}

// live is how many connections go to a host.
func (r *road) live(host string) (n int) {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.links[host] {
		c.mu.Lock()
		if !c.over {
			n++
		}
		c.mu.Unlock()
	}
	return n
}

// A town is a gateway in front of a server that is at two addresses, first and
// second, and of another one.
//
//	client --- gateway (office: mounts data and other; blind: relays to nas)
//	              |
//	              +--- first, second: nas, with the share data
//	              +--- third: the share other
type town struct {
	*testing.T
	front *mem.Network
	road  *road
	log   *logBook
	g     *Gateway
	stop  func() error
	nas   *Backend
}

var townsmen = people{"alice"}

// inTown runs f in a bubble, in which nothing may be left at the end.
func inTown(t *testing.T, o health.Options, f func(*town)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &road{
			Network: new(mem.Network), state: map[string]string{}, links: map[string][]*onRoad{}, mutes: map[string][]transports.Conn{},
		}
		data := store.New(store.Config{Shares: []string{"data"}})
		other := store.New(store.Config{Shares: []string{"other"}})
		servers := newStage(t, townsmen.service(Mount{Name: "data", Store: data}, Mount{Name: "other", Store: other}),
			Listener{Name: "first", Endpoint: Endpoint{at("first"), r.Network}},
			Listener{Name: "second", Endpoint: Endpoint{at("second"), r.Network}},
			Listener{Name: "third", Endpoint: Endpoint{at("third"), r.Network}})
		w := &town{T: t, front: new(mem.Network), road: r, log: new(logBook)}
		w.g = w.gateway(o)
		w.nas = w.g.Listeners[1].Relay
		w.stop = running(w.g)
		synctest.Wait() // its Monitors watch, which nobody else waits for
		f(w)
		if err := w.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
		for _, far := range slices.Concat(r.mutes["first"], r.mutes["second"]) {
			far.Close()
		}
		servers.stop(t)
	})
}

// gateway is the configuration of a town, made anew.
func (w *town) gateway(o health.Options) *Gateway {
	same := &Login{Initiator: sameUser}
	nas := &Backend{Name: "nas", Endpoints: []Endpoint{{at("first"), w.road}, {at("second"), w.road}}, Health: o}
	other := &Backend{Name: "other", Endpoints: []Endpoint{{at("third"), w.road}}, Health: o}
	return &Gateway{
		Log: slog.New(w.log),
		Listeners: []Listener{
			{Name: "office", Endpoint: Endpoint{at("gw"), w.front}},
			{Name: "blind", Endpoint: Endpoint{at("blind"), w.front}, Relay: nas},
		},
		Service: townsmen.service(Mount{Name: "data", Backend: nas, As: same}, Mount{Name: "other", Backend: other, As: same}),
	}
}

// come is a client's new connection.
func (w *town) come(host string) *peer.Client {
	w.Helper()
	conn, err := w.front.Dial(w.Context(), at(host))
	if err != nil {
		w.Fatal(err)
	}
	c, err := peer.New(w.Context(), conn, back.Options{Arena: new(transports.Arena), ServerName: "gw"})
	if err != nil {
		w.Fatal(err)
	}
	return c
}

// mount connects to a share, in exactly that time.
func (w *town) mount(c *peer.Client, share string, within time.Duration) *peer.Share {
	w.Helper()
	began := time.Now()
	s, err := c.Connect(w.Context(), as("alice", "alice"), share)
	if took := time.Since(began); err != nil || took != within {
		w.Fatalf("%s: %v after %v, want it after %v", share, err, took, within)
	}
	return s
}

// lines are all lines of the log about addresses.
func (w *town) lines(want ...string) {
	w.Helper()
	synctest.Wait()
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	var got []string
	for _, e := range w.log.entries {
		if what, ok := strings.CutPrefix(e["msg"].String(), "backend address is "); ok {
			line := fmt.Sprintf("%s %s %s", e["backend"], e["address"], what)
			if what == "down" {
				line += ": " + e["reason"].String()
			}
			got = append(got, line)
		}
	}
	if !slices.Equal(got, want) {
		w.Errorf("the log has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const unanswered = "connection refused"

// Whatever is wrong with the first address, clients get to the second, one of them
// at the price of a part of the time; when the first is well again new ones go
// there, and old ones stay.
func TestFailover(t *testing.T) {
	t.Parallel()
	for state, x := range map[string]struct {
		costs  time.Duration
		reason string
	}{
		"closed": {0, unanswered},
		"hole":   {2500 * time.Millisecond, "no connection within 2.5s"},
		"mute":   {2500 * time.Millisecond, "no connection within 2.5s"},
	} {
		t.Run(state, func(t *testing.T) {
			inTown(t, health.Options{}, func(w *town) {
				w.road.becomes("first", state)
				one, two := w.come("gw"), w.come("gw")
				s := w.mount(one, "data", x.costs)
				s2 := w.mount(two, "data", 0)
				copied(w.T, s)
				time.Sleep(time.Minute)
				w.road.becomes("first", "open")
				time.Sleep(2 * health.DefaultInterval)
				three := w.come("gw")
				s3 := w.mount(three, "data", 0)
				if a, b := w.road.live("first"), w.road.live("second"); a != 1 || b != 2 {
					w.Errorf("%d connections to the first address, %d to the second", a, b)
				}
				copied(w.T, s)
				for i, c := range []*peer.Client{one, two, three} {
					[]*peer.Share{s, s2, s3}[i].Close()
					c.Close()
				}
				w.lines("nas mem!first!445 down: "+x.reason, "nas mem!first!445 up")
			})
		})
	}
}

// A relay does the same.
func TestFailoverOfRelay(t *testing.T) {
	inTown(t, health.Options{}, func(w *town) {
		w.road.becomes("first", "hole")
		for _, costs := range []time.Duration{2500 * time.Millisecond, 0} {
			began := time.Now()
			c := w.come("blind")
			if took := time.Since(began); took != costs {
				w.Errorf("it took %v, want %v", took, costs)
			}
			s := w.mount(c, "data", 0)
			copied(w.T, s)
			s.Close()
			c.Close()
		}
		synctest.Wait()
		if e := w.log.find("connection closed"); e["back"].String() != "mem!second!445" {
			w.Errorf("log: %v", e)
		}
		w.lines("nas mem!first!445 down: no connection within 2.5s")
	})
}

// A server that takes connections and says nothing costs a relay's client its
// patience, and the next one nothing.
func TestMuteRelay(t *testing.T) {
	inTown(t, health.Options{}, func(w *town) {
		w.road.becomes("first", "mute")
		conn, err := w.front.Dial(w.Context(), at("blind"))
		if err != nil {
			w.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(w.Context(), 20*time.Second)
		defer cancel()
		if _, err := peer.New(ctx, conn, back.Options{Arena: new(transports.Arena)}); !errors.Is(err, context.DeadlineExceeded) {
			w.Errorf("from nobody: %v", err)
		}
		time.Sleep(health.DefaultTimeout)
		w.lines("nas mem!first!445 down: no connection within 5s")
		c := w.come("blind")
		s := w.mount(c, "data", 0)
		s.Close()
		c.Close()
	})
}

// When all is dead everybody who wants it is told in time, and who wants something
// else notices nothing.
func TestAllAddressesDead(t *testing.T) {
	inTown(t, health.Options{Timeout: 3 * time.Second}, func(w *town) {
		w.road.becomes("first", "hole")
		w.road.becomes("second", "mute")
		c := w.come("gw")
		other := w.mount(c, "other", 0)
		var clients sync.WaitGroup
		for range 3 {
			clients.Go(func() {
				c := w.come("gw")
				defer c.Close()
				began := time.Now()
				_, err := c.Connect(w.Context(), as("alice", "alice"), "data")
				if took := time.Since(began); !errors.Is(err, smb2.StatusServerUnavailable) || took != 3*time.Second {
					w.Errorf("%v after %v", err, took)
				}
			})
		}
		time.Sleep(time.Second)
		began := time.Now()
		copied(w.T, other)
		c2 := w.come("gw")
		s2 := w.mount(c2, "other", 0)
		s2.Close()
		c2.Close()
		if time.Since(began) != 0 {
			w.Errorf("another mount waits for %v", time.Since(began))
		}
		clients.Wait()
		if down, all, err := w.g.Down(w.Context()); down != 2 || all != 3 || err != nil {
			w.Errorf("%d of %d are down, %v", down, all, err)
		}
		// Known to be dead they are tried all the same, in the same time.
		if _, err := c.Connect(w.Context(), as("alice", "alice"), "data"); !errors.Is(err, smb2.StatusServerUnavailable) {
			w.Errorf("%v", err)
		}
		w.road.becomes("second", "open")
		time.Sleep(time.Minute)
		s := w.mount(c, "data", 0)
		copied(w.T, s)
		s.Close()
		other.Close()
		c.Close()
		w.lines("nas mem!first!445 down: no connection within 1.5s", "nas mem!second!445 down: no connection within 1.5s",
			"nas mem!second!445 up")
	})
}

// A connection that dies in the middle: whoever comes back is at the next address
// at once, however the first one has died.
func TestConnectionDies(t *testing.T) {
	t.Parallel()
	for state, x := range map[string]struct {
		death  error
		reason string
	}{
		"closed": {syscall.ECONNRESET, unanswered},
		"hole":   {syscall.ETIMEDOUT, "no connection within 5s"},
		"mute":   {back.ErrSilent, "no connection within 5s"},
	} {
		t.Run(state, func(t *testing.T) {
			inTown(t, health.Options{}, func(w *town) {
				c := w.come("gw")
				s := w.mount(c, "data", 0)
				f, err := s.Create("cut")
				if err != nil {
					w.Fatal(err)
				}
				w.road.becomes("first", state)
				w.road.cut("first", x.death)
				if _, err := f.WriteAt([]byte("lost"), 0); err == nil {
					w.Error("nothing is lost")
				}
				again := w.mount(c, "data", 0)
				copied(w.T, again)
				if n := w.road.live("second"); n != 1 {
					w.Errorf("%d connections to the second address", n)
				}
				time.Sleep(health.DefaultTimeout)
				w.lines("nas mem!first!445 down: " + x.reason)
				again.Close()
				s.Close()
				c.Close()
			})
		})
	}
}

// A server that has ended a connection, and is well, keeps its clients.
func TestConnectionEnds(t *testing.T) {
	inTown(t, health.Options{}, func(w *town) {
		for _, death := range []error{syscall.ECONNRESET, syscall.ETIMEDOUT} {
			c := w.come("gw")
			s := w.mount(c, "data", 0)
			w.road.cut("first", death)
			synctest.Wait()
			again := w.mount(c, "data", 0)
			if n := w.road.live("first"); n != 1 {
				w.Errorf("%v: %d connections to the first address", death, n)
			}
			again.Close()
			s.Close()
			c.Close()
			time.Sleep(time.Minute)
		}
		w.lines()
	})
}

// A reload keeps what is known; the addresses that stay are asked anew.
func TestReloadKeepsHealth(t *testing.T) {
	inTown(t, health.Options{}, func(w *town) {
		w.road.becomes("first", "hole")
		c := w.come("gw")
		s := w.mount(c, "data", 2500*time.Millisecond)
		for range 3 {
			if err := w.g.Change(w.Context(), w.gateway(health.Options{Timeout: 4 * time.Second})); err != nil {
				w.Fatal(err)
			}
			next := w.come("gw")
			w.mount(next, "data", 0).Close()
			next.Close()
		}
		w.road.becomes("first", "open")
		time.Sleep(2 * health.DefaultInterval)
		// The client that was there before comes to the backend as it was before, and
		// that knows.
		w.road.becomes("second", "closed")
		w.road.cut("second", syscall.ECONNRESET)
		again := w.mount(c, "data", 0)
		if n := w.road.live("first"); n != 1 {
			w.Errorf("%d connections to the first address", n)
		}
		again.Close()
		s.Close()
		c.Close()
		w.lines("nas mem!first!445 down: no connection within 2.5s", "nas mem!first!445 up", "nas mem!second!445 down: "+unanswered)
	})
}
