package gateway

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/auth/ntlm"
	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
	"github.com/smbgw/smbgw/transports/smbdirect"
	"github.com/smbgw/smbgw/transports/smbdirect/iwarp"
	"github.com/smbgw/smbgw/transports/tcp"
)

// A witness follows a payload through the gateway. What has been copied lies
// elsewhere when it leaves than where it arrived, whatever has been put in
// front of it.
type witness struct {
	size int // of the payload; what is shorter has none

	mu            sync.Mutex
	end           *byte // the payload's last byte, where it arrived last
	moved, copied int
	placed        int // transfers and exposures
}

func (w *witness) arrived(b []byte) {
	if len(b) < w.size {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end = &b[len(b)-1]
}

func (w *witness) left(b []byte) {
	if len(b) < w.size {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moved++
	if w.end != &b[len(b)-1] {
		w.copied++
	}
}

// tap is a leg as the gateway holds it, before the eyes of a witness.
func (w *witness) tap(c transports.Conn) transports.Conn {
	t := tap{c, w}
	if p, ok := c.(transports.Placer); ok {
		return &placingTap{t, p}
	}
	return &t
}

type tap struct {
	transports.Conn
	w *witness
}

func (t *tap) Receive() (*transports.Message, error) {
	m, err := t.Conn.Receive()
	if err == nil {
		t.w.arrived(m.Bytes())
	}
	return m, err
}

func (t *tap) Send(m *transports.Message) error {
	t.w.left(m.Bytes())
	return t.Conn.Send(m)
}

type placingTap struct {
	tap
	p transports.Placer
}

// look returns what has been seen since the last look.
func (w *witness) look() (moved, copied, placed int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	moved, copied, placed = w.moved, w.copied, w.placed
	w.moved, w.copied, w.placed = 0, 0, 0
	return moved, copied, placed
}

func (w *witness) places(b []byte) {
	if len(b) < w.size {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.placed++
}

func (t *placingTap) Placement() transports.Placement { return t.p.Placement() }

func (t *placingTap) Pull(to []byte, from []transports.Descriptor, d transports.Done) {
	t.w.places(to)
	t.w.arrived(to)
	t.p.Pull(to, from, d)
}

func (t *placingTap) Push(to []transports.Descriptor, from []byte, d transports.Done) {
	t.w.places(from)
	t.w.left(from)
	t.p.Push(to, from, d)
}

func (t *placingTap) Expose(b []byte, right transports.Right) (transports.Exposure, error) {
	t.w.places(b)
	if right == transports.Writable {
		t.w.arrived(b)
	} else {
		t.w.left(b)
	}
	return t.p.Expose(b, right)
}

// A wire is how two neighbours of a path are joined.
type wire func(testing.TB) (client, server transports.Conn)

func inMemory(testing.TB) (client, server transports.Conn) { return new(mem.Network).Pipe() }

func onTCP(tb testing.TB) (client, server transports.Conn) {
	return onLoopback(tb, tcp.Network{Arena: new(transports.Arena)})
}

// onSMBDirect can place. Unlike the in-memory network's, its transfers allocate
// nothing.
func onSMBDirect(tb testing.TB) (client, server transports.Conn) {
	return onLoopback(tb, smbdirect.Over(new(iwarp.Provider), smbdirect.Options{}))
}

func onLoopback(tb testing.TB, n transports.Network) (client, server transports.Conn) {
	l, err := n.Announce(tb.Context(), transports.Addr{Network: "tcp", Host: "127.0.0.1", Service: "0"})
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()
	host, port, _ := net.SplitHostPort(l.Addr().String())
	client, err = n.Dial(tb.Context(), transports.Addr{Network: "tcp", Host: host, Service: port})
	if err != nil {
		tb.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		tb.Fatal(err)
	}
	return client, server
}

// A path is a client, the gateway and a store, each with a real leg:
//
//	back -- front, back -- front, store
//	client  gateway        server
type path struct {
	w       witness
	share   *tree.Share // as the client sees it
	arena   *transports.Arena
	replies chan *transports.Message
	request tree.Request
	chain   []*tree.Request
}

func newPath(tb testing.TB, front, behind wire, o back.Options, size int) *path {
	p := &path{arena: new(transports.Arena), replies: make(chan *transports.Message, 2), w: witness{size: size}}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	serve := func(m Mount, c transports.Conn) {
		g := &Gateway{Log: slog.New(slog.DiscardHandler), Listeners: []Listener{{}}, Service: welcoming(m)}
		s := newServer(g)
		running.Go(func() { s.serve(ctx, &g.Listeners[0], c) })
	}
	gatewayEnd, serverEnd := behind(tb)
	serve(Mount{Name: "store", Store: store.New(store.Config{})}, serverEnd)
	clientEnd, frontEnd := front(tb)
	serve(Mount{
		Name: "data", Share: "store", As: &Login{Initiator: initiating},
		Backend: &Backend{Place: true, ServerName: "server", Endpoints: []Endpoint{{Network: dialer{conn: p.w.tap(gatewayEnd)}}}},
	}, p.w.tap(frontEnd))

	o.Arena, o.ServerName = p.arena, "gateway"
	space := &back.Space{
		Dial:      back.Direct(func(context.Context) (transports.Conn, error) { return clientEnd, nil }),
		Initiator: initiating,
		Options:   o,
	}
	client := &tree.Client{User: auth.Identity{User: "tester"}, Dialect: smb2.Dialect311, SessionID: 1}
	var err error
	if p.share, err = space.Connect(ctx, client, "data"); err != nil {
		tb.Fatal(err)
	}
	p.request.Replier, p.chain = p, []*tree.Request{&p.request}
	tb.Cleanup(func() {
		p.share.Server.Close()
		space.Close()
		cancel()
		running.Wait()
		if n := p.arena.InUse(); n != 0 {
			tb.Errorf("%d messages are left", n)
		}
	})
	return p
}

// welcoming is a service that lets in who logs in as initiating does.
func welcoming(m Mount) *Service {
	s := &ntlm.Server{Users: oneUser{}, Computer: "LAB"}
	return &Service{
		NewAcceptor: func(net.Addr) auth.Acceptor { return s.NewAcceptor() },
		Mounts:      []Mount{m},
	}
}

type oneUser struct{}

func (oneUser) Lookup(string) (auth.Account, error) {
	return auth.Account{Name: "tester", Hash: ntlm.Hash("pw")}, nil
}

func initiating(*tree.Client) (auth.Initiator, error) {
	return (&ntlm.Client{User: "tester", Hash: ntlm.Hash("pw")}).NewInitiator(), nil
}

// Reply and Pending make p the Replier of its requests.
func (p *path) Reply(r *tree.Request, m *transports.Message) {
	r.Message.Release()
	p.replies <- m
}

func (p *path) Pending(*tree.Request) {}

// send asks for one thing, whose payload has whatever content there is.
func (p *path) send(tb testing.TB, head []byte, payload int) *transports.Message {
	m := p.arena.New(len(head) + payload)
	copy(m.Bytes(), head)
	p.request.Message, p.request.Element = m, m.Bytes()
	p.share.Server.Serve(p.chain)
	reply := <-p.replies
	if s := smb2.Header(reply.Bytes()).Status(); s != smb2.StatusSuccess {
		tb.Fatalf("%v: %v", smb2.Header(head).Command(), s)
	}
	return reply
}

// open makes a file.
func (p *path) open(tb testing.TB) smb2.FileID {
	q := smb2.CreateRequest{Access: smb2.AccessReadData | smb2.AccessWriteData, Disposition: smb2.DispositionCreate}
	m := p.send(tb, q.Append(smb2.NewHeader(smb2.CommandCreate, 0), []byte{'f', 0}, nil), 0)
	defer m.Release()
	r, err := smb2.ParseCreateResponse(m.Bytes())
	if err != nil {
		tb.Fatal(err)
	}
	return r.FileID
}

// operations are a WRITE and a READ of all of a file.
func (p *path) operations(tb testing.TB) map[smb2.Command]func() {
	file, n := p.open(tb), p.w.size
	w := smb2.WriteRequest{DataOffset: smb2.WriteRequestBuffer, Length: uint32(n), FileID: file}
	r := smb2.ReadRequest{Length: uint32(n), FileID: file}
	write := w.AppendBody(smb2.NewHeader(smb2.CommandWrite, 0))
	read := r.Append(smb2.NewHeader(smb2.CommandRead, 0), []byte{0})
	p.send(tb, write, n).Release()
	return map[smb2.Command]func(){
		smb2.CommandWrite: func() { p.send(tb, write, n).Release() },
		smb2.CommandRead:  func() { p.send(tb, read, 0).Release() },
	}
}

var paths = []struct {
	name          string
	front, behind wire
	protect       back.Options
	placing       int // legs
}{
	{"message to message", inMemory, inMemory, back.Options{}, 0},
	{"message to message, signed", inMemory, inMemory, back.Options{Sign: true}, 0},
	{"message to message, sealed", inMemory, inMemory, back.Options{Encrypt: true}, 0},
	{"message to placing", inMemory, onSMBDirect, back.Options{}, 1},
	{"message to placing, sealed", inMemory, onSMBDirect, back.Options{Encrypt: true}, 1},
	{"placing to message", onSMBDirect, inMemory, back.Options{}, 1},
	{"placing to placing", onSMBDirect, onSMBDirect, back.Options{}, 2},
	{"sockets", onTCP, onTCP, back.Options{}, 0},
	{"sockets, sealed", onTCP, onTCP, back.Options{Encrypt: true}, 0},
}

// A gateway that terminates does not copy the payload of a READ or WRITE, and
// places it where a leg can.
func TestPath(t *testing.T) {
	t.Parallel()
	for _, c := range paths {
		p := newPath(t, c.front, c.behind, c.protect, 256*kib)
		for command, one := range p.operations(t) {
			p.w.look()
			for range 5 {
				one()
			}
			if moved, copied, placed := p.w.look(); moved != 5 || copied != 0 || placed != moved*c.placing {
				t.Errorf("%s: %v: of %d payloads %d were copied and %d placed, on %d legs that place",
					c.name, command, moved, copied, placed, c.placing)
			}
		}
	}
}

// The witness sees a copy where there is one: in a compound that is put together
// again.
func TestWitness(t *testing.T) {
	t.Parallel()
	p := newPath(t, inMemory, inMemory, back.Options{}, 64*kib)
	w := smb2.WriteRequest{DataOffset: smb2.WriteRequestBuffer, Length: uint32(p.w.size), FileID: p.open(t)}
	head := w.AppendBody(smb2.NewHeader(smb2.CommandWrite, 0))
	chain := make([]*tree.Request, 2)
	for i := range chain {
		m := p.arena.New(len(head) + p.w.size)
		copy(m.Bytes(), head)
		chain[i] = &tree.Request{Message: m, Element: m.Bytes(), Replier: p}
	}
	p.share.Server.Serve(chain)
	(<-p.replies).Release()
	(<-p.replies).Release()
	if moved, copied, _ := p.w.look(); moved != 1 || copied != 1 {
		t.Errorf("%d of %d messages were copied", copied, moved)
	}
}

// BenchmarkPath reports copies and allocations, both none, and the time of client,
// gateway and server together.
func BenchmarkPath(b *testing.B) {
	for _, c := range paths {
		for _, command := range []smb2.Command{smb2.CommandRead, smb2.CommandWrite} {
			b.Run(c.name+"/"+command.String(), func(b *testing.B) {
				p := newPath(b, c.front, c.behind, c.protect, mib)
				one := p.operations(b)[command]
				one()
				p.w.look()
				b.SetBytes(mib)
				b.ReportAllocs()
				for b.Loop() {
					one()
				}
				moved, copied, _ := p.w.look()
				b.ReportMetric(float64(copied)/float64(moved), "copies/op")
			})
		}
	}
}
