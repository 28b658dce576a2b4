package back

import (
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

// The server answers a call of a parked session late, while the session's next
// client comes: the reader then asks how it is renewed, for which -race looks.
func TestParkedIsAnswered(t *testing.T) {
	t.Parallel()
	net := &mem.Network{Arena: new(transports.Arena)}
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	c := New(near, Options{Shared: true})
	s := &Session{c: c, id: 7}
	s.RenewBy(func() (auth.Initiator, error) { return nil, errRefused })
	l := &link{conn: c, ready: make(chan struct{}), parked: map[string][]*Session{"user ALICE": {s}}, idle: 1}
	close(l.ready)
	pool := &Pool{Size: 1, links: []*link{l}}
	asked := 0
	m := &Member{Pool: pool, Initiator: func(*tree.Client) (auth.Initiator, error) {
		asked++
		return nil, nil
	}}
	orphaned := &Tree{c: c, session: s, closing: true}
	answered := make(chan bool)
	go func() {
		time.Sleep(5 * time.Millisecond) // a channel would put the two in order
		c.mu.Lock()
		kept := orphaned.keep(&tree.Request{}, 0, 1)
		c.mu.Unlock()
		answered <- kept
	}()
	client := &tree.Client{SessionID: 1, User: auth.Identity{User: "alice"}}
	got, err := m.lodge(t.Context(), client)
	if err != nil || got.session != s {
		t.Fatalf("lodged in %v: %v", got, err)
	}
	if <-answered {
		t.Error("what nobody waits for is kept")
	}
	if s.renewer(); asked != 2 {
		t.Errorf("the client's own log-in was begun %d times", asked-1)
	}
	if st := smb2.StatusNetworkSessionExpired; (&Session{c: c}).again(t.Context()) != st {
		t.Errorf("who cannot be renewed is not told %v", st)
	}
}
