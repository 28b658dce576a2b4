package back_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/smb2test"
	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/mem"
)

// A link is an element of a chain.
type link struct {
	command smb2.Command
	body    func([]byte) []byte
}

// inherited is what a client leaves to the server in a related element.
var inherited = smb2.NoFile

func readAll(n uint32) link {
	q := smb2.ReadRequest{Length: n, FileID: inherited}
	return link{smb2.CommandRead, func(b []byte) []byte { return q.Append(b, nil) }}
}

func writeAll(data []byte) link {
	w := smb2.WriteRequest{FileID: inherited}
	return link{smb2.CommandWrite, func(b []byte) []byte { return w.Append(b, data) }}
}

var (
	opening   = link{smb2.CommandCreate, create}
	closing   = link{smb2.CommandClose, (&smb2.CloseRequest{FileID: inherited}).AppendBody}
	flushing  = link{smb2.CommandFlush, (&smb2.FlushRequest{FileID: inherited}).AppendBody}
	noFile    = link{smb2.CommandEcho, new(smb2.Echo).AppendBody}
	elsewhere = link{smb2.CommandFlush, (&smb2.FlushRequest{FileID: smb2.NewFileID(8, 9)}).AppendBody}
)

// related makes a chain of links, in one message as a client's is.
func (f *front) related(links ...link) []*tree.Request {
	var chain []*tree.Request
	for i, l := range links {
		r := f.request(l.command, l.body)
		if i > 0 {
			r.Header().Set(smb2.FlagRelated)
		}
		chain = append(chain, r)
	}
	return chain
}

// answers are those to a chain, which have to come in order.
func (r *rig) answers(chain []*tree.Request) []reply {
	r.t.Helper()
	var list []reply
	for i, q := range chain {
		got := r.front.next(r.t)
		if got.r != q {
			r.t.Errorf("answer %d is to another request", i)
		}
		list = append(list, got)
	}
	return list
}

func statuses(list []reply) (st []smb2.Status) {
	for _, r := range list {
		st = append(st, r.status())
	}
	return st
}

// watch notes the FileId of each request behind the log-in, and that none of
// them is in a compound.
func (r *rig) watch(script func(*smb2test.Request) smb2test.Action) *[]string {
	list := new([]string)
	r.server.Script = func(q *smb2test.Request) smb2test.Action {
		switch q.Command() {
		case smb2.CommandNegotiate, smb2.CommandSessionSetup, smb2.CommandTreeConnect, smb2.CommandTreeDisconnect, smb2.CommandLogoff:
			return smb2test.Action{}
		}
		if !q.Alone || q.Has(smb2.FlagRelated) {
			r.t.Errorf("%v is not alone", q.Command())
		}
		word := q.Command().String()
		if id := smb2.FileIDOf(q.Header); id != nil {
			word += fmt.Sprint(" ", id[0], id[8])
		}
		*list = append(*list, word)
		if script == nil {
			return smb2test.Action{}
		}
		return script(q)
	}
	return list
}

// A READ or WRITE in a chain may be larger than the server takes: the chain then
// goes one by one, with the FileId of the CREATE in it, and by RDMA where that
// is possible.
func TestApart(t *testing.T) {
	t.Parallel()
	data := pattern(2*unit + 100)
	for _, place := range []bool{false, true} {
		r := newRig(t, gmac)
		r.server.MaxSize = unit
		if place {
			placing(r)
		}
		list := r.watch(nil)
		r.mustConnect()
		up := r.front.related(opening, writeAll(data), flushing, closing)
		r.share.Server.Serve(up)
		if got := statuses(r.answers(up)); !slices.Equal(got, make([]smb2.Status, 4)) {
			t.Errorf("up: %v", got)
		}
		down := r.front.related(opening, readAll(uint32(len(data))), closing)
		r.share.Server.Serve(down)
		got := r.answers(down)
		if !bytes.Equal(r.server.File, data) || !bytes.Equal(got[1].data(t), data) {
			t.Error("other bytes came through")
		}
		r.end(nil)
		want := []string{
			"CREATE", "WRITE 1 2", "WRITE 1 2", "WRITE 1 2", "FLUSH 1 2", "CLOSE 1 2",
			"CREATE", "READ 1 2", "READ 1 2", "READ 1 2", "CLOSE 1 2",
		}
		if !slices.Equal(*list, want) {
			t.Errorf("the server saw %q", *list)
		}
		if n := r.server.Books.Placed; place && n != 4 || !place && n != 0 {
			t.Errorf("%d placed", n)
		}
	}
}

