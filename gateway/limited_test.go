package gateway

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/gateway/back"
	peer "github.com/smbgw/smbgw/gateway/client"
	"github.com/smbgw/smbgw/gateway/limit"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// every sort of subject, as alice from this machine at the mount "plain" is one.
var everySort = []limit.Subject{
	{Per: limit.Listener, Name: "plain"},
	{Per: limit.Address, Name: "127.0.0.1"},
	{Per: limit.User, Name: "ALICE"},
	{Per: limit.Mount, Name: "PLAIN"},
}

// A limitedHouse is a house of which one subject has a limit, and its log one line
// about that.
type limitedHouse struct {
	*house
	subject limit.Subject
	kind    limit.Kind
}

// forEachSort runs f for each sort of subject with a limit.
func forEachSort(t *testing.T, k limit.Kind, n int64, f func(h *limitedHouse), without ...limit.Per) {
	t.Parallel()
	for _, s := range everySort {
		if slices.Contains(without, s.Per) {
			continue
		}
		t.Run(s.Per.String(), func(t *testing.T) {
			t.Parallel()
			h := &limitedHouse{newHouse(t, Terms{}), s, k}
			var l limit.Limits
			l[k] = n
			h.gw.limits.Change(limit.Rules{{Per: s.Per, Only: []string{s.Name}, Limits: l}})
			f(h)
			h.gone()
			h.logged(n)
		})
	}
}

// gone looks for what is left when everybody has gone.
func (h *limitedHouse) gone() {
	h.t.Helper()
	h.gw.stop(h.t)
	for _, s := range h.gw.limits.Subjects() {
		if had := h.gw.limits.Has(s); had != (limit.Limits{}) {
			h.t.Errorf("%v %s still has %v", s.Per, s.Name, had)
		}
	}
}

// logged wants one line about the limit, and none about others.
func (h *limitedHouse) logged(most int64) {
	h.t.Helper()
	h.gw.log.mu.Lock()
	defer h.gw.log.mu.Unlock()
	var lines []string
	for _, e := range h.gw.log.entries {
		if e["msg"].String() == "limit is reached" {
			lines = append(lines, fmt.Sprint(e[h.subject.Per.String()], " ", e["limit"], " ", e["most"]))
		}
	}
	if want := fmt.Sprint(h.subject.Name, " ", h.kind, " ", most); len(lines) != 1 || lines[0] != want {
		h.t.Errorf("the log says %q, want once %q", lines, want)
	}
}

// refused wants a status.
func refused(t testing.TB, err error, want smb2.Status) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}

// dialled is a client that may not get far.
func (h *limitedHouse) dialled() (*peer.Client, error) {
	return peer.New(h.t.Context(), h.dial("plain"), back.Options{Arena: h.arena, ServerName: "gw"})
}

// A connection too many is told so: at once, or when it is known whose it is. Others
// are not concerned, and when one has gone there is room.
func TestConnectionLimit(t *testing.T) {
	forEachSort(t, limit.Connections, 2, func(h *limitedHouse) {
		var last *peer.Client
		for range 2 {
			last = h.client(h.dial("plain"), back.Options{})
			h.connect(last, "alice", "plain")
		}
		for range 3 {
			c, err := h.dialled()
			if err == nil {
				_, err = c.Connect(h.t.Context(), as("alice", "alice"), "plain")
				c.Close()
			}
			refused(h.t, err, smb2.StatusRequestNotAccepted)
		}
		other := h.client(h.dial("direct"), back.Options{})
		if h.subject.Per != limit.Address {
			h.connect(other, "bob", "here")
		}
		other.Close()
		last.Close()
		h.patiently(func() error {
			c, err := h.dialled()
			if err != nil {
				return err
			}
			defer c.Close()
			_, err = c.Connect(h.t.Context(), as("alice", "alice"), "plain")
			return err
		})
	}, limit.Address) // whose clients are all from here
}

// patiently tries something until it works: what a client has closed the gateway
// hears a moment later.
func (h *limitedHouse) patiently(f func() error) {
	h.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			h.t.Fatal(err)
		}
	}
}

// A session too many, or of a mount a tree, is refused, and with the connection
// nothing is wrong.
func TestSessionLimit(t *testing.T) {
	forEachSort(t, limit.Sessions, 2, func(h *limitedHouse) {
		c := h.client(h.dial("plain"), back.Options{})
		first := h.connect(c, "alice", "plain")
		h.connect(c, "alice", "plain")
		for range 3 {
			_, err := c.Connect(h.t.Context(), as("alice", "alice"), "plain")
			refused(h.t, err, smb2.StatusRequestNotAccepted)
		}
		if err := first.Close(); err != nil {
			h.t.Error(err)
		}
		copied(h.t, h.connect(c, "alice", "plain"))
		c.Close()
	})
}

