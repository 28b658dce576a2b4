package front

import (
	"context"
	"sync"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A shop is a Space and a Server of one file, as long as store: every name but those of
// seven letters is its.
// What needs waiting waits until it is told.
type shop struct {
	arena *transports.Arena
	flags smb2.ShareFlags

	mu      sync.Mutex
	store   []byte
	waiting []*tree.Request // LOCK and CHANGE_NOTIFY
	client  *tree.Client
	open    int // trees
	cancels int
	users   []string
	servers []string // that were asked for

	curt bool // what waits at a tree's end is cancelled

	abandoned []uint64 // sessions
	left      []uint64 // by LOGOFF
	closed    int
	joins     int
	slow      bool // CREATEs wait, too
	alone     bool // no session of another connection is served

	asked chan struct{} // hears of each Connect, which waits for gate; nil for none
	gate  chan struct{}
	stuck chan struct{} // READs block until it is closed; nil for none
	freed bool

	files []smb2.FileID // that CLOSEs came with
}

func newShop(n int) *shop {
	s := &shop{arena: new(transports.Arena), store: make([]byte, n)}
	for i := range s.store {
		s.store[i] = byte(i * 7)
	}
	return s
}

func (s *shop) Connect(_ context.Context, c *tree.Client, share string) (*tree.Share, error) {
	switch auth.Upper(share) {
	case "DENIED":
		return nil, smb2.StatusAccessDenied
	case "MISSING":
		return nil, context.Canceled
	}
	s.mu.Lock()
	asked := s.asked
	s.mu.Unlock()
	if asked != nil {
		asked <- struct{}{}
		<-s.gate
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.client = c
	s.open++
	s.users = append(s.users, c.User.User)
	return &tree.Share{Server: &counter{shop: s}, Shut: s.shut, Type: smb2.ShareDisk, Flags: s.flags, MaximalAccess: 0x1f01ff}, nil
}

// shut frees what is stuck.
func (s *shop) shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stuck != nil && !s.freed {
		close(s.stuck)
		s.freed = true
	}
}

// stall has Connect wait from now on.
func (s *shop) stall() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked, s.gate = make(chan struct{}), make(chan struct{})
}

func (s *shop) ConnectTo(ctx context.Context, c *tree.Client, server, share string) (*tree.Share, error) {
	s.mu.Lock()
	s.servers = append(s.servers, server)
	s.mu.Unlock()
	return s.Connect(ctx, c, share)
}

func (s *shop) Logoff(c *tree.Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = append(s.left, c.SessionID)
}

func (s *shop) Abandon(c *tree.Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.abandoned = append(s.abandoned, c.SessionID)
}

func (s *shop) Join(tree.Space, *tree.Client) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.joins++
	return !s.alone
}

func (s *shop) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed++
}

// A counter is one tree of a shop.
type counter struct{ shop *shop }

func (t *counter) Serve(chain []*tree.Request) {
	failed := smb2.Status(0)
	for _, r := range chain {
		if failed != 0 {
			t.fail(r, failed)
			continue
		}
		failed = t.one(r)
	}
}

func (t *counter) one(r *tree.Request) smb2.Status {
	switch h := r.Header(); h.Command() {
	case smb2.CommandCreate:
		if t.shop.slow {
			t.wait(r)
			return 0
		}
		q, err := smb2.ParseCreateRequest(r.Element)
		if name, _ := q.Name(r.Element); err != nil || len(name) == len("missing")*2 {
			return t.fail(r, smb2.StatusObjectNameNotFound)
		}
		res := smb2.CreateResponse{FileID: smb2.NewFileID(1, 2), Attributes: smb2.AttributeDirectory, Action: smb2.ActionOpened}
		m := t.shop.arena.New(smb2.HeaderSize + 88)
		t.done(r, m, res.Append(head(m), nil))
	case smb2.CommandClose:
		var id smb2.FileID // that of nobody, when the request is cut short
		copy(id[:], smb2.FileIDOf(r.Element))
		t.shop.mu.Lock()
		t.shop.files = append(t.shop.files, id)
		t.shop.mu.Unlock()
		m := t.shop.arena.New(smb2.HeaderSize + 60)
		t.done(r, m, (&smb2.CloseResponse{}).AppendBody(head(m)))
	case smb2.CommandRead:
		if t.shop.stuck != nil {
			<-t.shop.stuck
			return t.fail(r, smb2.StatusNetworkNameDeleted)
		}
		return t.read(r)
	case smb2.CommandWrite:
		return t.write(r)
	case smb2.CommandLock, smb2.CommandChangeNotify:
		t.wait(r)
	case smb2.CommandQueryDirectory, smb2.CommandQueryInfo:
		return t.fail(r, smb2.StatusNoMoreFiles)
	default:
		return t.fail(r, smb2.StatusNotSupported)
	}
	return 0
}

