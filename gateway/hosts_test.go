package gateway

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

var (
	hostA = &Host{Name: "a", Names: []string{"a.example", "A", "192.0.2.1"}}
	hostB = &Host{Name: "b", Names: []string{"b.example"}}
)

// hosted is a server with mounts of hosts and of all.
func hosted() *server {
	mount := func(name, seen string, on ...*Host) Mount {
		return Mount{Name: name, Seen: seen, Share: "data", Hosts: on, Store: store.New(store.Config{Shares: []string{"data"}})}
	}
	return newServer(&Gateway{
		Log:   slog.New(slog.DiscardHandler),
		Hosts: []*Host{hostA, hostB},
		Service: &Service{Mounts: []Mount{
			mount("a's data", "data", hostA), mount("b's data", "Data", hostB), mount("both", "", hostA, hostB), mount("all", ""),
		}},
	})
}

func all(*Mount) bool { return true }

// Which mounts a client sees, by the up to three names that it has for the server.
func TestHosts(t *testing.T) {
	t.Parallel()
	srv := hosted()
	const ofA, ofB, ofAll, none = "a's data|both|all", "b's data|both|all", "all", ""
	for _, c := range []struct{ sni, netName, path, want string }{
		{"", "", "", ofAll},
		{"", "", "a.example", ofA},
		{"", "", "A.Example.", ofA},
		{"", "", "a", ofA},   // a short name that is one of its names
		{"", "", "b", ofAll}, // and one that is not
		{"", "", "192.0.2.1", ofA},
		{"", "", "192.0.2.2", ofAll},
		{"", "", "unknown.example", ofAll},
		{"", "", strings.Repeat("a", 10000), ofAll},
		{"", "b.example", "", ofB},
		{"", "b.example", "192.0.2.2", ofB}, // the path says nothing
		{"", "b.example", "a.example", ofA}, // the path says more than NETNAME
		{"", "unknown", "a.example", ofA},
		{"a.example", "", "a.example", ofA},
		{"A.EXAMPLE", "", "a", ofA},
		{"a.example", "", "192.0.2.2", ofA},
		{"a.example", "", "unknown", ofA},
		{"a.example", "b.example", "a.example", ofA},
		{"a.example", "b.example", "192.0.2.2", ofA},
		{"a.example", "", "b.example", none}, // whoever came to a does not get to b
		{"a.example", "b.example", "B.example.", none},
		{"unknown", "", "192.0.2.2", ofAll},
		{"unknown", "b.example", "unknown", ofAll},
		{"unknown", "", "a.example", none},
	} {
		s := &space{server: srv, log: srv.log, arrived: func() {}, name: c.sni}
		client := &tree.Client{SessionID: 7, NetName: c.netName}
		from, ok := s.view(client, c.path)
		var seen []string
		for i := range srv.service.Mounts {
			m := &srv.service.Mounts[i]
			share, err := s.ConnectTo(t.Context(), client, c.path, strings.ToUpper(m.seenAs()))
			switch reaches := ok && srv.service.mount(from, m.seenAs()) == m; {
			case err == nil:
				share.Server.Close()
				if reaches {
					seen = append(seen, m.Name)
				}
			case !errors.Is(err, smb2.StatusBadNetworkName) || reaches:
				t.Errorf("%+v: %s: %v", c, m.Name, err)
			}
		}
		if got := strings.Join(seen, "|"); got != c.want {
			t.Errorf("%+v: sees %s", c, got)
		}
		var names []string
		if ok {
			for _, sh := range srv.service.listed(from, client, all) {
				names = append(names, strings.ToLower(sh.Name))
			}
		}
		list := strings.NewReplacer("a's ", "", "b's ", "").Replace(c.want)
		if got := strings.Join(names, "|"); got != list {
			t.Errorf("%+v: IPC$ lists %s, want %s", c, got, list)
		}
		if _, err := s.ConnectTo(t.Context(), client, c.path, "IPC$"); (err == nil) != (c.want != none) {
			t.Errorf("%+v: IPC$: %v", c, err)
		}
	}
}

// Which mounts a client sees depends on its listener, and what is listed on what
// is hidden, for all or from this client.
func TestVisible(t *testing.T) {
	t.Parallel()
	data := store.New(store.Config{Shares: []string{"data"}})
	office, internet := &Listener{Name: "office"}, &Listener{Name: "internet"}
	bob := &tree.Client{SessionID: 7, User: auth.Identity{User: "bob"}}
	srv := newServer(&Gateway{Log: slog.New(slog.DiscardHandler), Service: &Service{
		Mounts: []Mount{
			{Name: "inside", Seen: "x", Share: "data", Store: data, Listeners: []string{"office"}},
			{Name: "outside", Seen: "x", Share: "data", Store: data, Listeners: []string{"internet", "other"}},
			{Name: "hidden", Share: "data", Store: data, Hidden: true},
			{Name: "his", Share: "data", Store: data},
		},
	}})
	for l, want := range map[*Listener]string{
		office: "inside listed=x,hidden!,his", internet: "outside listed=x,hidden!", {Name: "third"}: " listed=hidden!",
	} {
		s := &space{server: srv, log: srv.log, arrived: func() {}, listener: l}
		from, _ := s.view(bob, "gateway")
		got := ""
		if m := srv.service.mount(from, "X"); m != nil {
			got = m.Name
		}
		for _, name := range []string{"x", "hidden", "his"} {
			share, err := s.Connect(t.Context(), bob, name)
			if (err == nil) != (name != "x" || got != "") {
				t.Errorf("%s: %s: %v", l.Name, name, err)
			}
			if err == nil {
				share.Server.Close()
			}
		}
		var list []string
		for _, sh := range srv.service.listed(from, bob, func(m *Mount) bool { return m.Name != "his" || l == office }) {
			list = append(list, sh.Name+map[bool]string{true: "!"}[sh.Hidden])
		}
		if got += " listed=" + strings.Join(list, ","); got != want {
			t.Errorf("%s: %s, want %s", l.Name, got, want)
		}
	}
}

