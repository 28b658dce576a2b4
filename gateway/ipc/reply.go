package ipc

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

func (s *Server) fail(k *call, status smb2.Status) *transports.Message {
	return s.replies.Failure(k.request, status)
}

// malformed is the answer to a body that cannot be read, [MS-SMB2] 3.3.5.2.6.
func (s *Server) malformed(k *call) *transports.Message {
	return s.fail(k, smb2.StatusInvalidParameter)
}
