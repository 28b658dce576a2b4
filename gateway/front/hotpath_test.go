package front

import (
	"io"
	"net"
	"testing"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/transports"
)

// A drain takes all that is sent, and its transfers end at once.
type drain struct {
	sent         int
	last, pushed *byte // where the last byte of it lay
}

func (d *drain) Receive() (*transports.Message, error) { return nil, io.EOF }
func (d *drain) Close() error                          { return nil }
func (d *drain) RemoteAddr() net.Addr                  { return &net.TCPAddr{} }
func (d *drain) Send(m *transports.Message) error {
	d.sent++
	d.last = end(m.Bytes())
	m.Release()
	return nil
}
func (d *drain) Placement() transports.Placement {
	return transports.Placement{MaxReadWrite: 8 << 20, Server: true}
}
func (d *drain) Push(_ []transports.Descriptor, data []byte, done transports.Done) {
	d.pushed = end(data)
	done.Done(nil)
}
func (d *drain) Pull(_ []byte, _ []transports.Descriptor, done transports.Done) { done.Done(nil) }
func (d *drain) Expose([]byte, transports.Right) (transports.Exposure, error) {
	return nil, transports.ErrRole
}

// An idler answers without looking: what it costs is the front's.
type idler struct {
	counter
	arena       transports.Arena
	asked, said *byte // where the last byte of request and answer lay
}

func end(b []byte) *byte { return &b[len(b)-1] }

func (s *idler) Serve(chain []*tree.Request) {
	for _, r := range chain {
		s.asked = end(r.Element)
		if r.Header().Command() == smb2.CommandRead {
			q, _ := smb2.ParseReadRequest(r.Element)
			m := s.arena.New(smb2.ReadResponseBuffer + int(q.Length))
			res := smb2.ReadResponse{DataOffset: smb2.ReadResponseBuffer, DataLength: q.Length}
			res.AppendBody(head80(m))
			s.said = end(m.Bytes())
			r.Reply(m)
			continue
		}
		m := s.arena.New(smb2.WriteResponseLength)
		(&smb2.WriteResponse{}).AppendBody(head80(m))
		r.Reply(m)
	}
}

func head80(m *transports.Message) []byte {
	b := m.Bytes()[:smb2.HeaderSize]
	clear(b)
	return b
}

// A step is a connection without goroutines that is asked one thing at a time.
type hot struct {
	c       *conn
	d       *drain
	idler   *idler
	request []byte
	signer  *crypt.Signer
	sealer  *crypt.Sealer
	arena   transports.Arena
	id      uint64
	charge  uint16
	session uint64
}

func newHot(t testing.TB, command smb2.Command, n int, protect string) *hot {
	r := newRig(t, nil)
	r.s.prepare()
	h := &hot{d: new(drain), charge: uint16((n + 65535) / 65536), id: 1}
	h.c = r.s.newConn(t.Context(), h.d, r.shop)
	h.c.login.Stop()
	c := h.c
	suite := crypt.Suite{Dialect: smb2.Dialect311, Signing: crypt.AESGMAC, Cipher: crypt.AES128GCM}
	c.terms.suite = suite
	c.terms.limit = transports.MaxMessage
	s := c.newSession()
	t.Cleanup(func() { s.drop(c.Sessions) })
	key, hash := make([]byte, 16), make([]byte, 64)
	var err error
	s.keys, err = crypt.NewSession(suite, crypt.Server, key, hash)
	must(t, err)
	s.signer, _ = s.keys.Signer(suite)
	s.verifier, _ = s.keys.Signer(suite)
	s.sealer, _ = s.keys.Sealer()
	s.opener, _ = s.keys.Opener()
	s.state, s.up, c.logins = valid, true, 0
	r.shop.open++
	h.idler = &idler{counter: counter{r.shop}}
	s.trees[7] = &branch{id: 7, share: &tree.Share{Server: h.idler}}
	peer, err := crypt.NewSession(suite, crypt.Client, key, hash)
	must(t, err)
	switch protect {
	case "signed":
		h.signer, _ = peer.Signer(suite)
	case "sealed":
		h.sealer, _ = peer.Sealer()
	}
	head := smb2.NewHeader(command, 0)
	head.SetCreditCharge(h.charge)
	head.SetCredits(1024)
	head.SetTreeID(7)
	head.SetSessionID(s.id)
	h.session = s.id
	info := smb2.BufferDescriptor{Offset: 1, Token: 2, Length: uint32(n)}.AppendBody(nil)
	switch {
	case command == smb2.CommandEcho:
		h.request = (&smb2.Echo{}).AppendBody(head)
	case command == smb2.CommandRead && protect == "placed":
		q := smb2.ReadRequest{Length: uint32(n), Channel: smb2.ChannelV1Invalidate}
		h.request = q.Append(head, info)
	case command == smb2.CommandRead:
		q := smb2.ReadRequest{Length: uint32(n)}
		h.request = q.Append(head, []byte{0})
	default:
		h.request = (&smb2.WriteRequest{}).Append(head, make([]byte, n))
	}
	c.window.Take(0, 1)
	c.window.Grant(1024)
	return h
}

