package smbdirect

import (
	"bytes"
	"errors"
	"testing"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// [MS-SMBD] 6.2, and what peers were seen to send.
func TestServerParams(t *testing.T) {
	t.Parallel()
	o := Options{}.withDefaults()
	for _, test := range []struct {
		name     string
		peer     rdma.Peer
		ird, ord int
		private  string // hex of our answer
		fails    bool
	}{
		{"enhanced set-up of cifs", rdma.Peer{Negotiated: true, Params: rdma.Params{IRD: 32, ORD: 1, Private: appendResources(32, 1)}}, 1, 8, "", false},
		{"enhanced, fewer reads", rdma.Peer{Negotiated: true, Params: rdma.Params{IRD: 2, ORD: 1}}, 1, 2, "", false},
		{"enhanced, none", rdma.Peer{Negotiated: true}, 1, 0, "", false},
		{"nothing said", rdma.Peer{}, 1, 1, "", false},
		{"private data", rdma.Peer{Params: rdma.Params{Private: unhex(t, "00000020 00000001")}}, 1, 8, "00000008 00000001", false},
		{"few reads", rdma.Peer{Params: rdma.Params{Private: unhex(t, "00000002 000000c8")}}, 1, 2, "00000002 00000001", false},
		{"little-endian", rdma.Peer{Params: rdma.Params{Private: unhex(t, "20000000 01000000")}}, 1, 8, "00000008 00000001", false},
		{"little-endian, few reads", rdma.Peer{Params: rdma.Params{Private: unhex(t, "02000000 01000000")}}, 1, 2, "00000002 00000001", false},
		{"longer", rdma.Peer{Params: rdma.Params{Private: unhex(t, "00000020 00000001 0000")}}, 1, 8, "00000008 00000001", false},
		{"short", rdma.Peer{Params: rdma.Params{Private: unhex(t, "00000020 000000")}}, 1, 1, "", false},
		{"absurd", rdma.Peer{Params: rdma.Params{Private: unhex(t, "ffffffff ffffffff")}}, 1, 8, "00000008 00000001", false},
		{"no reads", rdma.Peer{Params: rdma.Params{Private: unhex(t, "00000000 00000001")}}, 0, 0, "", true},
		{"no reads back", rdma.Peer{Params: rdma.Params{Private: unhex(t, "00000020 00000000")}}, 0, 0, "", true},
	} {
		p, err := serverParams(o, test.peer, rdma.Link{Provider: "iwarp", Kind: rdma.IWARP})
		if (err != nil) != test.fails || test.fails && !errors.Is(err, errNoResources) {
			t.Errorf("%s: %v", test.name, err)
		}
		if p.IRD != test.ird || p.ORD != test.ord || !bytes.Equal(p.Private, unhex(t, test.private)) {
			t.Errorf("%s: IRD %d ORD %d private %x, want %d %d %s", test.name, p.IRD, p.ORD, p.Private, test.ird, test.ord, test.private)
		}
	}
}

func TestClientParams(t *testing.T) {
	t.Parallel()
	p := clientParams(Options{}.withDefaults(), rdma.Link{})
	if p.IRD != 32 || p.ORD != 1 || !bytes.Equal(p.Private, unhex(t, "00000020 00000001")) {
		t.Errorf("%+v", p)
	}
	if p := clientParams(Options{OmitPrivateData: true}.withDefaults(), rdma.Link{}); p.Private != nil {
		t.Errorf("private data %x", p.Private)
	}
}

// [MS-SMBD] 6: the private data are iWARP's, whoever provides it. Elsewhere the
// bytes are somebody else's, padding as a rule.
func TestParamsByKind(t *testing.T) {
	t.Parallel()
	o := Options{}.withDefaults()
	for _, test := range []struct {
		over    rdma.Link
		private bool
	}{
		{rdma.Link{}, true},
		{rdma.Link{Provider: "iwarp", Kind: rdma.IWARP}, true},
		{rdma.Link{Provider: "verbs", Device: "siw0", Kind: rdma.IWARP}, true},
		{rdma.Link{Provider: "verbs", Device: "rxe0", Kind: rdma.RoCE}, false},
		{rdma.Link{Provider: "verbs", Device: "mlx5_0", Kind: rdma.InfiniBand}, false},
	} {
		if p := clientParams(o, test.over); (p.Private != nil) != test.private || p.IRD != 32 {
			t.Errorf("client over %v: %+v", test.over, p)
		}
		peer := rdma.Peer{Params: rdma.Params{Private: appendResources(32, 1)}}
		if p, err := serverParams(o, peer, test.over); err != nil || (p.Private != nil) != test.private {
			t.Errorf("server over %v: %+v, %v", test.over, p, err)
		}
	}
}

func FuzzResources(f *testing.F) {
	f.Add([]byte{0, 0, 0, 32, 0, 0, 0, 1})
	f.Add([]byte{32, 0, 0, 0, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		ird, ord, ok := parseResources(b)
		if !ok {
			return
		}
		if ird < 0 || ird > maxResources || ord < 0 || ord > maxResources {
			t.Fatalf("IRD %d, ORD %d", ird, ord)
		}
		i, o, ok := parseResources(appendResources(ird, ord))
		if !ok || i != ird || o != ord {
			t.Fatalf("%d, %d became %d, %d", ird, ord, i, o)
		}
	})
}

// Options outside the limits are brought inside; none of them lets a legal
// peer see an illegal message.
func TestOptionsAreClamped(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{
		{},
		{Credits: -1, PreferredSendSize: 1, MaxReceiveSize: 1, MaxFragmentedSize: 1, MaxReadWriteSize: -1, ReceiveMemory: 1},
		{Credits: 1 << 30, PreferredSendSize: 1 << 30, MaxReceiveSize: 1 << 30, MaxFragmentedSize: 1 << 40, MaxReadWriteSize: 1 << 40},
	} {
		s := newSide(t, o, false)
		r, err := ParseNegotiateRequest(s.drain()[0])
		if err != nil {
			t.Fatal(err)
		}
		if r.CreditsRequested == 0 || r.PreferredSendSize < 1029 || r.PreferredSendSize > 8136 ||
			r.MaxReceiveSize < 512 || r.MaxFragmentedSize < 131072 || r.MaxFragmentedSize > 1<<24-1 {
			t.Errorf("%+v: request %+v", o, r)
		}
		_, n := openServer(t, o, r)
		if n.CreditsGranted == 0 || n.CreditsRequested == 0 || n.MaxFragmentedSize < 131072 {
			t.Errorf("%+v: response %+v", o, n)
		}
		if c := newSide(t, o, false); true {
			c.drain()
			if _, err := c.receive(appendLike(n)); err != nil {
				t.Errorf("%+v: our client refuses our server: %v", o, err)
			}
		}
	}
}
