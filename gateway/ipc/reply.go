package ipc

import (
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// failure is a reply that has no more than a status.
func (s *Server) failure(r *tree.Request, status smb2.Status) *transports.Message {
	m := s.arena.New(smb2.ErrorResponseLength)
	smb2.AppendErrorReply(m.Bytes()[:0], r.Header(), status, 0)
	return m
}

func (s *Server) fail(k *call, status smb2.Status) *transports.Message {
	return s.failure(k.request, status)
}

// malformed is the answer to a body that cannot be read, [MS-SMB2] 3.3.5.2.6.
func (s *Server) malformed(k *call) *transports.Message {
	return s.fail(k, smb2.StatusInvalidParameter)
}

// A body is the fixed part of a reply.
type body interface{ AppendBody(b []byte) []byte }

// answer is a reply of a body of at most n bytes.
func (s *Server) answer(r *tree.Request, n int, b body) *transports.Message {
	m := s.arena.New(smb2.HeaderSize + n)
	m.Resize(len(b.AppendBody(smb2.AppendReply(m.Bytes()[:0], r.Header(), smb2.StatusSuccess, 0))))
	return m
}

// An outputBody is the body of a reply with one output.
type outputBody interface{ Append(b, data []byte) []byte }

// outputFixed is at least the fixed part of any reply but CREATE's.
const outputFixed = 64

// output is a reply with an output.
func (s *Server) output(r *tree.Request, status smb2.Status, b outputBody, data []byte) *transports.Message {
	m := s.arena.New(smb2.HeaderSize + outputFixed + len(data))
	m.Resize(len(b.Append(smb2.AppendReply(m.Bytes()[:0], r.Header(), status, 0), data)))
	return m
}