// step asks once, and returns where the request's last byte lay.
func (h *hot) step(t testing.TB) *byte {
	m := h.arena.NewWithHeadroom(len(h.request), transports.Headroom+crypt.TransformSize)
	copy(m.Bytes(), h.request)
	smb2.Header(m.Bytes()).SetMessageID(smb2.MessageID(h.id))
	h.id += uint64(h.charge)
	if h.signer != nil {
		h.signer.Sign(m.Bytes())
	}
	if h.sealer != nil {
		m.Prepend(crypt.TransformSize)
		h.sealer.Seal(m.Bytes(), h.session)
	}
	before, last := h.d.sent, end(m.Bytes())
	if err := h.c.receive(m); err != nil || h.d.sent != before+1 {
		t.Fatalf("%v, %d answers", err, h.d.sent-before)
	}
	return last
}

var hots = []struct {
	name    string
	command smb2.Command
	protect string
}{
	{"ECHO plain", smb2.CommandEcho, ""},
	{"ECHO signed", smb2.CommandEcho, "signed"},
	{"READ plain", smb2.CommandRead, ""},
	{"READ signed", smb2.CommandRead, "signed"},
	{"READ sealed", smb2.CommandRead, "sealed"},
	{"READ placed", smb2.CommandRead, "placed"},
	{"WRITE plain", smb2.CommandWrite, ""},
	{"WRITE signed", smb2.CommandWrite, "signed"},
	{"WRITE sealed", smb2.CommandWrite, "sealed"},
}

// Nothing is allocated for a READ or WRITE once records and buffers are there.
func TestAllocations(t *testing.T) {
	for _, c := range hots {
		h := newHot(t, c.command, 1<<20, c.protect)
		for range 5 {
			h.step(t)
		}
		if n := testing.AllocsPerRun(20, func() { h.step(t) }); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}

// The payload stays where it is: the tree is given the bytes that were received,
// and what it answers with is what is sent or placed.
func TestCopies(t *testing.T) {
	for _, c := range hots {
		if c.command == smb2.CommandEcho {
			continue
		}
		h := newHot(t, c.command, 1<<20, c.protect)
		got := h.step(t)
		switch {
		case c.command == smb2.CommandWrite && h.idler.asked != got,
			c.command == smb2.CommandRead && c.protect == "placed" && h.d.pushed != h.idler.said,
			c.command == smb2.CommandRead && c.protect != "placed" && h.d.last != h.idler.said:
			t.Errorf("%s: the payload is copied", c.name)
		}
	}
}

func BenchmarkStep(b *testing.B) {
	for _, size := range []int{4 << 10, 1 << 20} {
		for _, c := range hots {
			b.Run(c.name, func(b *testing.B) {
				h := newHot(b, c.command, size, c.protect)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					h.step(b)
				}
			})
		}
	}
}