// An open too many is refused, and one that has been closed, or that there never
// was, does not count.
func TestOpenLimit(t *testing.T) {
	forEachSort(t, limit.Opens, 2, func(h *limitedHouse) {
		c := h.client(h.dial("plain"), back.Options{})
		s := h.connect(c, "alice", "plain")
		for range 5 {
			_, err := s.Open("is not there")
			refused(h.t, err, smb2.StatusObjectNameNotFound)
		}
		f, err := s.Create("a")
		if err != nil {
			h.t.Fatal(err)
		}
		if _, err := s.Create("b"); err != nil {
			h.t.Fatal(err)
		}
		for range 3 {
			_, err := s.Create("c")
			refused(h.t, err, smb2.StatusTooManyOpenedFiles)
		}
		for range 5 {
			if err := f.Close(); err != nil {
				h.t.Fatal(err)
			}
			if err := f.Close(); err == nil {
				h.t.Fatal("closed twice")
			}
			if f, err = s.Create("c"); err != nil {
				h.t.Fatal(err)
			}
		}
		if h.subject.Per == limit.Mount {
			if _, err := h.connect(c, "alice", "here").Create("d"); err != nil {
				h.t.Errorf("at another mount: %v", err)
			}
		}
		c.Hangup() // with two of them open
		c.Close()
	})
}

// Where there is no memory to expose, data goes in messages.
func TestMemoryLimit(t *testing.T) {
	forEachSort(t, limit.Memory, DefaultThreshold, func(h *limitedHouse) {
		c := h.client(h.dial("plain"), back.Options{})
		copied(h.t, h.connect(c, "alice", "direct"))
		c.Close()
		h.gw.stop(h.t)
		if n := h.gw.moved(h.t); n.PlacedReads+n.PlacedWrites != 0 || n.Inline["no_room"] != 2*placedByCopy {
			h.t.Errorf("%+v", n)
		}
	}, limit.Mount)
}

// A mount's memory is what its own trees have exposed.
func TestMountMemoryLimit(t *testing.T) {
	t.Parallel()
	for mount, room := range map[string]bool{"DIRECT": false, "PLAIN": true} {
		t.Run(mount, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, Terms{})
			h.gw.limits.Change(limit.Rules{{Per: limit.Mount, Only: []string{mount}, Limits: limit.Limits{limit.Memory: DefaultThreshold}}})
			c := h.client(h.dial("plain"), back.Options{})
			one, other := h.connect(c, "alice", "direct"), h.connect(c, "alice", "direct")
			other.Close() // the mount's account stays with the tree that does
			copied(t, one)
			one.Close()
			c.Close()
			h.gw.stop(t)
			n := h.gw.moved(t)
			if placed := n.PlacedReads+n.PlacedWrites == 2*placedByCopy; placed != room || placed == (n.Inline["no_room"] == 2*placedByCopy) {
				t.Errorf("%+v", n)
			}
			if s := (limit.Subject{Per: limit.Mount, Name: mount}); h.gw.limits.Has(s) != (limit.Limits{}) {
				t.Errorf("%v is left", h.gw.limits.Has(s))
			}
		})
	}
}

// What is to be paced comes through whole, and takes its time.
func TestPaced(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind  limit.Kind
		most  int64
		least time.Duration // that a copy takes
	}{
		{limit.BytesPerSecond, 4 << 20, 100 * time.Millisecond},
		{limit.RequestsPerSecond, 50, 0},
		{limit.Requests, 1, 0},
		{limit.Bytes, 1 << 20, 0},
	} {
		t.Run(c.kind.String(), func(t *testing.T) {
			forEachSort(t, c.kind, c.most, func(h *limitedHouse) {
				client := h.client(h.dial("plain"), back.Options{})
				s := h.connect(client, "alice", "plain")
				began := time.Now()
				copied(h.t, s)
				if d := time.Since(began); d < c.least {
					h.t.Errorf("it takes %v, want %v at least", d, c.least)
				}
				if c.kind == limit.RequestsPerSecond {
					began := time.Now()
					for range 20 {
						s.Open("is not there")
					}
					if d := time.Since(began); d < 100*time.Millisecond {
						h.t.Errorf("twenty requests take %v", d)
					}
				}
				if err := s.Close(); err != nil {
					h.t.Error(err)
				}
				client.Close()
			})
		})
	}
}

// A client that is cut off while it waits leaves nothing behind.
func TestCutWhilePaced(t *testing.T) {
	forEachSort(t, limit.BytesPerSecond, 1<<10, func(h *limitedHouse) {
		c := h.client(h.dial("plain"), back.Options{})
		s := h.connect(c, "alice", "plain")
		f, err := s.Create("slow")
		if err != nil {
			h.t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- f.Upload(32<<20, func([]byte, int64) {}) }()
		for h.gw.log.find("limit is reached") == nil {
			time.Sleep(time.Millisecond)
		}
		c.Hangup()
		if err := <-done; err == nil {
			h.t.Error("32 MiB at 1 KiB/s have passed")
		}
		c.Close()
	})
}

