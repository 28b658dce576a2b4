package gateway

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

// A deadNetwork reaches nobody.
type deadNetwork struct{ *mem.Network }

func (deadNetwork) Dial(context.Context, transports.Addr) (transports.Conn, error) {
	return nil, net.ErrClosed
}

// The mount table: names in any case, a store, a backend that is away, and names
// that are no mounts.
func TestSpace(t *testing.T) {
	t.Parallel()
	away := &Backend{Name: "away", Endpoints: []Endpoint{{
		Addr:    transports.Addr{Network: "mem", Host: "nas", Service: "445"},
		Network: deadNetwork{new(mem.Network)},
	}}}
	g := &Gateway{
		Log: slog.New(slog.DiscardHandler),
		Service: &Service{Mounts: []Mount{
			{Name: "Données", Store: store.New(store.Config{Shares: []string{"data"}}), Share: "data"},
			{Name: "sealed", Store: store.New(store.Config{Shares: []string{"sealed"}}), Encrypt: true},
			{Name: "away", Backend: away, As: &Login{Initiator: func(*tree.Client) (auth.Initiator, error) {
				return nil, errors.New("unused")
			}}},
		}},
	}
	srv := newServer(g)
	arrivals := 0
	s := &space{server: srv, log: g.Log, arrived: func() { arrivals++ }}
	client := &tree.Client{SessionID: 7}
	for _, c := range []struct {
		name string
		want error
		flag smb2.ShareFlags
	}{
		{"Données", nil, 0},
		{"DONNÉES", nil, 0},
		{"sealed", nil, smb2.ShareEncrypt},
		{"data", smb2.StatusBadNetworkName, 0},
		{"", smb2.StatusBadNetworkName, 0},
		{"away", smb2.StatusServerUnavailable, 0},
	} {
		share, err := s.Connect(t.Context(), client, c.name)
		if !errors.Is(err, c.want) {
			t.Errorf("%q: %v, want %v", c.name, err, c.want)
		}
		if err != nil {
			continue
		}
		if share.Flags&smb2.ShareEncrypt != c.flag {
			t.Errorf("%q: flags %#x", c.name, share.Flags)
		}
		share.Server.Close()
	}
	if share, err := s.Connect(t.Context(), client, "ipc$"); err != nil || share.Type != smb2.SharePipe {
		t.Errorf("IPC$: %+v, %v", share, err)
	} else {
		share.Server.Close()
	}
	if arrivals == 0 {
		t.Error("the client is still in the lobby")
	}
	s.Abandon(client)
	s.Close()
}

// Clients are told where else the gateway is, but not those who come from
// outside; IPC$ lists the mounts.
func TestFronts(t *testing.T) {
	t.Parallel()
	g := &Gateway{
		Log: slog.New(slog.DiscardHandler),
		Listeners: []Listener{
			{Name: "inside"},
			{Name: "outside", Terms: Terms{Secure: true}},
			{Name: "blind", Relay: new(Backend)},
		},
		Service: &Service{
			Interfaces: func(string) []smb2.NetworkInterface { return nil },
			Mounts:     []Mount{{Name: "data", Comment: "of all"}},
		},
	}
	s := newServer(g)
	inside, outside := s.front[&g.Listeners[0]], s.front[&g.Listeners[1]]
	if len(s.front) != 2 || inside.Interfaces == nil || outside.Interfaces != nil || !outside.Secure || inside.Secure {
		t.Errorf("%d fronts; inside %+v, outside %+v", len(s.front), inside, outside)
	}
	if inside.Sessions != outside.Sessions {
		t.Error("a client that comes back through another listener does not find its session")
	}
	if list := g.Service.listed(view{}, new(tree.Client), all); len(list) != 1 || list[0].Name != "data" || list[0].Comment != "of all" {
		t.Errorf("IPC$ lists %+v", list)
	}
}

// What a backend says of DFS and clusters stays behind the gateway.
func TestSeen(t *testing.T) {
	t.Parallel()
	got, _ := new(Mount).seen(&tree.Share{
		Flags:        smb2.ShareDFS | smb2.ShareDFSRoot | smb2.ShareNoCaching,
		Capabilities: smb2.ShareCapDFS | smb2.ShareCapCluster | smb2.ShareCapScaleOut | smb2.ShareCapContinuousAvailability,
	}, nil)
	if got.Flags != smb2.ShareNoCaching || got.Capabilities != smb2.ShareCapContinuousAvailability {
		t.Errorf("flags %#x, capabilities %#x", got.Flags, got.Capabilities)
	}
}
