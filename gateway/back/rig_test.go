package back_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

var testKey = []byte("0123456789abcdef")

// integrity says that a log-in was somebody's.
type integrity struct{}

func (integrity) MIC([]byte) []byte          { return nil }
func (integrity) Verify(_, mic []byte) error { return nil }

// A talker says what smb2test.Keyed expects.
type talker struct {
	round int
	last  string // instead of "proof"
	key   []byte
	anon  bool
}

func (t *talker) Initiate(token []byte) ([]byte, *auth.Result, error) {
	t.round++
	switch {
	case t.round == 1 && string(token) == "hint":
		return []byte("hello"), nil, nil
	case t.round == 2 && string(token) == "challenge":
		return []byte(t.last), nil, nil
	case t.round == 3 && string(token) == "welcome":
		r := &auth.Result{Key: auth.NewSecret(t.key), Integrity: integrity{}}
		if t.anon {
			r.Integrity = nil
		}
		return nil, r, nil
	}
	return nil, nil, fmt.Errorf("token %q in round %d", token, t.round)
}

func proof() *talker { return &talker{last: "proof", key: testKey} }

// A front is what the front leg does with answers, and keeps books of them.
type front struct {
	arena   transports.Arena
	replies chan reply
	breaks  chan []byte
	lost    chan bool

	mu   sync.Mutex
	open map[*tree.Request]int // Pendings
}

type reply struct {
	r       *tree.Request
	b       []byte
	pending int
}

func newFront() *front {
	return &front{replies: make(chan reply, 600), breaks: make(chan []byte, 10), lost: make(chan bool, 10), open: map[*tree.Request]int{}}
}

func (f *front) Reply(r *tree.Request, m *transports.Message) {
	b := bytes.Clone(m.Bytes())
	m.Release()
	r.Message.Release()
	f.mu.Lock()
	n, ok := f.open[r]
	delete(f.open, r)
	f.mu.Unlock()
	if !ok {
		panic("answered twice")
	}
	f.replies <- reply{r, b, n}
}

func (f *front) Pending(r *tree.Request) {
	f.mu.Lock()
	f.open[r]++
	f.mu.Unlock()
}

func (f *front) Break(m *transports.Message) {
	f.breaks <- bytes.Clone(m.Bytes())
	m.Release()
}

func (f *front) Lost() { f.lost <- true }

// request is one with ids of the front leg, which mean nothing here.
func (f *front) request(c smb2.Command, body func([]byte) []byte) *tree.Request {
	h := smb2.NewHeader(c, 0x7777)
	h.SetSessionID(0xf00d)
	h.SetTreeID(0xbeef)
	h.Set(smb2.FlagSigned)
	b := body(h)
	m := f.arena.New(len(b))
	copy(m.Bytes(), b)
	return f.enter(&tree.Request{Message: m, Element: m.Bytes(), Replier: f})
}

func (f *front) enter(r *tree.Request) *tree.Request {
	f.mu.Lock()
	f.open[r] = 0
	f.mu.Unlock()
	return r
}

// next is the next answer.
func (f *front) next(t testing.TB) reply {
	t.Helper()
	select {
	case r := <-f.replies:
		return r
	case <-time.After(5 * time.Second):
		t.Fatal("no answer")
	}
	return reply{}
}

func (r reply) status() smb2.Status { return smb2.Header(r.b).Status() }

func write(data []byte) func([]byte) []byte {
	return func(b []byte) []byte { return new(smb2.WriteRequest).Append(b, data) }
}

func read(n uint32) func([]byte) []byte {
	r := smb2.ReadRequest{Length: n}
	return func(b []byte) []byte { return r.Append(b, nil) }
}

func lock(b []byte) []byte {
	return new(smb2.LockRequest).Append(b, []smb2.Lock{{Length: 1}})
}

func create(b []byte) []byte { return new(smb2.CreateRequest).Append(b, nil, nil) }