// What an element has from the one before it, when that failed or is no file's.
func TestApartInherits(t *testing.T) {
	t.Parallel()
	big := readAll(unit + 1)
	fails := func(which smb2.Command, st smb2.Status) func(*smb2test.Request) smb2test.Action {
		return func(q *smb2test.Request) smb2test.Action {
			if q.Command() == which {
				return smb2test.Action{Status: st}
			}
			return smb2test.Action{}
		}
	}
	const denied, eof, handle = smb2.StatusAccessDenied, smb2.StatusEndOfFile, smb2.StatusInvalidHandle
	for name, x := range map[string]struct {
		chain  []link
		script func(*smb2test.Request) smb2test.Action
		want   []smb2.Status
		seen   []string
	}{
		"CREATE fails": {
			[]link{opening, big, closing}, fails(smb2.CommandCreate, denied),
			[]smb2.Status{denied, denied, denied}, []string{"CREATE"},
		},
		"READ fails": {
			[]link{opening, big, closing}, nil,
			[]smb2.Status{0, eof, 0}, []string{"CREATE", "READ 1 2", "READ 1 2", "CLOSE 1 2"},
		},
		"FLUSH fails": {
			[]link{opening, flushing, big}, fails(smb2.CommandFlush, denied),
			[]smb2.Status{0, denied, eof}, []string{"CREATE", "FLUSH 1 2", "READ 1 2", "READ 1 2"},
		},
		"a file of before": {
			[]link{elsewhere, big, closing}, nil,
			[]smb2.Status{0, eof, 0}, []string{"FLUSH 8 9", "READ 8 9", "READ 8 9", "CLOSE 8 9"},
		},
		"no file": {
			[]link{noFile, big, closing}, nil,
			[]smb2.Status{0, handle, handle}, []string{"ECHO"},
		},
		"waits": {
			[]link{opening, big}, func(q *smb2test.Request) smb2test.Action {
				return smb2test.Action{Async: q.Command() == smb2.CommandCreate}
			},
			[]smb2.Status{0, eof}, []string{"CREATE", "READ 1 2", "READ 1 2"},
		},
	} {
		r := newRig(t, gmac)
		r.server.MaxSize = unit
		list := r.watch(x.script)
		r.mustConnect()
		chain := r.front.related(x.chain...)
		r.share.Server.Serve(chain)
		got := r.answers(chain)
		if !slices.Equal(statuses(got), x.want) {
			t.Errorf("%s: told %v, want %v", name, statuses(got), x.want)
		}
		if name == "waits" && got[0].pending != 1 {
			t.Errorf("%s: CREATE was pending %d times", name, got[0].pending)
		}
		r.end(nil)
		if !slices.Equal(*list, x.seen) {
			t.Errorf("%s: the server saw %q, want %q", name, *list, x.seen)
		}
	}
}

// Elements that are not related begin anew.
func TestApartUnrelated(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	r.server.MaxSize = unit
	list := r.watch(func(q *smb2test.Request) smb2test.Action {
		if q.Command() == smb2.CommandCreate {
			return smb2test.Action{Status: smb2.StatusAccessDenied}
		}
		return smb2test.Action{}
	})
	r.mustConnect()
	chain := append(r.front.related(opening, readAll(unit+1)), r.front.related(elsewhere, closing)...)
	r.share.Server.Serve(chain)
	want := []smb2.Status{smb2.StatusAccessDenied, smb2.StatusAccessDenied, 0, 0}
	if got := statuses(r.answers(chain)); !slices.Equal(got, want) {
		t.Errorf("told %v", got)
	}
	r.end(nil)
	if want := []string{"CREATE", "FLUSH 8 9", "CLOSE 8 9"}; !slices.Equal(*list, want) {
		t.Errorf("the server saw %q", *list)
	}
}

// A chain that is too long for one message goes apart as well, whatever is in it.
func TestApartTooLong(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	list := r.watch(nil)
	r.mustConnect()
	data := pattern(6 << 20)
	chain := r.front.related(opening, writeAll(data), writeAll(data), writeAll(data), closing)
	r.share.Server.Serve(chain)
	if got := statuses(r.answers(chain)); !slices.Equal(got, make([]smb2.Status, 5)) {
		t.Errorf("told %v", got)
	}
	r.end(nil)
	if len(*list) != 5 {
		t.Errorf("the server saw %q", *list)
	}
}

