package gateway

import (
	"maps"
	"testing"
	"time"

	"github.com/smbgw/smbgw/gateway/back"
)

// ended counts the backend connections that are over.
func (l *logBook) ended() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.entries {
		if e["msg"].String() == "backend connection closed" {
			n++
		}
	}
	return n
}

// A backend whose SMB Direct nobody answers is served by TCP, and by SMB Direct again
// when that is back: by RDMA whenever it can be.
func TestDirectFallsBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t, Terms{})
	nas := h.backend("direct")
	nas.Name, nas.Endpoints = "nas", append(nas.Endpoints, h.backend("plain").Endpoints...)
	h.gw = newStage(t, h.known.service(Mount{Name: "data", Backend: nas, As: &Login{Initiator: sameUser}}), h.listeners(Terms{})...)
	copy := func(placed bool) {
		t.Helper()
		before := h.gw.log.ended()
		c := h.client(h.dial("plain"), back.Options{})
		s := h.connect(c, "alice", "data")
		copied(t, s)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		c.Close()
		h.eventually("the backend connection ends", func() bool { return h.gw.log.ended() > before })
		checkPlaced(t, "gateway", h.gw.moved(t), placed)
	}
	said := func(what string) func() bool { return func() bool { return h.gw.log.find(what) != nil } }

	copy(true)
	both := *h.ports.Load()
	alone := maps.Clone(both)
	delete(alone, "direct")
	h.ports.Store(&alone)
	copy(false)
	h.eventually("the address is down", said("backend address is down"))
	copy(false)
	h.ports.Store(&both)
	h.eventually("the address is up", said("backend address is up"))
	copy(true)
}

// eventually waits for what happens by itself.
func (h *house) eventually(what string, f func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("not within 20 s: %s", what)
		}
	}
}
