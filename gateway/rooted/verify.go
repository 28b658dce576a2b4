package rooted

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A place is where a name leads.
type place uint8

const (
	inside place = iota
	itself       // the directory, or a stream of it
	outside
	nowhere // there is no such file
	unknown // the server does not say
)

// where is the question what an open is called, as a QUERY_INFO's body.
func where(class smb2.FileClass, id smb2.FileID) func([]byte) []byte {
	at, _ := nameAt(class)
	q := smb2.QueryInfoRequest{InfoType: smb2.InfoFile, Class: class, OutputLength: uint32(at + 4 + nameRoom), FileID: id}
	return func(b []byte) []byte { return q.Append(b, nil) }
}

// called is the answer.
func called(m *transports.Message, class smb2.FileClass) (name []byte, ok bool) {
	at, _ := nameAt(class)
	out, has := output(m)
	if !has {
		return nil, false
	}
	_, name, _, ok = nameIn(out, at)
	if len(name) > 1 && unit(name, 0) == separator {
		name = name[2:]
	}
	return name, ok
}

// within says that an open is called something in the directory, and whether it is
// the directory itself.
func (s *Server) within(answer *transports.Message) (is, root bool) {
	name, ok := called(answer, s.class)
	if !ok {
		return false, false
	}
	rest, ok := s.real.after(name)
	return ok, ok && (len(rest) == 0 || unit(rest, 0) == colon)
}

// judge says, of the answers to a CREATE and to the question where it has led, that
// the client may not have what was opened; and closes that. Else at is what it is.
func (s *Server) judge(created, answer *transports.Message, at *subject) (denied bool) {
	if smb2.Header(created.Bytes()).HasErrorBody() {
		return false // nothing has been opened
	}
	r, err := smb2.ParseCreateResponse(created.Bytes())
	if err != nil {
		return true
	}
	is, root := s.within(answer)
	if !is {
		s.warn("what a name has led to")
		q := smb2.CloseRequest{FileID: r.FileID}
		release(s.ask(s.own(smb2.CommandClose, false, q.AppendBody)))
		return true
	}
	at.id = r.FileID
	if root {
		s.mu.Lock()
		s.roots[r.FileID] = true
		s.mu.Unlock()
	}
	return false
}

// forget takes the answer to a CLOSE, after which an open of the directory itself is
// none any more.
func (s *Server) forget(answer *transports.Message, at *subject) {
	if smb2.Header(answer.Bytes()).Status() == smb2.StatusSuccess {
		s.mu.Lock()
		delete(s.roots, at.id)
		s.mu.Unlock()
	}
}

// leads says where a client's name leads, which has been checked, by opening it for
// its attributes: that breaks no oplock and fits any share mode. At a symbolic link
// the client will be told of it and has changed nothing.
func (s *Server) leads(name []byte, o smb2.CreateOptions) (place, smb2.Status) {
	list := s.look(s.root.below(name), s.class, o)
	defer release(list)
	switch status := smb2.Header(list[0].reply.Bytes()).Status(); status {
	case smb2.StatusSuccess:
	case smb2.StatusStoppedOnSymlink, smb2.StatusDeletePending:
		return inside, 0
	case smb2.StatusObjectNameNotFound, smb2.StatusObjectPathNotFound, smb2.StatusNoSuchFile:
		return nowhere, 0
	default:
		return unknown, status
	}
	switch is, root := s.within(list[1].reply); {
	case root:
		return itself, 0
	case is:
		return inside, 0
	}
	return outside, 0
}

// look opens a name, asks by a class what it is called, and closes it.
func (s *Server) look(name []byte, class smb2.FileClass, o smb2.CreateOptions) []*proxy {
	create := smb2.CreateRequest{
		Impersonation: smb2.ImpersonateImpersonation, Access: smb2.AccessReadAttributes,
		Share:       smb2.ShareAccessRead | smb2.ShareAccessWrite | smb2.ShareAccessDelete,
		Disposition: smb2.DispositionOpen, Options: o,
	}
	shut := smb2.CloseRequest{FileID: smb2.NoFile}
	return s.ask(
		s.own(smb2.CommandCreate, false, func(b []byte) []byte { return create.Append(b, name, nil) }),
		s.own(smb2.CommandQueryInfo, true, where(class, smb2.NoFile)),
		s.own(smb2.CommandClose, true, shut.AppendBody),
	)
}

// ask sends a chain of our own and waits for its answers.
func (s *Server) ask(chain ...*proxy) []*proxy {
	s.pass(chain)
	for _, p := range chain {
		<-p.done
	}
	return chain
}

func release(list []*proxy) {
	for _, p := range list {
		p.reply.Release()
	}
}
