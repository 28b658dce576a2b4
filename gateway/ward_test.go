package gateway

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/back"
	peer "github.com/smbgw/smbgw/gateway/client"
	"github.com/smbgw/smbgw/gateway/front"
	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/access"
)

// policed is a house whose gateway has a policy at both of its listeners.
func policed(t *testing.T, requirements []policy.Requirement, rules ...policy.Rule) *house {
	t.Helper()
	h := newHouse(t, Terms{})
	for i := range rules {
		rules[i].Place = policy.Place{File: "f", Line: i + 1}
	}
	p, err := policy.New("p", rules, requirements)
	if err != nil {
		t.Fatal(err)
	}
	list := h.listeners(Terms{})
	for i := range list {
		list[i].Policy = p
	}
	service := h.known.service(
		Mount{Name: "direct", Share: "data", Backend: h.backend("direct"), As: &Login{Initiator: sameUser}},
		Mount{Name: "plain", Share: "data", Backend: h.backend("plain"), As: &Login{Initiator: sameUser}},
	)
	service.Groups = func(user string) []string {
		if user == "bob" {
			return []string{"staff"}
		}
		return nil
	}
	h.gw = newStage(t, service, list...)
	return h
}

// tried connects to a mount and makes a file.
func (h *house) tried(c *peer.Client, user, mount string) (connect, create error) {
	s, err := c.Connect(h.t.Context(), as(user, user), mount)
	if err != nil {
		return err, nil
	}
	f, err := s.Create("f")
	if err == nil {
		f.Close()
	}
	s.Close()
	return nil, err
}

// Each rule is held to where it can be known first: at the log-in, at the mount, at
// the operation. The log names it.
func TestPolicy(t *testing.T) {
	t.Parallel()
	all := policy.Rule{Verb: policy.Allow}
	allow := func(r policy.Rule) policy.Rule { r.Verb = policy.Allow; return r }
	const (
		in, noLogin, noMount, noWrite = "in", "log-in denied", "mount denied", "denied"
	)
	for name, c := range map[string]struct {
		rules []policy.Rule
		want  map[string]string // LISTENER USER MOUNT: what comes of it
	}{
		"everything": {[]policy.Rule{all}, map[string]string{"plain alice plain": in, "direct bob direct": in}},
		"user": {[]policy.Rule{allow(policy.Rule{Users: []string{"ALICE"}})}, map[string]string{
			"plain alice plain": in, "plain bob plain": noLogin, "direct bob direct": noLogin}},
		"group": {[]policy.Rule{allow(policy.Rule{Users: []string{"@staff"}})}, map[string]string{
			"plain alice plain": noLogin, "plain bob plain": in}},
		"mount": {[]policy.Rule{allow(policy.Rule{Mounts: []string{"Plain"}})}, map[string]string{
			"plain alice plain": in, "plain alice direct": noMount, "plain alice there-is-none": noMount, "plain alice IPC$": noMount}},
		"listener": {[]policy.Rule{all, {Users: []string{"bob"}, Listeners: []string{"direct"}}}, map[string]string{
			"plain bob plain": in, "direct bob plain": noLogin}},
		"transport": {[]policy.Rule{allow(policy.Rule{Transports: []string{"tcp"}})}, map[string]string{"plain bob plain": in}},
		"dialect":   {[]policy.Rule{all, {Dialects: []smb2.Dialect{smb2.Dialect311}}}, map[string]string{"plain bob plain": noLogin}},
		"address":   {[]policy.Rule{all, {Users: []string{"bob"}, Addresses: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}, map[string]string{"plain bob plain": noLogin, "plain alice plain": in}},
		"read-only": {[]policy.Rule{allow(policy.Rule{Access: policy.ReadOnly}), allow(policy.Rule{Users: []string{"alice"}})}, map[string]string{
			"plain alice plain": in, "plain bob plain": noWrite, "direct bob direct": noWrite}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := policed(t, nil, c.rules...)
			for who, want := range c.want {
				w := strings.Fields(who)
				client := h.client(h.dial(w[0]), back.Options{})
				connect, create := h.tried(client, w[1], w[2])
				client.Close()
				got := in
				switch {
				case errors.Is(connect, smb2.StatusAccessDenied):
					got = map[bool]string{true: noLogin, false: noMount}[strings.Contains(connect.Error(), "log in")]
				case errors.Is(create, smb2.StatusAccessDenied):
					got = noWrite
				case connect != nil || create != nil:
					got = fmt.Sprint(connect, create)
				}
				if got != want {
					t.Errorf("%s: %s, want %s (%v, %v)", who, got, want, connect, create)
				}
				if e := h.gw.log.find(want); want != in && !strings.Contains(e["reason"].String(), `policy "p": denied: `) {
					t.Errorf("%s: the log gives the reason %v", who, e["reason"])
				}
			}
		})
	}
}

// Whom no rule lets in, whoever he is, does not get as far as NEGOTIATE.
func TestPolicyOfConnections(t *testing.T) {
	t.Parallel()
	h := policed(t, nil, policy.Rule{Verb: policy.Allow}, policy.Rule{Transports: []string{"smbdirect"}})
	if conn, err := h.direct.Dial(t.Context(), h.gw.addrs["direct"]); err == nil {
		if c, err := peer.New(t.Context(), conn, back.Options{Arena: h.arena, ServerName: "gw"}); err == nil {
			c.Close()
			t.Error("the connection is served")
		}
	}
	h.connect(h.client(h.dial("plain"), back.Options{}), "alice", "plain").Close()
	h.gw.stop(t)
	e := h.gw.log.find("connection refused")
	if got := e["reason"].String(); got != `policy "p": denied: deny at f:2` {
		t.Errorf("the log gives the reason %q", got)
	}
}

