package back_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/auth/spnego"
	"github.com/smbgw/smbgw/gateway/back"
	leg "github.com/smbgw/smbgw/gateway/front"
	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

// A yard is a Pool with an SMB server behind it that keeps books, in a bubble.
type yard struct {
	t      *testing.T
	net    *mem.Network
	arena  transports.Arena // the pool's
	pool   *back.Pool
	server *leg.Server
	serves sync.WaitGroup
	store  *store.Store

	mu       sync.Mutex
	links    []transports.Conn // the pool's ends
	fail     error             // what dialling comes to
	trees    int               // of the server
	requests int               // that it has not answered
	holds    func(*tree.Request) bool
	held     []*tree.Request
	stuck    chan struct{} // until it is closed, what is held stays so
	serials  uint64
}

// onYard runs f in a bubble, and looks for what is left. Everybody logs in whose
// password is his name, and "guest" and others become guests.
func onYard(t *testing.T, set func(*yard), f func(*yard)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		y := &yard{t: t, net: &mem.Network{Arena: new(transports.Arena)}, pool: new(back.Pool)}
		y.store = store.New(store.Config{Shares: []string{"data"}})
		users := &ntlm.Server{Users: y, Computer: "NAS", Guest: true}
		table := []spnego.Mechanism{{
			Name: "NTLM", OIDs: []spnego.OID{spnego.NTLM}, Raw: ntlm.IsMessage,
			Accept: func() auth.Acceptor { return users.NewAcceptor() },
		}}
		y.server = &leg.Server{
			GUID:        smb2.GUID{1},
			NewAcceptor: func(net.Addr) auth.Acceptor { return spnego.NewAcceptor(table) },
			Hint:        spnego.Hint(table), Log: slog.New(slog.DiscardHandler), Sessions: new(leg.Sessions),
		}
		y.pool.Options = back.Options{Arena: &y.arena, ServerName: "nas"}
		y.pool.Dial(back.Direct(y.dial), 0)
		if set != nil {
			set(y)
		}
		f(y)
		y.empty()
		y.pool.Close()
		y.serves.Wait()
		if n := y.arena.InUse() + y.net.Arena.InUse(); n != 0 {
			t.Errorf("%d messages are in use", n)
		}
	})
}

// empty looks for what is left on connections that nobody is on, on both ends.
func (y *yard) empty() {
	y.t.Helper()
	synctest.Wait()
	for _, what := range y.pool.Ledger() {
		y.t.Error(what)
	}
	y.mu.Lock()
	defer y.mu.Unlock()
	if n := y.server.Sessions.Len(); y.trees != 0 || y.requests != 0 || n != 0 {
		y.t.Errorf("the server has %d sessions, %d trees, %d requests", n, y.trees, y.requests)
	}
}

func (y *yard) Lookup(name string) (auth.Account, error) {
	if strings.EqualFold(name, "guest") {
		return auth.Account{}, auth.ErrNoUser
	}
	return auth.Account{Name: name, Hash: ntlm.Hash(strings.ToLower(name))}, nil
}

func (y *yard) dial(context.Context) (transports.Conn, error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.fail != nil {
		return nil, y.fail
	}
	a, b := y.net.Pipe()
	y.links = append(y.links, a)
	y.serves.Go(func() { y.server.Serve(context.Background(), b, (*door)(y)) })
	return a, nil
}

// link is the latest connection.
func (y *yard) link() transports.Conn {
	y.mu.Lock()
	defer y.mu.Unlock()
	return y.links[len(y.links)-1]
}

// A door is what the server's connections see: the store, by desks.
type door yard

func (d *door) Connect(ctx context.Context, client *tree.Client, share string) (*tree.Share, error) {
	sh, err := d.store.Connect(ctx, client, share)
	if err != nil {
		return nil, err
	}
	y := (*yard)(d)
	y.mu.Lock()
	y.trees++
	y.mu.Unlock()
	sh.Server = &desk{Server: sh.Server, y: y}
	return sh, nil
}

func (*door) Abandon(*tree.Client) {}
func (*door) Logoff(*tree.Client)  {}
func (*door) Close()               {}

// A desk is a tree of the store that may hold requests for as long as it likes.
type desk struct {
	tree.Server
	y    *yard
	mine []*tree.Request
}

// A ticket counts a request until it is answered.
type ticket struct {
	tree.Replier
	y *yard
}

func (k ticket) Reply(r *tree.Request, m *transports.Message) {
	k.y.mu.Lock()
	k.y.requests--
	k.y.mu.Unlock()
	k.Replier.Reply(r, m)
}

func (d *desk) Serve(chain []*tree.Request) {
	y := d.y
	y.mu.Lock()
	hold := len(chain) == 1 && y.holds != nil && y.holds(chain[0])
	y.requests += len(chain)
	for _, r := range chain {
		r.Replier = ticket{r.Replier, y}
	}
	if hold {
		d.mine = append(d.mine, chain[0])
		y.held = append(y.held, chain[0])
	}
	y.mu.Unlock()
	if !hold {
		d.Server.Serve(chain)
	}
}

func (d *desk) Cancel(r *tree.Request) {
	d.y.mu.Lock()
	held := slices.Contains(d.y.held, r)
	stuck := d.y.stuck != nil
	d.y.mu.Unlock()
	switch {
	case !held:
		d.Server.Cancel(r)
	case !stuck:
		d.y.let(smb2.StatusCancelled, r)
	}
}