// A calling network gives those that it accepts a name of TLS.
type calling struct {
	*mem.Network
	name string
}

func (n calling) Announce(ctx context.Context, a transports.Addr) (transports.Listener, error) {
	l, err := n.Network.Announce(ctx, a)
	return callingListener{l, n.name}, err
}

type callingListener struct {
	transports.Listener
	name string
}

func (l callingListener) Accept() (transports.Conn, error) {
	c, err := l.Listener.Accept()
	return called{c, l.name}, err
}

type called struct {
	transports.Conn
	name string
}

func (c called) ServerName() string { return c.name }

// negotiateTo is a NEGOTIATE that calls the server by a name.
func negotiateTo(name string) string {
	q := smb2.NegotiateRequest{Dialects: []smb2.Dialect{smb2.Dialect302, smb2.Dialect311}}
	x := smb2.NetNameContext{Name: name}
	return string(q.Append(smb2.NewHeader(smb2.CommandNegotiate, 0), []smb2.NegotiateContext{{Type: smb2.ContextNetName, Data: x.AppendBody(nil)}}))
}

// A relay goes to the backend of the host that the client names: in TLS, and else
// in NEGOTIATE, which passes as it is.
func TestRelayTo(t *testing.T) {
	t.Parallel()
	old := smb2.NegotiateRequest{Dialects: []smb2.Dialect{smb2.Dialect302}}
	before311 := string(old.Append(smb2.NewHeader(smb2.CommandNegotiate, 0), nil))
	for _, c := range []struct{ what, sni, first, relay, want string }{
		{"SNI", "b.example", "anything", "one", "two"},
		{"SNI against NETNAME", "B.example", negotiateTo("a.example"), "", "two"},
		{"unknown SNI", "c.example", negotiateTo("b.example"), "one", "one"},
		{"unknown SNI, refused", "c.example", negotiateTo("b.example"), "", ""},
		{"NETNAME", "", negotiateTo("b.example"), "one", "two"},
		{"NETNAME of a short name", "", negotiateTo("a"), "", "one"},
		{"unknown NETNAME", "", negotiateTo("c.example"), "one", "one"},
		{"unknown NETNAME, refused", "", negotiateTo("c.example"), "", ""},
		{"a dialect without NETNAME", "", before311, "one", "one"},
		{"no SMB", "", "rubbish", "one", "one"},
		{"no SMB, refused", "", "rubbish", "", ""},
	} {
		onStreet(t, func(s *street) []Listener {
			l := s.relay("office", "gw", map[string]*Backend{"one": s.one}[c.relay])
			if c.sni != "" {
				l.Endpoint.Network = calling{s.front, c.sni}
			}
			l.RelayTo = map[*Host]*Backend{hostA: s.one, hostB: s.two}
			s.hosts = []*Host{hostA, hostB}
			return []Listener{l}
		}, func(s *street) {
			conn := s.knock()
			if c.want != "" {
				ask(s.t, conn, c.first) // which comes back as it was
				if got := s.closed(conn); got != "office "+c.want {
					t.Errorf("%s: %s", c.what, got)
				}
				return
			}
			m := new(transports.Arena).New(len(c.first))
			copy(m.Bytes(), c.first)
			conn.Send(m)
			if m, err := conn.Receive(); err == nil {
				t.Errorf("%s: answered % x", c.what, m.Bytes())
			}
			conn.Close()
			synctest.Wait()
			if e := s.log.find("connection closed"); e["reason"].String() != errNoHost.Error() {
				t.Errorf("%s: %v", c.what, e)
			}
		})
	}
}

// knock connects, and says nothing.
func (s *street) knock() transports.Conn {
	s.t.Helper()
	c, err := s.front.Dial(s.t.Context(), at("gw"))
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// Who says nothing is closed in the end, and so is everybody at the end of Run;
// who goes before saying anything leaves nothing.
func TestRelayToSilent(t *testing.T) {
	t.Parallel()
	for want, do := range map[string]func(transports.Conn){
		errNameless.Error(): func(transports.Conn) { time.Sleep(nameTime) },
		"client closed":     func(c transports.Conn) { c.Close() },
		"shutdown":          func(transports.Conn) {},
	} {
		var log *logBook
		onStreet(t, func(s *street) []Listener {
			l := s.relay("office", "gw", s.one)
			l.RelayTo = map[*Host]*Backend{hostB: s.two}
			s.hosts, log = []*Host{hostB}, s.log
			return []Listener{l}
		}, func(s *street) {
			conn := s.knock()
			s.t.Cleanup(func() { conn.Close() })
			synctest.Wait()
			do(conn)
			synctest.Wait()
		})
		if e := log.find("connection closed"); e["reason"].String() != want {
			t.Errorf("%s: %v", want, e)
		}
	}
}

// The name is read from any bytes without harm.
func FuzzNetName(f *testing.F) {
	f.Add([]byte(negotiateTo("b.example")))
	f.Add([]byte("\xfeSMB"))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := slices.Clone(b)
		name := netNameOf(b)
		if !slices.Equal(b, before) {
			t.Error("the message has changed")
		}
		if 2*len([]rune(name)) > smb2.MaxNetName {
			t.Errorf("%d letters", len(name))
		}
	})
}
