package client

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/front"
	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
	"github.com/smbgw/smbgw/transports/transporttest"
)

// alice is the one account.
type alice struct{}

func (alice) Lookup(name string) (auth.Account, error) {
	if name != "alice" {
		return auth.Account{}, auth.ErrNoUser
	}
	return auth.Account{Name: "alice", Hash: ntlm.Hash("secret")}, nil
}

func login(password string) auth.Initiator {
	return (&ntlm.Client{User: "alice", Hash: ntlm.Hash(password)}).NewInitiator()
}

// A rig is a Client in front of a store, over memory.
type rig struct {
	*Client
	link transports.Conn
}

func newRig(t *testing.T, place uint32, o back.Options) *rig {
	t.Helper()
	transporttest.Watch(t)
	arena := new(transports.Arena)
	transporttest.Buffers(t, arena)
	network := &mem.Network{MaxReadWrite: place, Arena: arena}
	link, far := network.Pipe()
	users := &ntlm.Server{Users: alice{}, Computer: "STORE"}
	server := &front.Server{
		GUID: smb2.GUID{1}, MaxSize: 256 << 10, Arena: arena, Log: slog.New(slog.DiscardHandler),
		NewAcceptor: func(net.Addr) auth.Acceptor { return users.NewAcceptor() },
	}
	memory := store.New(store.Config{Shares: []string{"data"}, Arena: arena})
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(t.Context(), far, memory) })
	t.Cleanup(serving.Wait)
	o.Arena, o.ServerName = arena, "store"
	c, err := New(t.Context(), link, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return &rig{c, link}
}

func (r *rig) connect(t *testing.T) *Share {
	t.Helper()
	s, err := r.Connect(t.Context(), login("secret"), "data")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What was sent comes back, in messages and by RDMA, in the clear, signed and
// sealed, and so does what is no whole number of requests.
func TestTransfers(t *testing.T) {
	t.Parallel()
	const size = 1<<20 + 4096 + 17
	for _, c := range []struct {
		name   string
		place  uint32
		o      back.Options
		placed bool
	}{
		{"messages", 0, back.Options{}, false},
		{"placed", 1 << 20, back.Options{}, true},
		{"signed", 1 << 20, back.Options{Sign: true}, false},
		{"sealed", 0, back.Options{Encrypt: true}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.place, c.o)
			s := r.connect(t)
			if s.Signs() != c.o.Sign || s.Seals() != c.o.Encrypt {
				t.Errorf("signs %v, seals %v", s.Signs(), s.Seals())
			}
			f, err := s.Create(`copy`)
			if err != nil {
				t.Fatal(err)
			}
			p := NewPattern(7)
			if err := f.Upload(size, p.Fill); err != nil {
				t.Errorf("upload: %v", err)
			}
			if err := f.Download(size, p.Check); err != nil {
				t.Errorf("download: %v", err)
			}
			if err := f.Download(size, NewPattern(8).Check); err == nil {
				t.Error("another pattern is taken for this one")
			}
			if err := f.Download(size+1, p.Check); err == nil || !strings.Contains(err.Error(), "were read") {
				t.Errorf("beyond the end: %v", err)
			}
			n := r.Counts()
			if got := n.PlacedReads > 0 && n.PlacedWrites > 0; got != c.placed {
				t.Errorf("counts %+v", n)
			}
			if err := errors.Join(f.Close(), s.Close()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestReadWriteAt(t *testing.T) {
	t.Parallel()
	s := newRig(t, 0, back.Options{}).connect(t)
	f, err := s.Create("x")
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Repeat([]byte("smb"), 150_000) // two requests
	if n, err := f.WriteAt(want, 5); n != len(want) || err != nil {
		t.Fatalf("wrote %d, %v", n, err)
	}
	got := make([]byte, len(want)+9)
	n, err := f.ReadAt(got, 5)
	if n != len(want) || err != io.EOF || !bytes.Equal(got[:n], want) {
		t.Errorf("read %d, %v", n, err)
	}
	if n, err := f.ReadAt(got[:3], 6); n != 3 || err != nil || string(got[:3]) != "mbs" {
		t.Errorf("read %q, %v", got[:n], err)
	}
	again, err := s.Open("X")
	if err != nil || again.Size != int64(len(want))+5 {
		t.Errorf("opened again: %+v, %v", again, err)
	}
	f.Close()
	again.Close()
	s.Close()
}

// What the server refuses is a status, and a connection that is over fails
// everything.
func TestFailures(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0, back.Options{})
	if _, err := r.Connect(t.Context(), login("wrong"), "data"); !errors.Is(err, smb2.StatusLogonFailure) {
		t.Errorf("wrong password: %v", err)
	}
	if _, err := r.Connect(t.Context(), login("secret"), "nothing"); !errors.Is(err, smb2.StatusBadNetworkName) {
		t.Errorf("unknown share: %v", err)
	}
	s := r.connect(t)
	if _, err := s.Open("missing"); !errors.Is(err, smb2.StatusObjectNameNotFound) {
		t.Errorf("missing file: %v", err)
	}
	closed, err := s.Create("closed")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	if err := closed.Upload(1<<20, NewPattern(1).Fill); !errors.Is(err, smb2.StatusFileClosed) {
		t.Errorf("closed file: %v", err)
	}
	f, err := s.Create("cut")
	if err != nil {
		t.Fatal(err)
	}
	r.link.(*mem.Conn).Break()
	if err := f.Upload(1<<20, NewPattern(1).Fill); err == nil {
		t.Error("a broken connection took an upload")
	}
	if r.Err() == nil {
		t.Error("the connection is over without a reason")
	}
	s.Close()
}
