package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"testing"
	"time"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A world is a store with a clock that ticks a second each time it is read.
type world struct {
	t     testing.TB
	arena *transports.Arena
	store *Store
}

func newWorld(t testing.TB, c Config) *world {
	w := &world{t: t, arena: new(transports.Arena)}
	c.Arena = w.arena
	w.store = New(c)
	t.Cleanup(func() {
		if n := w.arena.InUse(); n != 0 {
			t.Errorf("%d messages are still in use", n)
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

func (w *world) connect() *client {
	share, err := w.store.Connect(context.Background(), &tree.Client{Dialect: smb2.Dialect311}, "STORE")
	if err != nil {
		w.t.Fatal(err)
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

func (s *sent) Pending(*tree.Request) { s.pending <- true }

// A part of a request: a command and a body behind the header.
type part struct {
	command smb2.Command
	put     func(b []byte) []byte
}

// send serves parts as a chain.
func (c *client) send(parts ...part) []*sent {
	var all []*sent
	var requests []*tree.Request
	for i, p := range parts {
		c.id++
		h := smb2.NewHeader(p.command, c.id)
		if i > 0 {
			h.Set(smb2.FlagRelated)
		}
		s := c.sendable(p.put(h))
		all, requests = append(all, s), append(requests, s.request)
	}
	c.server.Serve(requests)
	return all
}

func (c *client) sendable(element []byte) *sent {
	m := c.world.arena.New(len(element))
	copy(m.Bytes(), element)
	s := &sent{reply: make(chan []byte, 2), pending: make(chan bool, 2)}
	s.request = &tree.Request{Message: m, Element: m.Bytes(), Replier: s}
	return s
}

// wait is the answer's status and the answer.
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

// waits sends a request that is told to wait.
func (c *client) waits(p part) *sent {
	c.t.Helper()
	s := c.send(p)[0]
	select {
	case <-s.pending:
	default:
		status, _ := c.wait(s)
		c.t.Fatalf("%v does not wait: %v", p.command, status)
	}
	select {
	case b := <-s.reply:
		c.t.Fatalf("%v has been answered: %v", p.command, smb2.Header(b).Status())
	default:
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

// A wish is a CREATE with what most tests want when nothing is said.
type wish struct {
	name        string
	access      smb2.Access
	share       smb2.ShareAccess
	noShare     bool
	disposition smb2.Disposition
	options     smb2.CreateOptions
	attributes  smb2.FileAttributes
	contexts    []smb2.CreateContext
}

func (w wish) part() part {
	r := smb2.CreateRequest{
		OplockLevel: smb2.OplockBatch, Impersonation: smb2.ImpersonateImpersonation, Access: w.access,
		Attributes: w.attributes, Share: w.share, Disposition: w.disposition, Options: w.options,
	}
	if r.Access == 0 {
		r.Access = allAccess
	}
	if r.Share == 0 && !w.noShare {
		r.Share = 7
	}
	return part{smb2.CommandCreate, func(b []byte) []byte { return r.Append(b, wire(w.name), w.contexts) }}
}

const (
	openIf = smb2.DispositionOpenIf
	mkdir  = smb2.OptionDirectory
)

func (c *client) create(want smb2.Status, w wish) (f smb2.FileID) {
	c.t.Helper()
	b := c.do(want, w.part())
	if want == smb2.StatusSuccess {
		f = c.created(b).FileID
	}
	return f
}

func (c *client) created(b []byte) smb2.CreateResponse {
	c.t.Helper()
	r, err := smb2.ParseCreateResponse(b)
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

// file opens a file for everything, and makes it when it is not there.
func (c *client) file(name string) smb2.FileID {
	c.t.Helper()
	return c.create(smb2.StatusSuccess, wish{name: name, disposition: openIf})
}

// directory opens or makes a directory.
func (c *client) directory(name string) smb2.FileID {
	c.t.Helper()
	return c.create(smb2.StatusSuccess, wish{name: name, disposition: openIf, options: mkdir})
}

func closing(f smb2.FileID) part {
	r := smb2.CloseRequest{Flags: smb2.ClosePostQuery, FileID: f}
	return part{smb2.CommandClose, r.AppendBody}
}

func (c *client) close(f smb2.FileID) smb2.CloseResponse {
	c.t.Helper()
	r, err := smb2.ParseCloseResponse(c.do(smb2.StatusSuccess, closing(f)))
	if err != nil {
		c.t.Fatal(err)
	}
	return r
}

func writing(f smb2.FileID, off uint64, data []byte) part {
	r := smb2.WriteRequest{Offset: off, FileID: f}
	return part{smb2.CommandWrite, func(b []byte) []byte { return r.Append(b, data) }}
}

func (c *client) write(want smb2.Status, f smb2.FileID, off uint64, data string) {
	c.t.Helper()
	b := c.do(want, writing(f, off, []byte(data)))
	if want != smb2.StatusSuccess {
		return
	}
	if r, err := smb2.ParseWriteResponse(b); err != nil || int(r.Count) != len(data) {
		c.t.Fatalf("wrote %d of %d, %v", r.Count, len(data), err)
	}
}

func reading(f smb2.FileID, off uint64, n uint32) part {
	r := smb2.ReadRequest{Offset: off, Length: n, FileID: f}
	return part{smb2.CommandRead, func(b []byte) []byte { return r.Append(b, nil) }}
}

func (c *client) read(want smb2.Status, f smb2.FileID, off uint64, n uint32) string {
	c.t.Helper()
	b := c.do(want, reading(f, off, n))
	if want != smb2.StatusSuccess {
		return ""
	}
	r, err := smb2.ParseReadResponse(b)
	if err != nil {
		c.t.Fatal(err)
	}
	data, err := r.Data(b)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(data)
}

func locking(f smb2.FileID, l ...smb2.Lock) part {
	r := smb2.LockRequest{FileID: f}
	return part{smb2.CommandLock, func(b []byte) []byte { return r.Append(b, l) }}
}

func querying(f smb2.FileID, t smb2.InfoType, class smb2.FileClass, n uint32) part {
	r := smb2.QueryInfoRequest{InfoType: t, Class: class, OutputLength: n, FileID: f, Additional: 7}
	return part{smb2.CommandQueryInfo, func(b []byte) []byte { return r.Append(b, nil) }}
}

// query is the output of a QUERY_INFO.
func (c *client) query(want smb2.Status, f smb2.FileID, t smb2.InfoType, class smb2.FileClass, n uint32) []byte {
	c.t.Helper()
	b := c.do(want, querying(f, t, class, n))
	if !want.HasData() {
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

func (c *client) set(want smb2.Status, f smb2.FileID, class smb2.FileClass, x tree.Body) {
	c.t.Helper()
	c.do(want, setting(f, class, x.AppendBody(nil)))
}

func controlling(f smb2.FileID, code smb2.FSCTL, input []byte, most uint32) part {
	r := smb2.IoctlRequest{Code: code, FileID: f, MaxOutput: most, Flags: smb2.IoctlIsFSCTL}
	return part{smb2.CommandIoctl, func(b []byte) []byte { return r.Append(b, input) }}
}

// control is the output of an IOCTL.
func (c *client) control(want smb2.Status, f smb2.FileID, code smb2.FSCTL, input []byte, most uint32) []byte {
	c.t.Helper()
	b := c.do(want, controlling(f, code, input, most))
	if smb2.Header(b).HasErrorBody() {
		return nil
	}
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

func le64(v uint64) []byte { return binary.LittleEndian.AppendUint64(nil, v) }