// A chain for which the server does not grant the credits goes apart as well.
func TestApartStarved(t *testing.T) {
	t.Parallel()
	data := pattern(2 * unit)
	for _, n := range []uint16{1, 2, 3} {
		r := newRig(t, cmac)
		list := r.watch(nil)
		r.starve(n)
		r.mustConnect()
		chain := r.front.related(opening, writeAll(data), readAll(2*unit), closing)
		r.share.Server.Serve(chain)
		got := r.answers(chain)
		if !slices.Equal(statuses(got), make([]smb2.Status, 4)) || !bytes.Equal(got[2].data(t), data) {
			t.Errorf("%d credits: told %v", n, statuses(got))
		}
		r.end(nil)
		saw := slices.DeleteFunc(*list, func(s string) bool { return s == "ECHO" || s == "IOCTL 255 255" })
		if saw[0] != "CREATE" || saw[len(saw)-1] != "CLOSE 1 2" {
			t.Errorf("%d credits: the server saw %q", n, saw)
		}
	}
}

// CANCEL ends the element it names, under way or not, and what comes after it
// goes on. Only a CLOSE is not to be stopped.
func TestApartCancelled(t *testing.T) {
	t.Parallel()
	for _, which := range []int{0, 1, 2} {
		r := newRig(t, gmac)
		r.server.MaxSize = unit
		arrived := make(chan bool, 1)
		var held smb2.Header
		list := r.watch(func(q *smb2test.Request) smb2test.Action {
			switch {
			case q.Command() == smb2.CommandFlush && held == nil:
				held = slices.Clone(q.Header)
				arrived <- true
				return smb2test.Action{Silent: true}
			case q.Command() == smb2.CommandCancel:
				if err := r.server.Say(cancelled(held)); err != nil {
					t.Error(err)
				}
			}
			return smb2test.Action{}
		})
		r.mustConnect()
		chain := r.front.related(elsewhere, readAll(unit+1), closing)
		r.share.Server.Serve(chain)
		<-arrived
		r.share.Server.Cancel(chain[which])
		if which > 0 {
			r.share.Server.Cancel(chain[0])
		}
		want := []smb2.Status{smb2.StatusCancelled, smb2.StatusEndOfFile, 0}
		if which < 2 {
			want[which] = smb2.StatusCancelled
		}
		if got := statuses(r.answers(chain)); !slices.Equal(got, want) {
			t.Errorf("%d: told %v, want %v", which, got, want)
		}
		r.end(nil)
		if n := len(slices.DeleteFunc(*list, func(s string) bool { return s != "CANCEL" })); n != 1 {
			t.Errorf("%d: %d CANCELs", which, n)
		}
	}
}

// A chain ends with its connection, wherever it is and wherever in it the large
// element is, and nothing is left.
func TestApartLost(t *testing.T) {
	t.Parallel()
	big := writeAll(pattern(3 * unit))
	for _, links := range [][]link{
		{opening, big, flushing, closing}, {opening, flushing, big, closing}, {opening, flushing, closing, big}, {big, flushing, closing},
	} {
		for n := range links {
			for _, cut := range []bool{false, true} {
				lose(t, links, n, cut)
			}
		}
	}
}

// lose ends the connection while the server has element n.
func lose(t *testing.T, links []link, n int, cut bool) {
	r := placing(newRig(t, gmac))
	r.server.MaxSize = unit
	arrived := make(chan bool, 10)
	r.watch(func(q *smb2test.Request) smb2test.Action {
		if q.Command() != links[n].command {
			return smb2test.Action{}
		}
		arrived <- true
		return smb2test.Action{Silent: true}
	})
	r.mustConnect()
	chain := r.front.related(links...)
	r.share.Server.Serve(chain)
	<-arrived
	if cut {
		r.link.(*mem.PlacerConn).Break()
	} else {
		r.space.Conn().Close()
	}
	got := statuses(r.answers(chain))
	if !slices.Equal(got[:n], make([]smb2.Status, n)) || slices.Contains(got[n:], 0) {
		t.Errorf("%v of %d, cut %v: told %v", links[n].command, len(links), cut, got)
	}
	late := r.front.related(opening, readAll(unit+1))
	r.share.Server.Serve(late)
	for _, st := range statuses(r.answers(late)) {
		if st != smb2.StatusNetworkNameDeleted {
			t.Errorf("afterwards: %v", st)
		}
	}
	r.end(nil)
}

