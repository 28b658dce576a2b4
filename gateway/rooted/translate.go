package rooted

import (
	"encoding/binary"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A subject is the open that requests of a chain are about.
type subject struct {
	root bool        // it is the directory itself
	id   smb2.FileID // by what the server knows it; of a CREATE when that is answered
}

// translateAll makes proxies of a chain without a CREATE: what is behind the first
// request is about its file, whatever is written there.
func (s *Server) translateAll(chain []*tree.Request) []*proxy {
	first := chain[0].Element
	at := subject{root: s.isRoot(first)}
	copy(at.id[:], smb2.FileIDOf(first))
	return s.translate(chain, &at)
}

// translate makes proxies of requests about one file.
func (s *Server) translate(chain []*tree.Request, at *subject) []*proxy {
	list := make([]*proxy, len(chain))
	for i, r := range chain {
		list[i] = s.translated(r, at)
	}
	return list
}

func (s *Server) translated(r *tree.Request, at *subject) *proxy {
	switch r.Header().Command() {
	case smb2.CommandSetInfo:
		return s.setInfo(r, at.root)
	case smb2.CommandQueryInfo:
		return s.queryInfo(r)
	case smb2.CommandQueryDirectory:
		return s.queryDirectory(r)
	case smb2.CommandIoctl:
		return s.ioctl(r)
	case smb2.CommandClose:
		return s.close(r, at)
	}
	return s.proxy(r)
}

// refuse is a request that is not sent.
func (s *Server) refuse(r *tree.Request, status smb2.Status) *proxy {
	p := s.proxy(r)
	p.refused = status
	return p
}

// close forgets an open of the directory itself when it has been closed.
func (s *Server) close(r *tree.Request, at *subject) *proxy {
	p := s.proxy(r)
	p.edit = func(m *transports.Message) *transports.Message {
		s.forget(m, at)
		return m
	}
	return p
}

// renames says that a SET_INFO gives a file another name.
func renames(r *smb2.SetInfoRequest) bool {
	const linkEx, renameEx = 72, smb2.FileRenameInfoEx // [MS-FSCC] 2.4
	if r.InfoType != smb2.InfoFile {
		return false
	}
	switch r.Class {
	case smb2.FileRenameInfo, renameEx, smb2.FileLinkInfo, linkEx:
		return true
	}
	return false
}

// setInfo puts the directory in front of a new name, and keeps the directory
// itself where it is.
func (s *Server) setInfo(r *tree.Request, root bool) *proxy {
	q, err := smb2.ParseSetInfoRequest(r.Element)
	if err != nil {
		return s.refuse(r, smb2.StatusInvalidParameter)
	}
	disposes := q.InfoType == smb2.InfoFile && (q.Class == smb2.FileDispositionInfo || q.Class == smb2.FileDispositionInfoEx)
	switch {
	case root && (disposes || renames(&q)):
		return s.refuse(r, smb2.StatusAccessDenied)
	case !renames(&q):
		return s.proxy(r)
	}
	data, name, status := renamed(&q, r.Element)
	if status != 0 {
		return s.refuse(r, status)
	}
	if len(name) > 0 && unit(name, 0) == colon { // a stream gets another name, and stays with its file
		return s.proxy(r)
	}
	to := s.root.below(name)
	if len(to) > maxName {
		return s.refuse(r, smb2.StatusObjectNameInvalid)
	}
	b := append([]byte(nil), data[:renameFixed]...)
	binary.LittleEndian.PutUint32(b[16:], uint32(len(to)))
	b = append(b, to...)
	for len(b) < renameLeast {
		b = append(b, 0)
	}
	return s.as(r, q.Append(append([]byte(nil), r.Element[:smb2.HeaderSize]...), b))
}

// renamed is the new name in a SET_INFO, with the structure that it is in:
//
//	ReplaceIfExists[1] Reserved[7], or Flags[4] Reserved[4]
//	RootDirectory[8]=0 FileNameLength[4] FileName[variable]
func renamed(q *smb2.SetInfoRequest, element []byte) (data, name []byte, status smb2.Status) {
	data, err := q.Data(element)
	if err != nil || len(data) < renameFixed {
		return nil, nil, smb2.StatusInvalidParameter
	}
	n := binary.LittleEndian.Uint32(data[16:])
	if uint64(n) > uint64(len(data)-renameFixed) || binary.LittleEndian.Uint64(data[8:]) != 0 || n == 0 {
		return nil, nil, smb2.StatusInvalidParameter
	}
	name = data[renameFixed:][:n]
	return data, name, check(name)
}

// queryDirectory refuses patterns that are paths: what a server makes of those is
// its own affair.
func (s *Server) queryDirectory(r *tree.Request) *proxy {
	q, err := smb2.ParseQueryDirectoryRequest(r.Element)
	if err != nil {
		return s.refuse(r, smb2.StatusInvalidParameter)
	}
	pattern, err := q.Name(r.Element)
	if err != nil || len(pattern)%2 != 0 {
		return s.refuse(r, smb2.StatusInvalidParameter)
	}
	for i := range len(pattern) / 2 {
		if u := unit(pattern, i); u == separator || u == '/' || u == 0 {
			return s.refuse(r, smb2.StatusObjectNameInvalid)
		}
	}
	return s.proxy(r)
}
