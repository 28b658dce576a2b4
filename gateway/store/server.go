package store

import (
	"crypto/rand"
	"sync"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A Server is one tree connect to a volume. It does what is asked on the
// caller's goroutine; only a LOCK or CHANGE_NOTIFY that waits is answered from
// another's.
type Server struct {
	volume  *volume
	replies tree.Replies
	client  *tree.Client

	// serving is held shared while a chain is served, so that Close knows when
	// the last one is through.
	serving sync.RWMutex
	closed  bool // guarded by serving

	// Guarded by volume.mu.
	opens  map[smb2.FileID]*open
	resume map[smb2.ResumeKey]*open
	parked map[*tree.Request]*parking
}

var _ tree.Server = (*Server)(nil)

func newServer(v *volume, a *transports.Arena, client *tree.Client) *Server {
	return &Server{
		volume: v, replies: tree.Replies{Arena: a}, client: client,
		opens:  map[smb2.FileID]*open{},
		resume: map[smb2.ResumeKey]*open{},
		parked: map[*tree.Request]*parking{},
	}
}

// A chain is what a run of related requests knows of the elements before,
// [MS-SMB2] 3.3.5.2.7.2.
type chain struct {
	file   smb2.FileID
	known  bool
	failed smb2.Status // of the CREATE that has made no file
}

// A call is a request while it is served, and what it leaves to the next of its
// chain.
type call struct {
	request *tree.Request
	element []byte
	chain   chain
	related bool // not the first of its chain
	last    bool // of its chain: it may wait
}

// Serve does a chain's elements one after the other.
func (s *Server) Serve(requests []*tree.Request) {
	s.serving.RLock()
	defer s.serving.RUnlock()
	var k call
	for i, r := range requests {
		if s.closed {
			r.Reply(s.replies.Failure(r, smb2.StatusNetworkNameDeleted))
			continue
		}
		k.request, k.element, k.related, k.last = r, r.Element, i > 0, i == len(requests)-1
		if m := s.do(&k); m != nil {
			r.Reply(m)
		}
	}
}

// do serves one element. Without a message the answer comes later, or has been
// given.
func (s *Server) do(k *call) *transports.Message {
	switch smb2.Header(k.element).Command() {
	case smb2.CommandRead:
		return s.read(k)
	case smb2.CommandWrite:
		return s.write(k)
	case smb2.CommandCreate:
		return s.create(k)
	case smb2.CommandClose:
		return s.close(k)
	case smb2.CommandFlush:
		return s.flush(k)
	case smb2.CommandLock:
		return s.lock(k)
	case smb2.CommandIoctl:
		return s.ioctl(k)
	case smb2.CommandQueryDirectory:
		return s.queryDirectory(k)
	case smb2.CommandChangeNotify:
		return s.changeNotify(k)
	case smb2.CommandQueryInfo:
		return s.queryInfo(k)
	case smb2.CommandSetInfo:
		return s.setInfo(k)
	case smb2.CommandOplockBreak:
		return s.oplockBreak(k)
	}
	return s.fail(k, smb2.StatusInvalidParameter)
}

// file is the open that a request names, or in a chain the elements before it,
// or why there is none. The volume is locked.
func (s *Server) file(k *call, id smb2.FileID) (*open, smb2.Status) {
	if k.related {
		switch {
		case k.chain.failed != smb2.StatusSuccess:
			return nil, k.chain.failed
		case !k.chain.known:
			return nil, smb2.StatusInvalidHandle
		}
		id = k.chain.file
	}
	k.chain.file, k.chain.known = id, true
	if o := s.opens[id]; o != nil {
		return o, smb2.StatusSuccess
	}
	return nil, smb2.StatusFileClosed
}

// publish gives an open its id.
func (s *Server) publish(o *open) {
	for o.id == (smb2.FileID{}) || o.id == smb2.NoFile || s.opens[o.id] != nil {
		rand.Read(o.id[:])
	}
	o.server = s
	s.opens[o.id] = o
}

// forget ends an open.
func (s *Server) forget(o *open) {
	delete(s.opens, o.id)
	if o.resume != (smb2.ResumeKey{}) {
		delete(s.resume, o.resume)
	}
	s.volume.detach(o)
}

// unlock frees the volume and sends the answers that have come about.
func (s *Server) unlock() {
	done := s.volume.take()
	s.volume.mu.Unlock()
	for _, c := range done {
		c.request.Reply(c.message)
	}
}

// Close answers what waits and closes all opens.
func (s *Server) Close() {
	s.serving.Lock()
	s.closed = true
	s.serving.Unlock()
	s.volume.mu.Lock()
	defer s.unlock()
	for _, o := range s.opens {
		s.forget(o)
	}
}