// data is what a READ was answered with.
func (r reply) data(t testing.TB) []byte {
	t.Helper()
	res, err := smb2.ParseReadResponse(r.b)
	if err != nil {
		t.Fatal(err)
	}
	d, err := res.Data(r.b)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A rig is a Space with a scripted server behind it.
type rig struct {
	t      testing.TB
	net    *mem.Network
	back   transports.Arena // of the leg
	server *smb2test.Keyed
	space  *back.Space
	front  *front
	client *tree.Client
	share  *tree.Share
	served chan error
	link   transports.Conn
	login  func() auth.Initiator
}

func newRig(t testing.TB, s crypt.Suite) *rig {
	r := &rig{t: t, front: newFront(), served: make(chan error, 1)}
	r.net = &mem.Network{Arena: new(transports.Arena)}
	r.server = &smb2test.Keyed{Suite: s, Key: testKey}
	r.server.Credits = 30
	r.login = func() auth.Initiator { return proof() }
	r.space = &back.Space{Options: back.Options{Arena: &r.back, ServerName: "nas1"}}
	r.dial(nil)
	r.space.Initiator = func(*tree.Client) (auth.Initiator, error) { return r.login(), nil }
	r.client = &tree.Client{SessionID: 5, ClientGUID: smb2.GUID{1, 2, 3}, Notify: r.front}
	return r
}

// dial has the server answer, on a connection that wrap may change.
func (r *rig) dial(wrap func(transports.Conn) transports.Conn) {
	r.space.Dial = back.Direct(func(context.Context) (transports.Conn, error) {
		if wrap != nil {
			return wrap(r.answering()), nil
		}
		return r.answering(), nil
	})
}

// answering is a connection to the server.
func (r *rig) answering() transports.Conn {
	a, b := r.net.Pipe()
	r.link, r.server.Conn = a, b
	go func() {
		err := r.server.Serve()
		b.Close()
		r.served <- err
	}()
	return a
}

func (r *rig) connect() error {
	var err error
	r.share, err = r.space.Connect(context.Background(), r.client, "data")
	return err
}

// mustConnect is connect, for tests of what comes later.
func (r *rig) mustConnect() *rig {
	r.t.Helper()
	if err := r.connect(); err != nil {
		r.t.Fatal(err)
	}
	return r
}

func (r *rig) serve(c smb2.Command, body func([]byte) []byte) *tree.Request {
	q := r.front.request(c, body)
	r.share.Server.Serve([]*tree.Request{q})
	return q
}

func (r *rig) do(c smb2.Command, body func([]byte) []byte) reply {
	r.t.Helper()
	r.serve(c, body)
	return r.front.next(r.t)
}

// end closes everything and checks that nothing is left. want is why the
// server's loop ended, nil for the end of the connection.
func (r *rig) end(want error) {
	r.t.Helper()
	if r.share != nil {
		r.share.Server.Close()
	}
	r.space.Close()
	if r.link != nil {
		if err := <-r.served; want == nil && !hungUp(err) {
			r.t.Errorf("the server ended: %v", err)
		}
	}
	r.front.mu.Lock()
	defer r.front.mu.Unlock()
	if n := len(r.front.open); n > 0 {
		r.t.Errorf("%d requests were never answered", n)
	}
	for name, a := range map[string]*transports.Arena{"front": &r.front.arena, "back": &r.back, "network": r.net.Arena} {
		if n := a.InUse(); n != 0 {
			r.t.Errorf("%d messages of the %s in use", n, name)
		}
	}
}

// hungUp says that a server found nobody there any more, and nothing wrong.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, mem.ErrBroken) || errors.Is(err, syscall.EPIPE)
}

var (
	gmac = crypt.Suite{Dialect: smb2.Dialect311, Signing: crypt.AESGMAC, Cipher: crypt.AES128GCM}
	cmac = crypt.Suite{Dialect: smb2.Dialect302, Signing: crypt.AESCMAC, Cipher: crypt.AES128CCM}
)
