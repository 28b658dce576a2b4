package store

import (
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// close does CLOSE, [MS-SMB2] 3.3.5.10.
func (s *Server) close(k *call) *transports.Message {
	r, err := smb2.ParseCloseRequest(k.element)
	if err != nil {
		return s.malformed(k)
	}
	s.volume.mu.Lock()
	o, status := s.file(k, r.FileID)
	var reply smb2.CloseResponse
	if status == smb2.StatusSuccess {
		if r.Flags&smb2.ClosePostQuery != 0 {
			n := o.node()
			reply.Flags, reply.Times, reply.Attributes = smb2.ClosePostQuery, n.times, n.wireAttributes()
			reply.AllocationSize, reply.EndOfFile = o.stream.sizes()
		}
		s.forget(o)
	}
	s.unlock()
	if status != smb2.StatusSuccess {
		return s.fail(k, status)
	}
	return s.replies.Answer(k.request, tree.OutputFixed, &reply)
}
