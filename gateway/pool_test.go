package gateway

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/gateway/back"
	peer "github.com/smbgw/smbgw/gateway/client"
	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

// pool is that of the house's mount shared.
func (h *house) pool() *back.Pool {
	h.t.Helper()
	for b, p := range h.gw.pools {
		if b.Name == "few" {
			return p
		}
	}
	h.t.Fatal("no pool")
	return nil
}

// Clients whose connections are shared have all of what they write, whatever
// protects their own leg, and it crosses the other one by RDMA.
func TestShared(t *testing.T) {
	t.Parallel()
	for protection, o := range map[string]back.Options{"clear": {}, "signed": {Sign: true}, "sealed": {Encrypt: true}} {
		for _, leg := range []string{"plain", "direct"} {
			t.Run(leg+"/"+protection, func(t *testing.T) {
				t.Parallel()
				h := newHouse(t, Terms{})
				c := h.client(h.dial(leg), o)
				for _, mount := range []string{"shared", "svc"} {
					s := h.connect(c, "alice", mount)
					copied(t, s)
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				}
				c.Close()
				eventually(t, "nobody is logged in", func() bool { return h.nas.sessions.Len() == 0 })
				n := h.pool().Counts()
				if n.PlacedReads != 2*placedByCopy || n.PlacedWrites != 2*placedByCopy {
					t.Errorf("counted %+v", n)
				}
				eventually(t, "the client's line", func() bool { return h.gw.log.find("connection closed") != nil })
			})
		}
	}
}

// Two users on one connection to the backend are two there: what one has open does
// not exist for the other.
func TestSharedApart(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Terms{})
	h.pool().Size = 1
	hers := h.connect(h.client(h.dial("plain"), back.Options{}), "alice", "shared")
	f, err := hers.OpenAs("hers", alone)
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"bob", "alice"} {
		his := h.connect(h.client(h.dial("plain"), back.Options{}), user, "shared")
		for command, body := range borrowed(f.ID) {
			if m, err := his.Do(command, body); !errors.Is(err, smb2.StatusFileClosed) {
				t.Errorf("%s: %v of her file: %v, %v", user, command, m, err)
			}
		}
		if _, err := his.OpenAs("hers", alone); !errors.Is(err, smb2.StatusSharingViolation) {
			t.Errorf("%s: opened twice: %v", user, err)
		}
		his.Close()
	}
	if n, err := f.WriteAt([]byte("private"), 0); n != 7 || err != nil {
		t.Errorf("she writes %d, %v", n, err)
	}
	if n, s := h.pool().Load(); n != 1 || s != 1 {
		t.Errorf("%d connections, %d sessions", n, s)
	}
}

// A client that asks for much and reads nothing of it holds up nobody, and when it
// is gone nothing of it is left.
func TestSharedDeaf(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Terms{})
	h.pool().Size = 1
	good := h.connect(h.client(h.dial("plain"), back.Options{}), "alice", "shared")
	big, err := good.Create("big")
	if err != nil {
		t.Fatal(err)
	}
	p := peer.NewPattern(1)
	if err := big.Upload(16<<20, p.Fill); err != nil {
		t.Fatal(err)
	}
	deaf := make(chan struct{})
	wire := &mute{Conn: h.dial("plain"), deaf: deaf, over: make(chan struct{})}
	c := h.client(wire, back.Options{})
	s := h.connect(c, "bob", "shared")
	f, err := s.Open("big")
	if err != nil {
		t.Fatal(err)
	}
	close(deaf)
	go func() { f.Download(16<<20, p.Check) }()
	for range 30 {
		go func() { f.ReadAt(make([]byte, 4<<20), 0) }()
	}
	time.Sleep(50 * time.Millisecond)
	for range 3 {
		copied(t, good)
	}
	close(wire.over)
	c.Hangup()
	eventually(t, "one is logged in", func() bool { return h.nas.sessions.Len() == 1 })
	copied(t, good)
	big.Close()
	good.Close()
	if n, s := h.pool().Load(); n != 1 || s != 0 {
		t.Errorf("%d connections, %d sessions", n, s)
	}
}

// A mute hears nothing from some time on.
type mute struct {
	transports.Conn
	deaf, over chan struct{}
}

func (m *mute) Receive() (*transports.Message, error) {
	select {
	case <-m.deaf:
		<-m.over
	default:
	}
	return m.Conn.Receive()
}

// When a shared connection's backend dies all clients are told, and when it is back
// they are served.
func TestSharedBackendDies(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Terms{})
	var list []*peer.Share
	for range 20 {
		list = append(list, h.connect(h.client(h.dial("plain"), back.Options{}), "alice", "shared"))
	}
	h.nas.stop(t)
	for _, s := range list {
		if _, err := s.Create("gone"); !errors.Is(err, smb2.StatusConnectionDisconnected) && !errors.Is(err, smb2.StatusNetworkNameDeleted) {
			t.Errorf("create: %v", err)
		}
		s.Close()
	}
	h.serve()
	s := h.connect(h.client(h.dial("plain"), back.Options{}), "alice", "shared")
	copied(t, s)
	s.Close()
}

