package gateway

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/gateway/limit"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A shelf is a tree that keeps what it is given until it is told to answer.
type shelf struct {
	arena *transports.Arena
	held  []*tree.Request
	given []string // chains
}

func (s *shelf) Serve(chain []*tree.Request) {
	var names []string
	for _, r := range chain {
		names = append(names, r.Header().Command().String())
		s.held = append(s.held, r)
	}
	s.given = append(s.given, strings.Join(names, "+"))
}

func (s *shelf) Cancel(*tree.Request) {}

func (s *shelf) Close() {
	for len(s.held) > 0 {
		s.answer(0, smb2.StatusCancelled, 0)
	}
}

// answer answers one of those that are held, with so many bytes besides the header.
func (s *shelf) answer(i int, status smb2.Status, n int) {
	r := s.held[i]
	s.held = slices.Delete(s.held, i, i+1)
	m := s.arena.New(smb2.HeaderSize + 2 + n)
	smb2.AppendReply(m.Bytes()[:0], r.Header(), status, 0)
	r.Reply(m)
}

// said is who has asked, and what he has been told.
type said struct {
	status  []smb2.Status
	pending int
}

func (s *said) Pending(*tree.Request) { s.pending++ }
func (s *said) Reply(r *tree.Request, m *transports.Message) {
	s.status = append(s.status, smb2.Header(m.Bytes()).Status())
	if r.Message != nil {
		r.Message.Release()
	}
	m.Release()
}

// asked is a request of n bytes.
func (s *said) asked(command smb2.Command, n int) *tree.Request {
	b := smb2.NewHeader(command, 1)
	switch command {
	case smb2.CommandRead:
		b = (&smb2.ReadRequest{Length: uint32(n)}).Append(b, nil)
	case smb2.CommandWrite:
		b = (&smb2.WriteRequest{}).Append(b, make([]byte, n))
	}
	return &tree.Request{Element: b, Replier: s}
}

// A counted is a limited tree over a shelf, with the budget of its user.
type counted struct {
	*limitedTree
	shelf *shelf
	table *limit.Table
	meter *limit.Meter
}

func newCounted(t testing.TB, l limit.Limits) *counted {
	t.Helper()
	table := new(limit.Table)
	table.Change(limit.Rules{{Per: limit.User, Limits: l}})
	m := table.Meter()
	a, _ := m.Open(limit.Subject{Per: limit.User, Name: "ALICE"})
	s := &shelf{arena: new(transports.Arena)}
	c := &counted{&limitedTree{Server: s, replies: tree.Replies{Arena: s.arena}, set: limit.Set{limit.User: a}}, s, table, m}
	t.Cleanup(func() {
		c.Close()
		if had := c.had(); had != (limit.Limits{limit.Connections: 1}) || s.arena.InUse() != 0 {
			t.Errorf("%v are left, and %d messages", had, s.arena.InUse())
		}
	})
	return c
}

func (c *counted) had() limit.Limits {
	return c.table.Has(limit.Subject{Per: limit.User, Name: "ALICE"})
}

// [MS-SMB2] 3.3.5.2.7.2: with a CREATE goes what is related to it, and the rest of
// the compound is served.
func TestRefusedInChain(t *testing.T) {
	t.Parallel()
	const c, q, x = smb2.CommandCreate, smb2.CommandQueryInfo, smb2.CommandClose
	const full = smb2.StatusTooManyOpenedFiles
	for _, test := range []struct {
		room    int64
		chain   []smb2.Command
		given   string
		refused int
	}{
		{2, []smb2.Command{c, q, x}, "[CREATE+QUERY_INFO+CLOSE]", 0},
		{1, []smb2.Command{c, q, x, c, x}, "[CREATE+QUERY_INFO+CLOSE]", 2},
		{1, []smb2.Command{q, c, c, q, x}, "[QUERY_INFO+CREATE]", 3},
		{0, []smb2.Command{c}, "[]", 1},
		{0, []smb2.Command{c, x, c, x}, "[]", 4},
		{0, []smb2.Command{q, q, c, x}, "[QUERY_INFO+QUERY_INFO]", 2},
		{0, []smb2.Command{q}, "[QUERY_INFO]", 0},
	} {
		l := newCounted(t, limit.Limits{limit.Opens: 3})
		l.set.Take(limit.Opens, 3-test.room)
		var user said
		var chain []*tree.Request
		for _, command := range test.chain {
			chain = append(chain, user.asked(command, 0))
		}
		l.Serve(chain)
		if got := fmt.Sprint(l.shelf.given); got != test.given || len(user.status) != test.refused {
			t.Errorf("%v with room for %d: given %s, refused %v", test.chain, test.room, got, user.status)
		}
		if slices.ContainsFunc(user.status, func(s smb2.Status) bool { return s != full }) {
			t.Errorf("%v: %v", test.chain, user.status)
		}
		l.set.Give(limit.Opens, 3-test.room)
	}
}