func (t *counter) wait(r *tree.Request) {
	t.shop.mu.Lock()
	t.shop.waiting = append(t.shop.waiting, r)
	t.shop.mu.Unlock()
	r.Pending()
}

func (t *counter) read(r *tree.Request) smb2.Status {
	q, err := smb2.ParseReadRequest(r.Element)
	if err != nil || q.Channel != 0 {
		return t.fail(r, smb2.StatusInvalidParameter)
	}
	if q.Offset >= uint64(len(t.shop.store)) {
		return t.fail(r, smb2.StatusEndOfFile)
	}
	data := t.shop.store[q.Offset:]
	data = data[:min(len(data), int(q.Length))]
	m := t.shop.arena.New(smb2.ReadResponseBuffer + len(data))
	res := smb2.ReadResponse{DataOffset: smb2.ReadResponseBuffer, DataLength: uint32(len(data))}
	t.done(r, m, append(res.AppendBody(head(m)), data...))
	return 0
}

func (t *counter) write(r *tree.Request) smb2.Status {
	q, err := smb2.ParseWriteRequest(r.Element)
	if err != nil || q.Channel != 0 || q.Offset > uint64(len(t.shop.store)) {
		return t.fail(r, smb2.StatusInvalidParameter)
	}
	data, err := q.Data(r.Element)
	if err != nil {
		return t.fail(r, smb2.StatusInvalidParameter)
	}
	t.shop.mu.Lock()
	n := copy(t.shop.store[q.Offset:], data)
	t.shop.mu.Unlock()
	m := t.shop.arena.New(smb2.WriteResponseLength)
	res := smb2.WriteResponse{Count: uint32(n)}
	t.done(r, m, res.AppendBody(head(m)))
	return 0
}

// head is a message's header, zeros.
func head(m *transports.Message) []byte { clear(m.Bytes()); return m.Bytes()[:smb2.HeaderSize] }

func (t *counter) done(r *tree.Request, m *transports.Message, b []byte) {
	m.Resize(len(b))
	r.Reply(m)
}

func (t *counter) fail(r *tree.Request, s smb2.Status) smb2.Status {
	m := t.shop.arena.New(smb2.ErrorResponseLength)
	b := append((&smb2.ErrorResponse{}).AppendBody(head(m)), 0)
	smb2.Header(b).SetStatus(s)
	r.Reply(m)
	return s
}

func (t *counter) Cancel(r *tree.Request) {
	t.shop.mu.Lock()
	t.shop.cancels++
	found := false
	for i, w := range t.shop.waiting {
		if w == r {
			t.shop.waiting = append(t.shop.waiting[:i], t.shop.waiting[i+1:]...)
			found = true
			break
		}
	}
	t.shop.mu.Unlock()
	if found {
		t.fail(r, smb2.StatusCancelled)
	}
}

func (t *counter) Close() {
	t.shop.mu.Lock()
	t.shop.open--
	waiting := t.shop.waiting
	t.shop.waiting = nil
	s := smb2.StatusNotifyCleanup
	if t.shop.curt {
		s = smb2.StatusCancelled
	}
	t.shop.mu.Unlock()
	for _, r := range waiting {
		t.fail(r, s)
	}
}

// count reads a field under the lock.
func (s *shop) count(f func() int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f()
}
