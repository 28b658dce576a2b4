package back_test

import (
	"context"
	"slices"
	"testing"

	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports/mem"
)

// A client that comes back names the session that it had; one that has said
// good-bye has none.
func TestPrevious(t *testing.T) {
	t.Parallel()
	for _, vanishes := range []bool{true, false} {
		table := new(back.Sessions)
		r := newRig(t, gmac)
		r.space.Sessions = table
		r.mustConnect()
		if vanishes {
			r.space.Abandon(r.client)
		}
		r.end(nil)
		again := newRig(t, gmac)
		again.space.Sessions = table
		again.client.SessionID, again.client.Previous = 6, 5
		again.mustConnect()
		want := uint64(0)
		if vanishes {
			want = smb2test.KeyedSession
		}
		if got := again.server.Previous; !slices.Equal(got, []uint64{want}) {
			t.Errorf("vanishes %v: previous %#x", vanishes, got)
		}
		if n := table.Len(); n != 1 {
			t.Errorf("vanishes %v: %d sessions are remembered", vanishes, n)
		}
		again.end(nil)
		if n := table.Len(); n != 0 {
			t.Errorf("vanishes %v: %d sessions are remembered in the end", vanishes, n)
		}
	}
}

// A LOGOFF is no TREE_DISCONNECT: the server keeps durable opens.
func TestLogoff(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac).mustConnect()
	r.space.Logoff(&tree.Client{SessionID: 99}) // of nobody
	r.space.Logoff(r.client)
	r.end(nil)
	if n := r.server.Books.Requests; n[smb2.CommandTreeDisconnect] != 0 || n[smb2.CommandLogoff] != 1 {
		t.Errorf("the server saw %v", n)
	}
}

// A client whose connection to the backend was lost takes the place of its own
// session there.
func TestPreviousOwn(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	r.space.Sessions = new(back.Sessions)
	r.mustConnect()
	r.link.(*mem.Conn).Break()
	<-r.served
	r.share.Server.(*back.Tree).Close()
	*r.server = smb2test.Keyed{Suite: gmac, Key: testKey}
	r.mustConnect()
	r.end(nil)
	if got := r.server.Previous; !slices.Equal(got, []uint64{smb2test.KeyedSession}) {
		t.Errorf("previous %#x", got)
	}
}

// Where several clients share a connection one of them is left alone when it
// vanishes, and the others go on.
func TestAbandonOne(t *testing.T) {
	t.Parallel()
	r := newRig(t, cmac) // without a hash, all sessions have the same keys
	r.space.Sessions = new(back.Sessions)
	setups, ends := 0, map[smb2.Command][]uint64{}
	r.server.Script = func(q *smb2test.Request) smb2test.Action {
		switch c := q.Command(); c {
		case smb2.CommandTreeDisconnect, smb2.CommandLogoff:
			ends[c] = append(ends[c], q.SessionID())
		case smb2.CommandSessionSetup:
			if setups++; setups > 2 {
				return smb2test.Action{Edit: func(b []byte) []byte { smb2.Header(b).SetSessionID(9); return b }}
			}
		}
		return smb2test.Action{}
	}
	r.mustConnect()
	other := &tree.Client{SessionID: 6, ClientGUID: r.client.ClientGUID, Notify: r.front}
	share, err := r.space.Connect(context.Background(), other, "data")
	if err != nil {
		t.Fatal(err)
	}
	r.space.Abandon(other)
	share.Server.Close()
	if got := r.do(smb2.CommandLock, lock); got.status() != 0 {
		t.Errorf("the one that stays: %v", got.status())
	}
	r.end(nil)
	for c, list := range ends {
		if !slices.Equal(list, []uint64{smb2test.KeyedSession}) {
			t.Errorf("%v of %#x", c, list)
		}
	}
	if n := r.space.Sessions.Len(); n != 1 {
		t.Errorf("%d sessions are remembered, not the abandoned one", n)
	}
}