// What takes a while is not under way, but the memory for data is there.
func TestParkedRequests(t *testing.T) {
	t.Parallel()
	l := newCounted(t, limit.Limits{})
	var user said
	for _, c := range []struct {
		command smb2.Command
		bytes   int64 // while it is pending
	}{{smb2.CommandChangeNotify, 0}, {smb2.CommandRead, 1<<20 + 64 + 49}, {smb2.CommandLock, 0}} {
		l.Serve([]*tree.Request{user.asked(c.command, 1<<20)})
		if had := l.had(); had[limit.Requests] != 1 {
			t.Errorf("%v: %v", c.command, had)
		}
		l.shelf.held[0].Pending()
		if had := l.had(); had[limit.Requests] != 0 || had[limit.Bytes] != c.bytes {
			t.Errorf("%v is pending: %v, want %d bytes", c.command, had, c.bytes)
		}
		l.shelf.answer(0, smb2.StatusSuccess, 0)
		if had := l.had(); had != (limit.Limits{limit.Connections: 1}) {
			t.Errorf("%v is answered: %v", c.command, had)
		}
	}
	if user.pending != 3 || len(user.status) != 3 {
		t.Errorf("the client hears %d interim and %v", user.pending, user.status)
	}
}

// FuzzLimitedTree holds the counts of a tree against a slow count of what there is,
// whatever is asked and answered.
func FuzzLimitedTree(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed)
	}
	commands := []smb2.Command{smb2.CommandCreate, smb2.CommandClose, smb2.CommandRead, smb2.CommandWrite, smb2.CommandLock}
	statuses := []smb2.Status{smb2.StatusSuccess, smb2.StatusSuccess, smb2.StatusFileClosed, smb2.StatusBufferOverflow}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		const most = 5
		l := newCounted(t, limit.Limits{limit.Opens: most})
		var user said
		opens, total := 0, 0 // files that are open; requests
		for range 300 {
			switch n := len(l.shelf.held); {
			case r.IntN(2) == 0:
				var chain []*tree.Request
				for range 1 + r.IntN(4) {
					chain = append(chain, user.asked(commands[r.IntN(len(commands))], r.IntN(100000)))
				}
				total += len(chain)
				l.Serve(chain)
			case n > 0:
				i, status := r.IntN(n), statuses[r.IntN(len(statuses))]
				command, ok := l.shelf.held[i].Header().Command(), status == smb2.StatusSuccess
				switch {
				case command == smb2.CommandCreate && ok:
					opens++
				case command == smb2.CommandClose && ok && opens > 0:
					opens--
				}
				l.shelf.answer(i, status, r.IntN(1000))
			}
			creating, bytes := 0, 0
			for _, q := range l.shelf.held {
				bytes += len(q.Element)
				switch q.Header().Command() {
				case smb2.CommandCreate:
					creating++
				case smb2.CommandRead:
					n, _ := smb2.Payload(q.Element)
					bytes += int(n)
				}
			}
			want := limit.Limits{limit.Connections: 1, limit.Opens: int64(opens + creating), limit.Requests: int64(len(l.shelf.held)), limit.Bytes: int64(bytes)}
			if had := l.had(); had != want || opens+creating > most {
				t.Fatalf("%v, want %v", had, want)
			}
			if len(user.status)+len(l.shelf.held) != total {
				t.Fatalf("%d of %d are lost", total-len(user.status)-len(l.shelf.held), total)
			}
		}
	})
}

// A mirror answers at once, with what it has.
type mirror struct{ reply *transports.Message }

func (e *mirror) Serve(chain []*tree.Request) { chain[0].Reply(e.reply) }
func (*mirror) Cancel(*tree.Request)          {}
func (*mirror) Close()                        {}

type deafReplier struct{}

func (deafReplier) Reply(*tree.Request, *transports.Message) {}
func (deafReplier) Pending(*tree.Request)                    {}

// Counting a READ allocates nothing.
func TestLimitedTreeAllocates(t *testing.T) {
	l := newCounted(t, limit.Limits{limit.Bytes: 1 << 30, limit.BytesPerSecond: 1 << 40})
	m := new(transports.Arena).New(smb2.HeaderSize + 100)
	defer m.Release()
	l.Server = &mirror{m}
	r := new(said).asked(smb2.CommandRead, 4096)
	r.Replier = deafReplier{}
	chain := []*tree.Request{r}
	if n := testing.AllocsPerRun(1000, func() { l.Serve(chain); l.meter.Pace(t.Context(), 0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