// A chain ends with its tree: what has not been sent by then is not done.
func TestApartClosed(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	r.server.MaxSize = unit
	arrived := make(chan smb2.Header, 1)
	list := r.watch(func(q *smb2test.Request) smb2test.Action {
		switch q.Command() {
		case smb2.CommandFlush:
			arrived <- slices.Clone(q.Header)
			return smb2test.Action{Silent: true}
		case smb2.CommandCancel:
			if err := r.server.Say(cancelled(<-arrived)); err != nil {
				t.Error(err)
			}
		}
		return smb2test.Action{}
	})
	r.mustConnect()
	chain := r.front.related(elsewhere, readAll(unit+1), closing)
	r.share.Server.Serve(chain)
	r.end(nil)
	const gone = smb2.StatusNetworkNameDeleted
	got := statuses(r.answers(chain))
	if got[0] != smb2.StatusCancelled && got[0] != gone || got[1] != gone || got[2] != gone {
		t.Errorf("told %v", got)
	}
	if slices.ContainsFunc(*list, func(s string) bool { return s == "READ 8 9" || s == "CLOSE 8 9" }) {
		t.Errorf("the server saw %q", *list)
	}
}

// A CANCEL that comes while its element waits for credits is sent after it.
func TestApartCancelledWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, cmac)
		r.server.MaxSize = unit
		var locking, flush smb2.Header
		list := r.watch(func(q *smb2test.Request) smb2test.Action {
			switch q.Command() {
			case smb2.CommandLock:
				locking = slices.Clone(q.Header)
				return smb2test.Action{Silent: true}
			case smb2.CommandFlush:
				flush = slices.Clone(q.Header)
				return smb2test.Action{Silent: true}
			case smb2.CommandCancel:
				if err := r.server.Say(cancelled(flush)); err != nil {
					t.Error(err)
				}
			}
			return smb2test.Action{}
		})
		r.starve(1)
		r.mustConnect()
		first := r.serve(smb2.CommandLock, lock)
		chain := r.front.related(elsewhere, readAll(unit+1), closing)
		r.share.Server.Serve(chain)
		synctest.Wait()
		if flush != nil {
			t.Fatal("FLUSH does not wait")
		}
		r.share.Server.Cancel(chain[0])
		h := smb2.NewHeader(smb2.CommandLock, locking.MessageID())
		h.SetSessionID(locking.SessionID())
		if err := r.server.Say(smb2.AppendErrorReply(nil, h, smb2.StatusFileLockConflict, 1)); err != nil {
			t.Error(err)
		}
		got := r.answers(append([]*tree.Request{first}, chain...))
		want := []smb2.Status{smb2.StatusFileLockConflict, smb2.StatusCancelled, smb2.StatusEndOfFile, 0}
		if !slices.Equal(statuses(got), want) {
			t.Errorf("told %v, want %v", statuses(got), want)
		}
		r.end(nil)
		if !slices.Contains(*list, "CANCEL") {
			t.Errorf("the server saw %q", *list)
		}
	})
}

// A tree is closed when its last chain has been answered, and not sooner.
func TestApartOutlivesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, gmac)
		r.server.MaxSize = unit
		var flush smb2.Header
		r.watch(func(q *smb2test.Request) smb2test.Action {
			switch q.Command() {
			case smb2.CommandFlush:
				flush = slices.Clone(q.Header)
				return smb2test.Action{Silent: true}
			case smb2.CommandCancel:
				if err := r.server.Say(cancelled(flush)); err != nil {
					t.Error(err)
				}
			}
			return smb2test.Action{}
		})
		r.mustConnect()
		chain := r.front.related(elsewhere, readAll(unit+1), closing)
		slow := slowReplier{r.front, make(chan bool)}
		chain[2].Replier = slow
		r.share.Server.Serve(chain)
		closed := false
		go func() {
			r.share.Server.Close()
			closed = true
		}()
		time.Sleep(time.Minute)
		if closed {
			t.Error("the tree is closed, and its last request not answered")
		}
		close(slow.release)
		synctest.Wait()
		if !closed {
			t.Error("the tree is not closed")
		}
		r.answers(chain)
		r.share = nil
		r.end(nil)
	})
}

// A slowReplier has no time for an answer before it may go.
type slowReplier struct {
	*front
	release chan bool
}

func (s slowReplier) Reply(r *tree.Request, m *transports.Message) {
	<-s.release
	s.front.Reply(r, m)
}

// READs of which each fits, and all together do not, come one by one.
func TestApartReplies(t *testing.T) {
	t.Parallel()
	r := newRig(t, gmac)
	r.server.Credits = 600
	r.server.File = pattern(6 << 20)
	r.watch(nil)
	r.mustConnect()
	chain := r.front.related(opening, readAll(6<<20), readAll(6<<20), readAll(6<<20), closing)
	r.share.Server.Serve(chain)
	for i, got := range r.answers(chain) {
		if got.status() != 0 || i%4 != 0 && !bytes.Equal(got.data(t), r.server.File) {
			t.Errorf("%d: %v", i, got.status())
		}
	}
	r.end(nil)
}
