package rooted

import (
	"bytes"
	"log/slog"
	"slices"
	"sync"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// A Server is a directory of a share as if it were the share.
type Server struct {
	inner   tree.Server
	root    prefix         // what goes in front of clients' names
	real    prefix         // what the server calls it
	class   smb2.FileClass // by which the server says what an open is called
	replies tree.Replies
	log     *slog.Logger
	warned  sync.Once

	jobs sync.WaitGroup // chains that take several exchanges

	mu      sync.Mutex
	proxies map[*tree.Request]*proxy // of clients' requests that are not answered
	roots   map[smb2.FileID]bool     // opens of the directory itself
}

var _ tree.Server = (*Server)(nil)

// Serve passes a chain on. Most are not looked at.
func (s *Server) Serve(chain []*tree.Request) {
	slow, touched := false, false
	for _, r := range chain {
		switch s.kind(r.Element, chain[0].Element) {
		case opens:
			slow = true
		case named:
			touched = true
		}
	}
	switch {
	case slow:
		chain = slices.Clone(chain) // the caller's
		s.jobs.Go(func() { s.open(chain) })
	case touched:
		s.serve(s.translateAll(chain))
	default:
		s.inner.Serve(chain)
	}
}

// A kind is what has to be done about a request.
type kind uint8

const (
	plain kind = iota // nothing
	named             // it has a name in it, or its reply, or is about the directory itself
	opens             // the server is asked first where its name leads
)

// kind tells by the command, and for some by what is in front. first is the first
// of its chain, whose file is that of all, [MS-SMB2] 3.3.5.2.7.2.
func (s *Server) kind(element, first []byte) kind {
	switch smb2.Header(element).Command() {
	case smb2.CommandCreate:
		return opens
	case smb2.CommandSetInfo:
		if r, err := smb2.ParseSetInfoRequest(element); err != nil || renames(&r) {
			return opens
		}
		return named
	case smb2.CommandQueryInfo, smb2.CommandIoctl, smb2.CommandQueryDirectory:
		return named
	case smb2.CommandClose:
		if s.isRoot(first) {
			return named
		}
	}
	return plain
}

// isRoot says that a request names an open of the directory itself.
func (s *Server) isRoot(element []byte) bool {
	id := smb2.FileIDOf(element)
	if id == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.roots[smb2.FileID(id)]
}

// serve gives a chain away, but for what is refused: the others are served as if
// that had failed at the server.
func (s *Server) serve(chain []*proxy) {
	var list []*proxy
	var id []byte // of the file that the next one is about, when that is first now
	for _, p := range chain {
		own := smb2.FileIDOf(p.request.Element)
		if len(list) == 0 && id != nil {
			p.request.Header().Clear(smb2.FlagRelated)
			copy(own, id)
		}
		if p.refused == 0 {
			list = append(list, p)
			continue
		}
		id = bytes.Clone(own)
		p.fail(p.refused)
	}
	s.pass(list)
}

func (s *Server) pass(chain []*proxy) {
	if len(chain) == 0 {
		return
	}
	requests := make([]*tree.Request, len(chain))
	for i, p := range chain {
		requests[i] = &p.request
	}
	s.inner.Serve(requests)
}

// Cancel passes it on.
func (s *Server) Cancel(r *tree.Request) {
	s.mu.Lock()
	p := s.proxies[r]
	s.mu.Unlock()
	if p != nil {
		r = &p.request
	}
	s.inner.Cancel(r)
}

// Close ends the tree. What is under way ends with it: whatever is still asked
// for is refused.
func (s *Server) Close() {
	s.inner.Close()
	s.jobs.Wait()
}

// warn tells, once for a tree, of somebody who does not stay in it.
func (s *Server) warn(what string) {
	s.warned.Do(func() { s.log.Warn("a path leads out of its mount", "how", what) })
}