// A relay's connections are counted and its bytes are paced like others'.
func TestRelayLimits(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Terms{})
	listeners := h.listeners(Terms{})
	for i := range listeners {
		listeners[i].Relay = h.backend("plain") // which a message relay and a converter lead to
	}
	relay := newStage(t, nil, listeners...)
	relay.limits.Change(limit.Rules{{Per: limit.Listener, Limits: limit.Limits{limit.Connections: 1, limit.BytesPerSecond: 4 << 20}}})
	for _, l := range listeners {
		dial := func() (*peer.Client, error) {
			conn, err := h.network(l.Name).Dial(t.Context(), relay.addrs[l.Name])
			if err != nil {
				t.Fatal(err)
			}
			return peer.New(t.Context(), conn, back.Options{Arena: h.arena, ServerName: "gw"})
		}
		c, err := dial()
		if err != nil {
			t.Fatal(err)
		}
		_, err = dial()
		refused(t, err, smb2.StatusRequestNotAccepted)
		began := time.Now()
		copied(t, h.connect(c, "alice", "data"))
		if d := time.Since(began); d < 100*time.Millisecond {
			t.Errorf("%s: the copy takes %v", l.Name, d)
		}
		c.Close()
	}
	relay.stop(t)
	var lines []string
	for _, e := range relay.log.entries {
		if e["msg"].String() == "limit is reached" {
			lines = append(lines, e["listener"].String()+" "+e["limit"].String())
		}
	}
	slices.Sort(lines)
	if got := strings.Join(lines, ", "); got != "direct bytes_per_second, direct connections, plain bytes_per_second, plain connections" {
		t.Errorf("the log says %s", got)
	}
	for _, s := range relay.limits.Subjects() {
		if had := relay.limits.Has(s); had != (limit.Limits{}) {
			t.Errorf("%v still has %v", s, had)
		}
	}
}

// All clients of this machine are one address.
func TestAddressLimit(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Terms{})
	h.gw.limits.Change(limit.Rules{{Per: limit.Address, Limits: limit.Limits{limit.Connections: 1}}})
	c := h.client(h.dial("plain"), back.Options{})
	h.connect(c, "alice", "plain")
	for _, listener := range []string{"plain", "direct"} {
		_, err := peer.New(t.Context(), h.dial(listener), back.Options{Arena: h.arena, ServerName: "gw"})
		refused(t, err, smb2.StatusRequestNotAccepted)
	}
	c.Close()
	h.gw.stop(t)
	if left := h.gw.limits.Subjects(); len(left) != 0 {
		t.Errorf("%v are left", left)
	}
}

// Another configuration's limits hold for who is there already, and he counts.
func TestLimitsChange(t *testing.T) {
	t.Parallel()
	onStreet(t, func(s *street) []Listener { return []Listener{s.relay("a", "a", s.one)} }, func(s *street) {
		first, second := s.dial("a"), s.dial("a")
		one := limit.Rules{{Per: limit.Listener, Limits: limit.Limits{limit.Connections: 1}}}
		err := s.g.Change(s.t.Context(), &Gateway{Log: s.g.Log, Limits: one, Listeners: []Listener{s.relay("a", "a", s.one)}})
		if err != nil {
			t.Fatal(err)
		}
		refused := func() bool {
			c, err := s.front.Dial(s.t.Context(), at("a"))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.Send(new(transports.Arena).New(13)) // no SMB at all
			m, err := c.Receive()
			if err == nil {
				m.Release()
			}
			return err != nil
		}
		if !refused() {
			t.Error("a third is let in")
		}
		ask(t, first, "still here")
		first.Close()
		synctest.Wait()
		if !refused() {
			t.Error("a second is let in")
		}
		second.Close()
		synctest.Wait()
		if refused() {
			t.Error("the only one is refused")
		}
	})
}

// While bob is busy, what alice has under way is her share and the message that came
// with it, however deep her queue is; alone she has all that she asks for.
func TestShareOfConnection(t *testing.T) {
	t.Parallel()
	const share, unit = 1 << 20, 256 << 10
	h := newHouse(t, Terms{})
	h.gw.limits.Share(share)
	hers := h.connect(h.client(h.dial("plain"), back.Options{}), "alice", "plain")
	hers.Unit, hers.Depth = unit, 32
	f, err := hers.Create("large")
	if err != nil {
		t.Fatal(err)
	}
	p := peer.NewPattern(2)
	most := func() (n int64) { // that she has while she copies
		t.Helper()
		done := make(chan error, 1)
		go func() { done <- errors.Join(f.Upload(64<<20, p.Fill), f.Download(64<<20, p.Check)) }()
		for {
			select {
			case err := <-done:
				if err != nil {
					t.Error(err)
				}
				return n
			default:
				n = max(n, h.gw.limits.Has(everySort[2])[limit.Bytes])
				time.Sleep(50 * time.Microsecond)
			}
		}
	}
	if n := most(); n < 2*share {
		t.Errorf("alone she has no more than %d under way", n)
	}
	his := h.connect(h.client(h.dial("plain"), back.Options{}), "bob", "here")
	stop, stopped := make(chan struct{}), make(chan struct{})
	his.Open("is not there")
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				his.Open("is not there")
			}
		}
	}()
	if n := most(); n > share+unit+1000 {
		t.Errorf("beside bob she has %d under way", n)
	}
	close(stop)
	<-stopped
}
