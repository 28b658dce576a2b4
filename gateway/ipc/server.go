package ipc

import (
	"crypto/rand"
	"sync"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A Server is one tree connect to IPC$. It does what is asked on the caller's
// goroutine.
type Server struct {
	service *Service
	client  *tree.Client
	shares  func() []Share // that the client sees
	replies tree.Replies
	refuses bool // denies all pipes

	// serving is held shared while a chain is served, so that Close knows when
	// the last one is through.
	serving sync.RWMutex
	closed  bool // guarded by serving

	mu      sync.Mutex
	opens   map[smb2.FileID]*open
	waiting map[*tree.Request]*wait
	done    []completion // answers to be sent when mu is free
}

var _ tree.Server = (*Server)(nil)

func newServer(s *Service, client *tree.Client) *Server {
	return &Server{
		service: s, client: client, replies: tree.Replies{Arena: s.Arena},
		shares:  func() []Share { return s.Shares(client) },
		opens:   map[smb2.FileID]*open{},
		waiting: map[*tree.Request]*wait{},
	}
}

// A completion is the answer to a request that has waited.
type completion struct {
	request *tree.Request
	message *transports.Message
}

// A call is a request while it is served, and what it leaves to the next of its
// chain, [MS-SMB2] 3.3.5.2.7.2.
type call struct {
	request *tree.Request
	element []byte
	related bool // not the first of its chain
	last    bool // of its chain: it may wait

	file   smb2.FileID
	known  bool
	failed smb2.Status // of the CREATE that has opened nothing
}

// Serve does a chain's elements one after the other.
func (s *Server) Serve(requests []*tree.Request) {
	s.serving.RLock()
	defer s.serving.RUnlock()
	var k call
	for i, r := range requests {
		k.request, k.element, k.related, k.last = r, r.Element, i > 0, i == len(requests)-1
		s.mu.Lock()
		m, w := s.do(&k)
		s.unlock()
		if w != nil {
			s.await(w)
			continue
		}
		r.Reply(m)
	}
}

// do serves one element, or says what it waits for. The server is locked.
func (s *Server) do(k *call) (*transports.Message, *wait) {
	if s.closed {
		return s.fail(k, smb2.StatusNetworkNameDeleted), nil
	}
	switch smb2.Header(k.element).Command() {
	case smb2.CommandCreate:
		return s.create(k), nil
	case smb2.CommandClose:
		return s.close(k), nil
	case smb2.CommandRead:
		return s.read(k)
	case smb2.CommandWrite:
		return s.write(k), nil
	case smb2.CommandIoctl:
		return s.ioctl(k)
	case smb2.CommandFlush:
		return s.flush(k), nil
	case smb2.CommandQueryInfo:
		return s.queryInfo(k), nil
	case smb2.CommandSetInfo:
		return s.setInfo(k), nil
	case smb2.CommandLock, smb2.CommandQueryDirectory, smb2.CommandChangeNotify, smb2.CommandOplockBreak:
		return s.notOfPipes(k), nil
	}
	return s.malformed(k), nil
}

// file is the open that a request names, or in a chain the elements before it,
// or why there is none.
func (s *Server) file(k *call, id smb2.FileID) (*open, smb2.Status) {
	if k.related {
		switch {
		case k.failed != smb2.StatusSuccess:
			return nil, k.failed
		case !k.known:
			return nil, smb2.StatusInvalidHandle
		}
		id = k.file
	}
	k.file, k.known = id, true
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
	s.opens[o.id] = o
}

// forget ends an open, and what waits on it.
func (s *Server) forget(o *open) {
	delete(s.opens, o.id)
	for _, w := range o.waiting {
		s.complete(w, s.replies.Failure(w.request, smb2.StatusFileClosed))
	}
	o.waiting = nil
	s.service.held.Add(-o.counted)
	o.counted = 0
}

// account counts what a pipe holds. One that is too much loses it all.
func (s *Server) account(o *open) {
	n := o.size()
	if s.service.held.Add(n-o.counted) > maxHeld && n > o.counted {
		o.end(errUnread)
		o.out = nil
		s.service.held.Add(openCost - n)
		n = openCost
	}
	o.counted = n
}

// unlock frees the server and sends the answers that have come about.
func (s *Server) unlock() {
	done := s.done
	s.done = nil
	s.mu.Unlock()
	for _, c := range done {
		c.request.Reply(c.message)
	}
}

// Close answers what waits and closes all opens.
func (s *Server) Close() {
	s.serving.Lock()
	s.closed = true
	s.serving.Unlock()
	s.mu.Lock()
	defer s.unlock()
	for _, o := range s.opens {
		s.forget(o)
	}
}
