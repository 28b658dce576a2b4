package ipc

import (
	"bytes"
	"testing"
	"time"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

const ok = smb2.StatusSuccess

// A world is a service whose pipes and messages are counted to zero.
type world struct {
	t       testing.TB
	arena   *transports.Arena
	service *Service
}

func newWorld(t testing.TB, shares ...Share) *world {
	w := &world{t: t, arena: new(transports.Arena)}
	w.service = New(Config{
		Server: "GW", Comment: "a gateway", Arena: w.arena,
		Shares: func(*tree.Client) []Share { return shares },
		Now:    func() time.Time { return time.Unix(1700000000, 990e6) },
	})
	t.Cleanup(func() {
		if n := w.arena.InUse(); n != 0 {
			t.Errorf("%d messages are still in use", n)
		}
		if n := w.service.Held(); n != 0 {
			t.Errorf("closed pipes hold %d bytes", n)
		}
	})
	return w
}

// A client drives one tree. The first surprise ends the test.
type client struct {
	t      testing.TB
	world  *world
	server tree.Server
	id     smb2.MessageID
}

func (w *world) connect() *client { return w.with(w.service.Connect) }
func (w *world) refused() *client { return w.with(w.service.Refuse) }

// with is a client of a tree that connect begins.
func (w *world) with(connect func(*tree.Client) *tree.Share) *client {
	share := connect(&tree.Client{Dialect: smb2.Dialect311})
	if share.Type != smb2.SharePipe {
		w.t.Errorf("a share of type %v", share.Type)
	}
	c := &client{t: w.t, world: w, server: share.Server}
	w.t.Cleanup(c.server.Close)
	return c
}

// A sent request gets one answer.
type sent struct {
	request *tree.Request
	reply   chan []byte
	pending chan bool
	told    func() // called when the client is told to wait
}

func (s *sent) Reply(r *tree.Request, m *transports.Message) {
	b := bytes.Clone(m.Bytes())
	if m.Headroom() < 56 {
		b = nil // no room for a frame and an encryption header
	}
	m.Release()
	r.Message.Release()
	s.reply <- b
}

func (s *sent) Pending(*tree.Request) {
	s.pending <- true
	if s.told != nil {
		s.told()
	}
}

// A part of a request: a command and a body behind the header.
type part struct {
	command smb2.Command
	put     func(b []byte) []byte
}

// chain makes requests of parts, the second and later ones related.
func (c *client) chain(parts ...part) (all []*sent, requests []*tree.Request) {
	for i, p := range parts {
		c.id++
		h := smb2.NewHeader(p.command, c.id)
		if i > 0 {
			h.Set(smb2.FlagRelated)
		}
		element := p.put(h)
		m := c.world.arena.New(len(element))
		copy(m.Bytes(), element)
		s := &sent{reply: make(chan []byte, 2), pending: make(chan bool, 2)}
		s.request = &tree.Request{Message: m, Element: m.Bytes(), Replier: s}
		all, requests = append(all, s), append(requests, s.request)
	}
	return all, requests
}

func (c *client) send(parts ...part) []*sent {
	all, requests := c.chain(parts...)
	c.server.Serve(requests)
	return all
}

func (c *client) wait(s *sent) (smb2.Status, []byte) {
	c.t.Helper()
	select {
	case b := <-s.reply:
		if b == nil {
			c.t.Fatal("a reply has no headroom")
		}
		return smb2.Header(b).Status(), b
	case <-time.After(10 * time.Second):
		c.t.Fatal("no answer")
	}
	return 0, nil
}

// waits sends a request that is told to wait and not answered.
func (c *client) waits(p part) *sent {
	c.t.Helper()
	s := c.send(p)[0]
	if len(s.pending) != 1 || len(s.reply) != 0 {
		c.t.Fatalf("%v does not wait", p.command)
	}
	return s
}

// do sends one request and wants a status.
func (c *client) do(want smb2.Status, p part) []byte {
	c.t.Helper()
	status, b := c.wait(c.send(p)[0])
	if status != want {
		c.t.Fatalf("%v: %v, want %v", p.command, status, want)
	}
	return b
}

func creating(name string, access smb2.Access) part {
	r := smb2.CreateRequest{Access: access, Disposition: smb2.DispositionOpen, Impersonation: smb2.ImpersonateImpersonation}
	return part{smb2.CommandCreate, func(b []byte) []byte { return r.Append(b, smb2.AppendUTF16(nil, name), nil) }}
}

func (c *client) open() smb2.FileID {
	c.t.Helper()
	r, err := smb2.ParseCreateResponse(c.do(ok, creating("srvsvc", 0x12019f)))
	if err != nil {
		c.t.Fatal(err)
	}
	return r.FileID
}

func closing(f smb2.FileID) part {
	return part{smb2.CommandClose, (&smb2.CloseRequest{Flags: smb2.ClosePostQuery, FileID: f}).AppendBody}
}

func writing(f smb2.FileID, data []byte) part {
	r := smb2.WriteRequest{FileID: f}
	return part{smb2.CommandWrite, func(b []byte) []byte { return r.Append(b, data) }}
}

func reading(f smb2.FileID, n uint32) part {
	r := smb2.ReadRequest{Length: n, FileID: f}
	return part{smb2.CommandRead, func(b []byte) []byte { return r.Append(b, nil) }}
}

func (c *client) read(want smb2.Status, f smb2.FileID, n uint32) []byte {
	c.t.Helper()
	return c.readData(c.do(want, reading(f, n)))
}

func (c *client) readData(b []byte) []byte {
	c.t.Helper()
	r, err := smb2.ParseReadResponse(b)
	if err != nil {
		c.t.Fatal(err)
	}
	data, err := r.Data(b)
	if err != nil {
		c.t.Fatal(err)
	}
	return data
}

func controlling(f smb2.FileID, code smb2.FSCTL, input []byte, most uint32) part {
	r := smb2.IoctlRequest{Code: code, FileID: f, MaxOutput: most, Flags: smb2.IoctlIsFSCTL}
	return part{smb2.CommandIoctl, func(b []byte) []byte { return r.Append(b, input) }}
}

// control is the output of an IOCTL.
func (c *client) control(want smb2.Status, f smb2.FileID, code smb2.FSCTL, input []byte, most uint32) []byte {
	c.t.Helper()
	b := c.do(want, controlling(f, code, input, most))
	if !want.HasData() {
		return nil
	}
	return c.ioctlOutput(b)
}

func (c *client) ioctlOutput(b []byte) []byte {
	c.t.Helper()
	r, err := smb2.ParseIoctlResponse(b)
	if err != nil {
		c.t.Fatal(err)
	}
	out, err := r.Output(b)
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

func querying(f smb2.FileID, t smb2.InfoType, class smb2.FileClass, n uint32) part {
	r := smb2.QueryInfoRequest{InfoType: t, Class: class, OutputLength: n, FileID: f}
	return part{smb2.CommandQueryInfo, func(b []byte) []byte { return r.Append(b, nil) }}
}

func (c *client) query(want smb2.Status, f smb2.FileID, class smb2.FileClass, n uint32) []byte {
	c.t.Helper()
	b := c.do(want, querying(f, smb2.InfoFile, class, n))
	if want != ok {
		return nil
	}
	r, err := smb2.ParseQueryInfoResponse(b)
	if err != nil {
		c.t.Fatal(err)
	}
	out, err := r.Output(b)
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

func setting(f smb2.FileID, class smb2.FileClass, data []byte) part {
	r := smb2.SetInfoRequest{InfoType: smb2.InfoFile, Class: class, FileID: f}
	return part{smb2.CommandSetInfo, func(b []byte) []byte { return r.Append(b, data) }}
}
