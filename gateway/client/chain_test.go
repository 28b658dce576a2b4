package client

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/smbgw/smbgw/gateway/back"
	"github.com/smbgw/smbgw/gateway/store"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// large is more than the rig's server takes in one READ or WRITE, 256 KiB, and
// less than the store does.
const large = 256<<10 + 5

// A link is an element of a chain, of the file that id names.
type link struct {
	name    string
	command smb2.Command
	body    func(b []byte, id smb2.FileID) []byte
}

// links are all that is put into chains. The first two are those that the
// server does not take as they are.
var links = []link{
	{"big READ", smb2.CommandRead, readOf(0, large)},
	{"big WRITE", smb2.CommandWrite, func(b []byte, id smb2.FileID) []byte {
		w := smb2.WriteRequest{FileID: id, Offset: 3}
		return w.Append(b, bytes.Repeat([]byte("new"), large/3+1))
	}},
	{"READ", smb2.CommandRead, readOf(1, 2)},
	{"READ beyond the end", smb2.CommandRead, readOf(1<<30, 2)},
	{"CREATE", smb2.CommandCreate, createOf("f")},
	{"CREATE that fails", smb2.CommandCreate, createOf("absent")},
	{"CLOSE", smb2.CommandClose, func(b []byte, id smb2.FileID) []byte {
		return (&smb2.CloseRequest{FileID: id}).AppendBody(b)
	}},
}

func readOf(offset uint64, n uint32) func([]byte, smb2.FileID) []byte {
	return func(b []byte, id smb2.FileID) []byte {
		q := smb2.ReadRequest{FileID: id, Offset: offset, Length: n}
		return q.Append(b, nil)
	}
}

func createOf(name string) func([]byte, smb2.FileID) []byte {
	disposition := smb2.DispositionOpen
	if name == "f" {
		disposition = smb2.DispositionOpenIf
	}
	return func(b []byte, _ smb2.FileID) []byte {
		c := smb2.CreateRequest{
			Access: smb2.AccessReadData | smb2.AccessWriteData, Disposition: disposition, Share: 7,
			Impersonation: smb2.ImpersonateImpersonation,
		}
		return c.Append(b, smb2.AppendUTF16(nil, name), nil)
	}
}

// asker asks a server for chains.
type asker struct {
	server  tree.Server
	arena   *transports.Arena
	answers chan []byte
}

func (a *asker) Reply(r *tree.Request, m *transports.Message) {
	b := bytes.Clone(m.Bytes())
	m.Release()
	r.Message.Release()
	a.answers <- b
}

func (a *asker) Pending(*tree.Request) {}

// ask has a chain of related elements served. Only the first one has id.
func (a *asker) ask(id smb2.FileID, chain []link) (answers [][]byte) {
	var requests []*tree.Request
	for i, l := range chain {
		h := smb2.NewHeader(l.command, smb2.MessageID(i))
		if i > 0 {
			h.Set(smb2.FlagRelated)
			id = smb2.NoFile
		}
		b := l.body(h, id)
		m := a.arena.New(len(b))
		copy(m.Bytes(), b)
		requests = append(requests, &tree.Request{Message: m, Element: m.Bytes(), Replier: a})
	}
	a.server.Serve(requests)
	for range chain {
		answers = append(answers, <-a.answers)
	}
	return answers
}

// told is what a client learns from a chain that begins at an open file: all but
// ids and times.
func (a *asker) told(t *testing.T, chain []link) (words []string) {
	t.Helper()
	r, err := smb2.ParseCreateResponse(a.ask(smb2.FileID{}, links[4:5])[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range a.ask(r.FileID, chain) {
		h := smb2.Header(b)
		word := fmt.Sprint(h.Command(), " ", h.Status())
		if r, err := smb2.ParseReadResponse(b); err == nil && !h.HasErrorBody() && h.Command() == smb2.CommandRead {
			data, _ := r.Data(b)
			word += fmt.Sprintf(" %d bytes, %d new", len(data), bytes.Count(data, []byte("new")))
		}
		if w, err := smb2.ParseWriteResponse(b); err == nil && !h.HasErrorBody() && h.Command() == smb2.CommandWrite {
			word += fmt.Sprint(" ", w.Count)
		}
		words = append(words, word)
	}
	return words
}

// A chain that the server does not take as one is answered as by a server that
// does: all chains of two and three elements, whichever of them are large and
// whichever fail; those of two by RDMA too.
func TestChainsAlike(t *testing.T) {
	t.Parallel()
	for _, place := range []uint32{0, 8 << 20} {
		s := newRig(t, place, back.Options{}).connect(t)
		through := &asker{s.server, s.client.arena, make(chan []byte, 3)}
		memory := store.New(store.Config{Shares: []string{"data"}, Arena: s.client.arena})
		share, err := memory.Connect(t.Context(), &tree.Client{Dialect: smb2.Dialect311}, "data")
		if err != nil {
			t.Fatal(err)
		}
		direct := &asker{share.Server, s.client.arena, make(chan []byte, 3)}
		for chain := range chains {
			if place > 0 && len(chain) > 2 {
				continue
			}
			want := direct.told(t, chain)
			if got := through.told(t, chain); !slices.Equal(got, want) {
				names := []string{}
				for _, l := range chain {
					names = append(names, l.name)
				}
				t.Errorf("%q:\ntold %q\nwant %q", names, got, want)
			}
		}
		share.Server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// chains yields all chains of two and three links with a large one in them.
func chains(yield func([]link) bool) {
	n := len(links)
	for i := range n * n * (n + 1) {
		chain := []link{links[i%n], links[i/n%n]}
		at := []int{i % n, i / n % n}
		if k := i / n / n; k < n {
			chain, at = append(chain, links[k]), append(at, k)
		}
		if slices.Min(at) < 2 && !yield(chain) {
			return
		}
	}
}
