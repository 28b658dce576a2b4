package rooted

import (
	"bytes"
	"log/slog"
	"sync"
	"testing"

	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A rig is a store with the directories dept\a, dept\b and other, each with a file
// f, and its dept\a as a share of its own. Between the two is a follower.
type rig struct {
	t     *testing.T
	arena *transports.Arena
	whole tree.Server
	below tree.Server
	inner *follower
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, arena: new(transports.Arena)}
	memory := store.New(store.Config{Shares: []string{"data"}, Arena: r.arena})
	connect := func() *tree.Share {
		share, err := memory.Connect(t.Context(), &tree.Client{Dialect: smb2.Dialect311}, "data")
		if err != nil {
			t.Fatal(err)
		}
		return share
	}
	r.whole = connect().Server
	for _, name := range []string{"dept", `dept\a`, `dept\b`, "other"} {
		r.ok(r.whole, creating(name, func(c *smb2.CreateRequest) { c.Options, c.Disposition = smb2.OptionDirectory, smb2.DispositionCreate }), closing)
		if name != "dept" {
			r.ok(r.whole, creating(name+`\f`, func(c *smb2.CreateRequest) { c.Disposition = smb2.DispositionCreate }), writing(name), closing)
		}
	}
	share := connect()
	r.inner = &follower{Server: share.Server, arena: r.arena}
	share.Server = r.inner
	share, err := Connect(t.Context(), share, r.options("dept/A"))
	if err != nil {
		t.Fatal(err)
	}
	r.below = share.Server
	t.Cleanup(func() {
		r.below.Close()
		r.whole.Close()
		if n := r.arena.InUse(); n != 0 {
			t.Errorf("%d messages are left", n)
		}
		if s, ok := r.below.(*Server); ok && len(s.proxies) != 0 {
			t.Errorf("%d requests are left", len(s.proxies))
		}
	})
	return r
}

func (r *rig) options(path string) Options {
	return Options{Path: path, Arena: r.arena, Log: slog.New(slog.DiscardHandler)}
}

// A follower is a server with links that it follows by itself: link in dept\a leads
// to other, and back to dept\a. It knows some classes only, and notes what it is asked.
type follower struct {
	tree.Server
	arena *transports.Arena

	mu     sync.Mutex
	lacks  map[smb2.FileClass]bool
	stops  *smb2.Symlink // at what begins with dept\a\stop
	names  []string
	served []smb2.Command
}

func (f *follower) Serve(chain []*tree.Request) {
	for _, r := range chain {
		f.follow(r)
	}
	f.Server.Serve(chain)
}

func (f *follower) follow(r *tree.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.served = append(f.served, r.Header().Command())
	switch r.Header().Command() {
	case smb2.CommandQueryInfo:
		if q, err := smb2.ParseQueryInfoRequest(r.Element); err == nil && f.lacks[q.Class] {
			q.Class = 200
			q.AppendBody(r.Element[:smb2.HeaderSize])
		}
	case smb2.CommandCreate:
		q, err := smb2.ParseCreateRequest(r.Element)
		name, err2 := q.Name(r.Element)
		if err != nil || err2 != nil {
			return
		}
		text, _ := smb2.DecodeUTF16(name)
		f.names = append(f.names, text)
		for from, to := range map[string]string{`dept\A\link`: "other", `dept\A\back`: `dept\a`, `dept\A\up`: `dept`} {
			if after, ok := bytes.CutPrefix(name, wire(from)); ok && (len(after) == 0 || after[0] == separator) && !q.Options.Has(smb2.OptionReparsePoint) {
				r.Element = q.Append(r.Element[:smb2.HeaderSize:smb2.HeaderSize], append(wire(to), after...), nil)
			}
		}
		if f.stops != nil && bytes.HasPrefix(name, wire(`dept\A\stop`)) {
			r.Replier = &stopper{r.Replier, f}
		}
	}
}

// A stopper says that a name leads over a link of the client's.
type stopper struct {
	tree.Replier
	f *follower
}

func (p *stopper) Reply(r *tree.Request, m *transports.Message) {
	m.Release()
	data := smb2.AppendErrorContexts(nil, []smb2.ErrorContext{{Data: p.f.stops.AppendBody(nil)}})
	e := smb2.ErrorResponse{ContextCount: 1}
	out := p.f.arena.New(smb2.ErrorResponseLength + len(data))
	out.Resize(len(e.Append(smb2.AppendReply(out.Bytes()[:0], r.Header(), smb2.StatusStoppedOnSymlink, 0), data)))
	p.Replier.Reply(r, out)
}

// took is what the server was asked since the last time.
func (f *follower) took() (names []string, commands []smb2.Command) {
	f.mu.Lock()
	defer f.mu.Unlock()
	names, commands = f.names, f.served
	f.names, f.served = nil, nil
	return names, commands
}

// A body appends a request to its header, for the file of an id.
type body struct {
	command smb2.Command
	append  func(b []byte, id smb2.FileID) []byte
}