func (d *desk) Close() {
	if d.y.stuck != nil && len(d.mine) > 0 {
		<-d.y.stuck
	}
	d.y.let(smb2.StatusNetworkNameDeleted, d.mine...)
	d.Server.Close()
	d.y.mu.Lock()
	d.y.trees--
	d.y.mu.Unlock()
}

// let answers some of what is held.
func (y *yard) let(st smb2.Status, list ...*tree.Request) {
	for _, r := range list {
		y.mu.Lock()
		i := slices.Index(y.held, r)
		if i >= 0 {
			y.held = slices.Delete(y.held, i, i+1)
		}
		y.mu.Unlock()
		if i >= 0 {
			m := new(transports.Arena).New(smb2.ErrorResponseLength)
			smb2.AppendErrorReply(m.Bytes()[:0], r.Header(), st, 0)
			r.Reply(m)
		}
	}
}

// hold has the server hold what f says, from now on.
func (y *yard) hold(f func(*tree.Request) bool) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.holds = f
}

func commands(list ...smb2.Command) func(*tree.Request) bool {
	return func(r *tree.Request) bool { return slices.Contains(list, r.Header().Command()) }
}

// A lodger is a client with a session and a tree.
type lodger struct {
	y      *yard
	member *back.Member
	front  *front
	client *tree.Client
	share  *tree.Share
}

// lodger comes and connects.
func (y *yard) lodger(user string) *lodger {
	y.t.Helper()
	l := y.visitor(user)
	if err := l.connect(); err != nil {
		y.t.Fatal(err)
	}
	return l
}

// visitor is one that has not connected yet.
func (y *yard) visitor(user string) *lodger {
	l := &lodger{y: y, front: newFront(), member: &back.Member{Pool: y.pool}}
	y.serials++
	l.client = &tree.Client{SessionID: y.serials, User: auth.Identity{User: user}, Notify: l.front}
	l.member.Initiator = func(c *tree.Client) (auth.Initiator, error) {
		who := &ntlm.Client{User: c.User.User, Hash: ntlm.Hash(strings.ToLower(c.User.User))}
		return spnego.NewInitiator([]spnego.Mechanism{{
			Name: "NTLM", OIDs: []spnego.OID{spnego.NTLM}, Initiate: func() auth.Initiator { return who.NewInitiator() },
		}}), nil
	}
	return l
}

func (l *lodger) connect() (err error) {
	l.share, err = l.member.Connect(context.Background(), l.client, "data")
	return err
}

func (l *lodger) serve(c smb2.Command, body func([]byte) []byte) *tree.Request {
	q := l.front.request(c, body)
	l.share.Server.Serve([]*tree.Request{q})
	return q
}

func (l *lodger) do(c smb2.Command, body func([]byte) []byte) reply {
	l.y.t.Helper()
	l.serve(c, body)
	return l.front.next(l.y.t)
}

// open opens a file and returns its id.
func (l *lodger) open(name string) smb2.FileID {
	l.y.t.Helper()
	got := l.do(smb2.CommandCreate, openOf(name, 7))
	r, err := smb2.ParseCreateResponse(got.b)
	if err != nil {
		l.y.t.Fatalf("create: %v", got.status())
	}
	return r.FileID
}

// openOf opens a file that others may share as they like, or not at all.
func openOf(name string, sharing smb2.ShareAccess, contexts ...smb2.CreateContext) func([]byte) []byte {
	r := smb2.CreateRequest{
		Access: 0x120089 | smb2.AccessWriteData, Share: sharing, Disposition: smb2.DispositionOpenIf,
		Impersonation: smb2.ImpersonateImpersonation, OplockLevel: smb2.OplockBatch,
	}
	return func(b []byte) []byte { return r.Append(b, smb2.AppendUTF16(nil, name), contexts) }
}

// works says that the client can write and read.
func (l *lodger) works() {
	l.y.t.Helper()
	id := l.open("works")
	w := smb2.WriteRequest{FileID: id}
	if got := l.do(smb2.CommandWrite, func(b []byte) []byte { return w.Append(b, []byte("here")) }); got.status() != 0 {
		l.y.t.Errorf("write: %v", got.status())
	}
	q := smb2.ReadRequest{FileID: id, Length: 4}
	if got := l.do(smb2.CommandRead, func(b []byte) []byte { return q.Append(b, nil) }); string(got.data(l.y.t)) != "here" {
		l.y.t.Errorf("read: %v", got.status())
	}
	if got := l.do(smb2.CommandClose, (&smb2.CloseRequest{FileID: id}).AppendBody); got.status() != 0 {
		l.y.t.Errorf("close: %v", got.status())
	}
}

// leave is a client's end without a word.
func (l *lodger) leave() {
	l.y.t.Helper()
	l.member.Abandon(l.client)
	if l.share != nil {
		l.share.Server.Close()
	}
	l.member.Close()
	l.front.mu.Lock()
	defer l.front.mu.Unlock()
	if n := len(l.front.open); n > 0 {
		l.y.t.Errorf("%d requests of a client were never answered", n)
	}
	if n := l.front.arena.InUse(); n != 0 && l.y.stuck == nil {
		l.y.t.Errorf("%d messages of a client are in use", n)
	}
}

func told(err error) smb2.Status {
	st, _ := errors.AsType[smb2.Status](err)
	return st
}
