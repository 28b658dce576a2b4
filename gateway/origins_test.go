package gateway

import (
	"errors"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// The first source that is for the client and can be reached is the one, and what
// it says is the answer.
func TestSources(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Terms{})
	login := &Login{Initiator: sameUser}
	wrong := &Login{Initiator: func(*tree.Client) (auth.Initiator, error) { return as("svc", "not his word"), nil }, Name: "wrong"}
	away := Origin{Backend: h.backend("away"), As: login, Share: "data"}
	plain := Origin{Backend: h.backend("plain"), As: login, Share: "data"}
	direct := Origin{Backend: h.backend("direct"), As: login, Share: "data"}
	missing := Origin{Backend: plain.Backend, As: login, Share: "missing"}
	denied := Origin{Backend: direct.Backend, As: wrong, Share: "data"}
	bobs := plain
	bobs.For = func(who auth.Identity) bool { return who.User == "bob" }
	inside := plain
	inside.Listeners = []string{"direct"}
	memory := Origin{Store: h.memory, Share: "data"}
	mounts := []struct {
		name    string
		sources []Origin
		backend string // what alice gets by the listener plain
		status  smb2.Status
	}{
		{"one", []Origin{plain}, "plain", 0},
		{"failover", []Origin{away, plain, direct}, "plain", 0},
		{"all away", []Origin{away, away}, "", smb2.StatusServerUnavailable},
		{"no such share", []Origin{missing, direct}, "", smb2.StatusBadNetworkName},
		{"denied", []Origin{denied, plain}, "", smb2.StatusAccessDenied},
		{"by user", []Origin{bobs, direct}, "direct", 0},
		{"by listener", []Origin{inside, direct}, "direct", 0},
		{"nobody's", []Origin{bobs, inside}, "", smb2.StatusAccessDenied},
		{"hers are away", []Origin{bobs, away}, "", smb2.StatusServerUnavailable},
		{"memory", []Origin{away, memory}, "", 0},
	}
	var list []Mount
	for _, m := range mounts {
		list = append(list, Mount{Name: m.name, Origins: m.sources})
	}
	h.gw = newStage(t, h.known.service(list...), h.listeners(Terms{})...)
	for _, m := range mounts {
		c := h.client(h.dial("plain"), back.Options{})
		s, err := c.Connect(t.Context(), as("alice", "alice"), m.name)
		if !errors.Is(err, m.status) && (err != nil || m.status != 0) {
			t.Errorf("%s: %v, want %v", m.name, err, m.status)
		}
		if err == nil {
			copied(t, s)
			s.Close()
		}
		c.Close()
		if m.backend == "" {
			continue
		}
		eventually(t, m.name+" is in the log", func() bool {
			e := h.gw.log.find("connection closed")
			return e["back."+m.backend].Any() != nil || strings.Contains(e["back"].String(), m.backend)
		})
	}

	// The list has what alice can connect to, and nobody's is not that.
	from := view{listener: &Listener{Name: "plain"}}
	for user, want := range map[string]int{"alice": len(mounts) - 1, "bob": len(mounts)} {
		if got := h.gw.service.listed(from, &tree.Client{User: auth.Identity{User: user}}, all); len(got) != want {
			t.Errorf("%s is told of %d mounts, want %d", user, len(got), want)
		}
	}
}

// A client that is cut off from its source gets the next one when it connects
// again, and the first one when that is there again.
func TestSourceLost(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Terms{})
	login := &Login{Initiator: sameUser}
	h.gw = newStage(t, h.known.service(Mount{Name: "data", Origins: []Origin{
		{Backend: h.backend("plain"), As: login}, {Store: h.memory},
	}}), h.listeners(Terms{})...)
	c := h.client(h.dial("plain"), back.Options{})
	copied(t, h.connect(c, "alice", "data"))
	h.nas.stop(t)
	eventually(t, "the other source serves", func() bool {
		s, err := c.Connect(t.Context(), as("alice", "alice"), "data")
		if err != nil {
			return false
		}
		defer s.Close()
		f, err := s.Create("again")
		if err != nil {
			return false
		}
		return f.Close() == nil
	})
	h.serve()
	copied(t, h.connect(c, "alice", "data"))
	c.Close()
	if h.gw.log.find("mount goes on to its next source") == nil {
		t.Error("the log does not say so")
	}
}
