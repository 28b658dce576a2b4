package front

import (
	"testing"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// What a client calls the server, in NEGOTIATE and in a path, is for the space to
// look at, where it wants to.
func TestHosting(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.user("alice")
	if s := p.ask(p.treeConnectRequest(`\\Files.Example.\data`)).Status(); s != 0 {
		t.Fatal(s)
	}
	r.shop.mu.Lock()
	if got := r.shop.servers; len(got) != 2 || got[0] != "gateway" || got[1] != "Files.Example." || r.shop.client.NetName != "gateway" {
		t.Errorf("servers %q, NETNAME %q", got, r.shop.client.NetName)
	}
	r.shop.mu.Unlock()

	plain := &conn{ctx: t.Context()}
	if share, err := plain.ask(struct{ tree.Space }{r.shop}, &tree.Client{}, target{"gateway", "data"}); err != nil {
		t.Error(err)
	} else {
		share.Server.Close()
	}
	if n := len(r.shop.servers); n != 2 {
		t.Errorf("a space without hosts was told of %q", r.shop.servers[2:])
	}
}

// A name that is none is no reason to refuse the client.
func TestBadNetName(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	p := r.dial()
	request := p.negotiateRequest(smb2.Dialect311)
	name := smb2.AppendUTF16(nil, "gateway") // the last of it
	copy(request[len(request)-len(name):], []byte{0x3c, 0xd8, 'a', 0})
	p.negotiate(request)
	if s := p.login("alice", "opensesame", 0); s != 0 {
		t.Fatal(s)
	}
	p.sign = true
	p.connect()
	if name := r.shop.client.NetName; name != "" {
		t.Errorf("NETNAME %q", name)
	}
}