// A mount that asks for encryption gets it, of this mount's requests alone; and
// one that asks for signing is closed to who does not sign.
func TestPolicyOfMounts(t *testing.T) {
	t.Parallel()
	h := policed(t, []policy.Requirement{
		{Mounts: []string{"plain"}, Encrypt: true},
		{Mounts: []string{"direct"}, Sign: true, Place: policy.Place{File: "f", Line: 9}},
	}, policy.Rule{Verb: policy.Allow})
	signing := h.client(h.dial("plain"), back.Options{Sign: true})
	s := h.connect(signing, "alice", "direct")
	copied(t, s)
	s.Close()
	signing.Close()
	c := h.client(h.dial("plain"), back.Options{})
	if connect, _ := h.tried(c, "alice", "direct"); !errors.Is(connect, smb2.StatusAccessDenied) {
		t.Errorf("the mount that needs signing: %v", connect)
	}
	if e := h.gw.log.find("mount denied"); !strings.Contains(e["reason"].String(), "signing is required at f:9") {
		t.Errorf("the log gives the reason %v", e["reason"])
	}
	s = h.connect(c, "alice", "plain")
	copied(t, s)
	s.Close()
	c.Close()
	h.gw.stop(t)
	used := h.gw.log.find("connection closed")[""].Any().(front.Summary)
	if used.Sealed < placedByCopy*2 {
		t.Errorf("%d of %d requests were sealed", used.Sealed, used.Requests)
	}
}

// A client is told of the mounts that it may connect to.
func TestPolicyOfLists(t *testing.T) {
	t.Parallel()
	p, err := policy.New("p", []policy.Rule{
		{Verb: policy.Allow, Mounts: []string{"IPC$", "ours"}},
		{Verb: policy.Allow, Mounts: []string{"hers"}, Users: []string{"alice"}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	memory := store.New(store.Config{Shares: []string{"s"}})
	service := &Service{}
	for _, name := range []string{"ours", "hers", "nobody's"} {
		service.Mounts = append(service.Mounts, Mount{Name: name, Store: memory})
	}
	for user, want := range map[string][]string{"alice": {"ours", "hers"}, "bob": {"ours"}} {
		s := &space{server: &server{service: service}, ward: &ward{policy: p}}
		var got []string
		for _, sh := range s.listed(&tree.Client{User: auth.Identity{User: user}}, view{listener: new(Listener)}) {
			got = append(got, sh.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is told of %q, want %q", user, got, want)
		}
	}
}

// Nobody vouches for the name of a guest.
func TestPolicyOfGuests(t *testing.T) {
	t.Parallel()
	w := &ward{groups: func(user string) []string { return []string{"of " + user} }}
	for name, c := range map[string]struct {
		identity auth.Identity
		user     string
	}{
		"a user":    {auth.Identity{User: "alice"}, "alice"},
		"guest":     {auth.Identity{User: "alice", Guest: true}, ""},
		"anonymous": {auth.Identity{User: "alice", Anonymous: true}, ""},
	} {
		f := w.of(&tree.Client{User: c.identity, Dialect: smb2.Dialect302, Signed: true, Encrypted: true})
		if f.User != c.user || len(f.Groups) != len(c.user)/5 || f.Dialect != smb2.Dialect302 || !f.Signed || !f.Encrypted {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// A certified is a connection whose peer has shown certificates.
type certified struct {
	transports.Conn
	chain []*x509.Certificate
}

func (c *certified) Certificates() []*x509.Certificate { return c.chain }
func (c *certified) RemoteAddr() net.Addr {
	return &net.UDPAddr{IP: net.ParseIP("fe80::1"), Port: 1, Zone: "eth0"}
}

// What is known of a connection.
func TestPolicyFacts(t *testing.T) {
	t.Parallel()
	p, err := policy.New("p", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	chain := []*x509.Certificate{
		{Raw: []byte("leaf"), Issuer: pkix.Name{Names: []pkix.AttributeTypeAndValue{{Type: []int{2, 5, 4, 3}, Value: "Lab CA"}}}},
		{Raw: []byte("authority")},
	}
	s := &server{service: new(Service)}
	l := &Listener{Name: "internet", Endpoint: Endpoint{Addr: transports.Addr{Network: "quic"}}, Policy: p, Terms: Terms{Secure: true}}
	got := s.ward(l, &certified{chain: chain}, nil).facts
	issuer, err := access.ParseName("CN=lab  ca")
	if err != nil {
		t.Fatal(err)
	}
	want := policy.Facts{Listener: "internet", Transport: "quic", Secure: true, Address: netip.MustParseAddr("fe80::1"),
		Certificates: []policy.Certificate{{SHA256: sha256.Sum256([]byte("leaf")), Issuer: issuer}, {SHA256: sha256.Sum256([]byte("authority"))}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if s.ward(&Listener{}, nil, nil) != nil {
		t.Error("a listener without a policy has a ward")
	}
}