// Two thousand clients over TCP have eight connections to the backend, over SMB
// Direct, all of them at once, and each reads what it wrote.
func TestCrowd(t *testing.T) {
	h := newHouse(t, Terms{})
	clients := make([]*member, crowd)
	all := func(what string, f func(i int, m *member) error) {
		t.Helper()
		began := time.Now()
		var wg sync.WaitGroup
		turns := make(chan struct{}, 64) // all at once would overflow the listen queue
		for i := range clients {
			turns <- struct{}{}
			wg.Go(func() {
				defer func() { <-turns }()
				if err := f(i, clients[i]); err != nil {
					t.Errorf("client %d: %s: %v", i, what, err)
				}
			})
		}
		wg.Wait()
		t.Logf("%s: %v", what, time.Since(began).Round(time.Millisecond))
	}
	all("come", func(i int, _ *member) (err error) {
		clients[i], err = h.member([]string{"alice", "bob", "svc"}[i%3], "shared", fmt.Sprintf("file%d", i))
		return err
	})
	if t.Failed() {
		return
	}
	if n, s := h.pool().Load(); n != 8 || s != crowd {
		t.Errorf("%d connections with %d sessions", n, s)
	}
	all("write", func(i int, m *member) error { return m.write(i) })
	all("read", func(i int, m *member) error { return m.read(i) })
	all("go", func(i int, m *member) error {
		if i%2 == 0 {
			m.client.Hangup()
			return nil
		}
		m.client.Close()
		return nil
	})
	eventually(t, "nobody is logged in", func() bool { return h.nas.sessions.Len() == 0 })
	eventually(t, "all seats are free", func() bool { _, s := h.pool().Load(); return s == 0 })
	if n, _ := h.pool().Load(); n != 8 {
		t.Errorf("%d connections are left", n)
	}
	if n := h.pool().Counts(); n.PlacedReads != crowd || n.PlacedWrites != crowd {
		t.Errorf("counted %+v", n)
	}
}

// A member is one of many clients, with a file of its own.
type member struct {
	client *peer.Client
	share  *peer.Share
	file   *peer.File
}

func (h *house) member(user, mount, file string) (*member, error) {
	conn, err := h.tcp.Dial(h.t.Context(), h.gw.addrs["plain"])
	if err != nil {
		return nil, err
	}
	m := new(member)
	if m.client, err = peer.New(h.t.Context(), conn, back.Options{Arena: h.arena, ServerName: "gw"}); err != nil {
		return nil, err
	}
	if m.share, err = m.client.Connect(h.t.Context(), as(user, user), mount); err != nil {
		return nil, err
	}
	m.file, err = m.share.Create(file)
	return m, err
}

const memberBytes = 20 << 10

func (m *member) write(i int) error {
	b := make([]byte, memberBytes)
	peer.NewPattern(uint64(i)).Fill(b, 0)
	_, err := m.file.WriteAt(b, 0)
	return err
}

func (m *member) read(i int) error {
	b := make([]byte, memberBytes)
	if n, err := m.file.ReadAt(b, 0); n != len(b) || err != nil {
		return fmt.Errorf("%d bytes: %w", n, err)
	}
	return peer.NewPattern(uint64(i)).Check(b, 0)
}

// A Gateway's pool is one for a backend as long as it stays the same, outlives its
// clients, and ends with Run.
func TestChangePool(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		outside, inside := new(mem.Network), new(mem.Network)
		known := people{"alice", "bob"}
		office := []Listener{{Name: "office", Endpoint: Endpoint{at("gw"), outside}}}
		nas := &Gateway{
			Log:       slog.New(slog.DiscardHandler),
			Service:   known.service(Mount{Name: "data", Store: store.New(store.Config{Shares: []string{"data"}})}),
			Listeners: []Listener{{Name: "in", Endpoint: Endpoint{at("nas"), inside}}},
		}
		stopNAS := running(nas)
		with := func(threshold uint32) *Gateway {
			b := &Backend{Name: "few", Threshold: threshold, Shared: &Sharing{Connections: 1}, Endpoints: []Endpoint{{at("nas"), inside}}}
			return &Gateway{Log: slog.New(slog.DiscardHandler), Listeners: office,
				Service: known.service(Mount{Name: "data", Backend: b, As: &Login{Initiator: sameUser}})}
		}
		served := func(want int64) {
			t.Helper()
			synctest.Wait()
			if n, err := nas.Check(t.Context()); n != want || err != nil {
				t.Errorf("%d connections to the backend, %v; want %d", n, err, want)
			}
		}
		arena := new(transports.Arena)
		come := func(user string) (*peer.Client, *peer.Share) {
			t.Helper()
			conn, err := outside.Dial(t.Context(), at("gw"))
			if err != nil {
				t.Fatal(err)
			}
			c, err := peer.New(t.Context(), conn, back.Options{Arena: arena, ServerName: "gw"})
			if err != nil {
				t.Fatal(err)
			}
			s, err := c.Connect(t.Context(), as(user, user), "data")
			if err != nil {
				t.Fatal(err)
			}
			return c, s
		}
		g := with(0)
		stop := running(g)
		first, share := come("alice")
		served(1)
		change := func(threshold uint32) {
			t.Helper()
			if err := g.Change(t.Context(), with(threshold)); err != nil {
				t.Fatal(err)
			}
		}
		change(0)
		second, _ := come("bob")
		served(1)
		change(8192)
		third, _ := come("bob")
		served(2)
		copied(t, share)
		first.Close()
		served(2)
		second.Close()
		served(1) // the pool of before ends with its last session
		third.Close()
		served(1)
		if err := stop(); err != nil {
			t.Error(err)
		}
		served(0)
		if err := stopNAS(); err != nil {
			t.Error(err)
		}
	})
}
