package rooted

import (
	"slices"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// open serves a chain that opens files or gives them other names, each of its parts
// when the one before has been. A part is a CREATE with what is about its file.
func (s *Server) open(chain []*tree.Request) {
	for len(chain) > 0 {
		n := 1
		for n < len(chain) && chain[n].Header().Command() != smb2.CommandCreate {
			n++
		}
		if chain[0].Header().Command() == smb2.CommandCreate {
			s.openOne(chain[:n])
		} else {
			s.renameOne(chain[:n])
		}
		chain = chain[n:]
	}
}

// renameOne serves a part without a CREATE.
func (s *Server) renameOne(part []*tree.Request) {
	if status := s.mayMove(part); status != 0 {
		s.refuseAll(part, status)
		return
	}
	s.serve(s.translateAll(part))
}

// mayMove asks where new names in a part lead.
func (s *Server) mayMove(part []*tree.Request) smb2.Status {
	for _, r := range part {
		q, err := smb2.ParseSetInfoRequest(r.Element)
		if r.Header().Command() != smb2.CommandSetInfo || err != nil || !renames(&q) {
			continue
		}
		_, name, status := renamed(&q, r.Element)
		if status != 0 || unit(name, 0) == colon {
			continue // translate says so
		}
		if at, _ := s.leads(parent(name), 0); at == outside {
			s.warn("a new name")
			return smb2.StatusAccessDenied
		}
	}
	return 0
}

func (s *Server) refuseAll(part []*tree.Request, status smb2.Status) {
	for _, r := range part {
		p := s.proxy(r)
		p.fail(status)
	}
}

// openOne serves a part that begins with a CREATE. Where what it opens is in truth
// it is asked in the same message, and the client has its answers when that is
// known. A part that changes something is not sent before it is known.
func (s *Server) openOne(part []*tree.Request) {
	c, status := parseCreation(part[0].Element)
	if status == 0 && (c.alters() || slices.ContainsFunc(part[1:], changes)) {
		status = s.mayAlter(&c)
	}
	if status == 0 {
		status = s.mayMove(part)
	}
	if status != 0 {
		s.refuseAll(part, status)
		return
	}
	at := &subject{root: c.root}
	list := append([]*proxy{s.create(part[0], &c)}, s.translate(part[1:], at)...)
	if status := list[0].refused; status != 0 {
		for _, p := range list {
			p.fail(status)
		}
		return
	}
	s.serveOpening(list, at)
}

// changes says that a request may do more than tell something.
func changes(r *tree.Request) bool {
	switch r.Header().Command() {
	case smb2.CommandQueryInfo, smb2.CommandQueryDirectory, smb2.CommandClose:
		return false
	}
	return true
}

// mayAlter asks where a CREATE would lead that may change something. A link that is
// to be opened itself is where it is.
func (s *Server) mayAlter(c *creation) smb2.Status {
	at, status := s.leads(c.name, c.Options&smb2.OptionReparsePoint)
	c.root = c.root || at == itself
	if at == nowhere && len(c.name) > 0 {
		at, status = s.leads(parent(c.name), 0)
	}
	switch at {
	case outside:
		s.warn("a name")
		return smb2.StatusAccessDenied
	case unknown:
		return status
	}
	return 0
}

func newGate(first *proxy) *gate { return &gate{first: make(chan struct{}), opening: first} }

// serveOpening sends a CREATE with the question where it has led, and what is
// behind it.
func (s *Server) serveOpening(list []*proxy, at *subject) {
	g := newGate(list[0])
	for _, p := range list {
		p.gate = g
	}
	question := s.own(smb2.CommandQueryInfo, true, where(s.class, smb2.NoFile))
	s.serve(slices.Insert(list, 1, question))
	<-g.first
	<-question.done
	g.decide(s.judge(list[0].reply, question.reply, at))
	question.reply.Release()
}