func creating(name string, edit func(*smb2.CreateRequest), contexts ...smb2.CreateContext) body {
	q := smb2.CreateRequest{
		Impersonation: smb2.ImpersonateImpersonation, Access: smb2.AccessReadData | smb2.AccessWriteData | smb2.AccessDelete | smb2.AccessReadAttributes,
		Share: 7, Disposition: smb2.DispositionOpen,
	}
	if edit != nil {
		edit(&q)
	}
	return body{smb2.CommandCreate, func(b []byte, _ smb2.FileID) []byte { return q.Append(b, smb2.AppendUTF16(nil, name), contexts) }}
}

var closing = body{smb2.CommandClose, func(b []byte, id smb2.FileID) []byte { return (&smb2.CloseRequest{FileID: id}).AppendBody(b) }}

func writing(text string) body {
	return body{smb2.CommandWrite, func(b []byte, id smb2.FileID) []byte {
		return (&smb2.WriteRequest{FileID: id}).Append(b, []byte(text))
	}}
}

func reading(n uint32) body {
	return body{smb2.CommandRead, func(b []byte, id smb2.FileID) []byte {
		return (&smb2.ReadRequest{FileID: id, Length: n}).Append(b, nil)
	}}
}

func querying(class smb2.FileClass, room uint32) body {
	return body{smb2.CommandQueryInfo, func(b []byte, id smb2.FileID) []byte {
		return (&smb2.QueryInfoRequest{InfoType: smb2.InfoFile, Class: class, OutputLength: room, FileID: id}).Append(b, nil)
	}}
}

func setting(class smb2.FileClass, data []byte) body {
	return body{smb2.CommandSetInfo, func(b []byte, id smb2.FileID) []byte {
		return (&smb2.SetInfoRequest{InfoType: smb2.InfoFile, Class: class, FileID: id}).Append(b, data)
	}}
}

func listing(pattern string) body {
	return body{smb2.CommandQueryDirectory, func(b []byte, id smb2.FileID) []byte {
		q := smb2.QueryDirectoryRequest{Class: smb2.FileNamesInfo, FileID: id, OutputLength: 4096}
		return q.Append(b, smb2.AppendUTF16(nil, pattern))
	}}
}

func controlling(code smb2.FSCTL, input []byte) body {
	return body{smb2.CommandIoctl, func(b []byte, id smb2.FileID) []byte {
		q := smb2.IoctlRequest{Code: code, FileID: id, Flags: smb2.IoctlIsFSCTL, MaxOutput: 4096}
		return q.Append(b, input)
	}}
}

// An asker waits for one answer.
type asker struct{ answer chan []byte }

func (a *asker) Reply(r *tree.Request, m *transports.Message) {
	b := bytes.Clone(m.Bytes())
	m.Release()
	r.Message.Release()
	a.answer <- b
}

func (a *asker) Pending(*tree.Request) {}

// about has a chain served about an open file, or one that its CREATE opens, and
// returns the answers.
func (r *rig) about(server tree.Server, id smb2.FileID, chain ...body) (answers []smb2.Header) {
	r.t.Helper()
	var requests []*tree.Request
	var askers []*asker
	for i, x := range chain {
		h := smb2.NewHeader(x.command, smb2.MessageID(i))
		if i > 0 {
			h.Set(smb2.FlagRelated)
			id = smb2.NoFile
		}
		b := x.append(h, id)
		m := r.arena.New(len(b))
		copy(m.Bytes(), b)
		a := &asker{make(chan []byte, 1)}
		askers = append(askers, a)
		requests = append(requests, &tree.Request{Message: m, Element: m.Bytes(), Replier: a})
	}
	server.Serve(requests)
	for _, a := range askers {
		answers = append(answers, <-a.answer)
	}
	return answers
}

func (r *rig) do(server tree.Server, chain ...body) []smb2.Header {
	r.t.Helper()
	return r.about(server, smb2.NoFile, chain...)
}

func (r *rig) ok(server tree.Server, chain ...body) []smb2.Header {
	r.t.Helper()
	answers := r.do(server, chain...)
	for i, a := range answers {
		if a.Status() != 0 {
			r.t.Fatalf("element %d, %v: %v", i, a.Command(), a.Status())
		}
	}
	return answers
}

// opened is the file of a CREATE alone.
func (r *rig) opened(server tree.Server, name string, edit func(*smb2.CreateRequest)) smb2.FileID {
	r.t.Helper()
	q, err := smb2.ParseCreateResponse(r.ok(server, creating(name, edit))[0])
	if err != nil {
		r.t.Fatal(err)
	}
	return q.FileID
}

// content is a file's, as the whole share has it, or the status of its CREATE.
func (r *rig) content(name string) string {
	r.t.Helper()
	answers := r.do(r.whole, creating(name, nil), reading(100), closing)
	if s := answers[0].Status(); s != 0 {
		return s.String()
	}
	q, err := smb2.ParseReadResponse(answers[1])
	if err != nil {
		return answers[1].Status().String()
	}
	data, err := q.Data(answers[1])
	if err != nil {
		r.t.Fatal(err)
	}
	return string(data)
}
