package guard

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/policy"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A world is a store with a guard in front of it, and a tree that has none to
// make and to look at things.
type world struct {
	t     *testing.T
	arena *transports.Arena
	guard *Server
	share *tree.Share
	log   *lines

	guarded, free *client
}

// A lines is a log's lines.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, string(b))
	return len(b), nil
}

// count is how many lines have all the words.
func (l *lines) count(words ...string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.all {
		has := true
		for _, w := range words {
			has = has && strings.Contains(line, w)
		}
		if has {
			n++
		}
	}
	return n
}

func newWorld(t *testing.T, rules ...policy.Rule) *world {
	t.Helper()
	w := &world{t: t, arena: new(transports.Arena), log: new(lines)}
	for i := range rules {
		rules[i].Place = policy.Place{File: "f", Line: i + 1}
	}
	p, err := policy.New("p", rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	memory := store.New(store.Config{Shares: []string{"s"}, Arena: w.arena})
	connect := func() *tree.Share {
		s, err := memory.Connect(context.Background(), &tree.Client{Dialect: smb2.Dialect311}, "s")
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	w.free = &client{t: t, arena: w.arena, server: connect().Server}
	w.share = Share(connect(), Options{Policy: p, Facts: policy.Facts{User: "alice", Mount: "s"}, Arena: w.arena,
		Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	w.guard = w.share.Server.(*Server)
	w.guarded = &client{t: t, arena: w.arena, server: w.guard}
	t.Cleanup(func() {
		w.guard.Close()
		w.free.server.Close()
		if n := w.arena.InUse(); n != 0 {
			t.Errorf("%d messages are still in use", n)
		}
	})
	return w
}

// A client drives one tree.
type client struct {
	t      testing.TB
	arena  *transports.Arena
	server tree.Server
	id     smb2.MessageID
}

// A sent request gets one answer.
type sent struct {
	request *tree.Request
	reply   chan []byte
}

func (s *sent) Reply(r *tree.Request, m *transports.Message) {
	b := bytes.Clone(m.Bytes())
	m.Release()
	r.Message.Release()
	s.reply <- b
}

func (s *sent) Pending(*tree.Request) {}

// A part of a chain: a command and its body.
type part struct {
	command smb2.Command
	put     func(b []byte) []byte
}

// send serves parts as a chain.
func (c *client) send(parts ...part) (all []*sent) {
	var requests []*tree.Request
	for i, p := range parts {
		c.id++
		h := smb2.NewHeader(p.command, c.id)
		if i > 0 {
			h.Set(smb2.FlagRelated)
		}
		element := p.put(h)
		m := c.arena.New(len(element))
		copy(m.Bytes(), element)
		s := &sent{reply: make(chan []byte, 2)}
		s.request = &tree.Request{Message: m, Element: m.Bytes(), Replier: s}
		all, requests = append(all, s), append(requests, s.request)
	}
	c.server.Serve(requests)
	return all
}

func (c *client) wait(s *sent) (smb2.Status, []byte) {
	c.t.Helper()
	select {
	case b := <-s.reply:
		return smb2.Header(b).Status(), b
	case <-time.After(10 * time.Second):
		c.t.Fatal("no answer")
	}
	return 0, nil
}

// do serves a chain and wants the statuses, of which it returns the answers.
func (c *client) do(parts []part, want ...smb2.Status) (answers [][]byte) {
	c.t.Helper()
	for i, s := range c.send(parts...) {
		status, b := c.wait(s)
		if status != want[i] {
			c.t.Errorf("%d, %v: %v, want %v", i, parts[i].command, status, want[i])
		}
		answers = append(answers, b)
	}
	return answers
}

func (c *client) try(p part) smb2.Status {
	c.t.Helper()
	status, _ := c.wait(c.send(p)[0])
	return status
}

// open opens a file, which has to succeed.
func (c *client) open(p part) smb2.FileID {
	c.t.Helper()
	b := c.do([]part{p}, smb2.StatusSuccess)[0]
	r, err := smb2.ParseCreateResponse(b)
	if err != nil {
		c.t.Fatal(err)
	}
	return r.FileID
}

const (
	toRead  = smb2.AccessReadData | smb2.AccessReadAttributes
	toWrite = smb2.AccessReadData | smb2.AccessWriteData | smb2.AccessDelete | smb2.AccessReadAttributes
)

func creating(name string, r smb2.CreateRequest) part {
	r.Impersonation, r.Share = smb2.ImpersonateImpersonation, 7
	return part{smb2.CommandCreate, func(b []byte) []byte { return r.Append(b, smb2.AppendUTF16(nil, name), nil) }}
}

func opening(name string, a smb2.Access) part {
	return creating(name, smb2.CreateRequest{Access: a, Disposition: smb2.DispositionOpen})
}

func making(name string) part {
	return creating(name, smb2.CreateRequest{Access: toWrite, Disposition: smb2.DispositionOpenIf})
}

func directory(name string) part {
	return creating(name, smb2.CreateRequest{Access: toWrite, Disposition: smb2.DispositionOpenIf, Options: smb2.OptionDirectory})
}

func reading(f smb2.FileID) part {
	return part{smb2.CommandRead, func(b []byte) []byte { return (&smb2.ReadRequest{FileID: f, Length: 100}).Append(b, nil) }}
}

func writing(f smb2.FileID) part {
	return part{smb2.CommandWrite, func(b []byte) []byte { return (&smb2.WriteRequest{FileID: f}).Append(b, []byte("new")) }}
}

func closing(f smb2.FileID) part {
	return part{smb2.CommandClose, (&smb2.CloseRequest{FileID: f}).AppendBody}
}

func setting(f smb2.FileID, c smb2.FileClass, data []byte) part {
	r := smb2.SetInfoRequest{InfoType: smb2.InfoFile, Class: c, FileID: f}
	return part{smb2.CommandSetInfo, func(b []byte) []byte { return r.Append(b, data) }}
}

func controlling(f smb2.FileID, code smb2.FSCTL) part {
	r := smb2.IoctlRequest{Code: code, FileID: f, MaxOutput: 1024, Flags: smb2.IoctlIsFSCTL}
	return part{smb2.CommandIoctl, func(b []byte) []byte { return r.Append(b, nil) }}
}
