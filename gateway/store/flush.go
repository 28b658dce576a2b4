package store

import (
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// flush does FLUSH, [MS-SMB2] 3.3.5.11. Memory is as stable as it gets.
func (s *Server) flush(k *call) *transports.Message {
	r, err := smb2.ParseFlushRequest(k.element)
	if err != nil {
		return s.malformed(k)
	}
	s.volume.mu.RLock()
	defer s.volume.mu.RUnlock()
	o, status := s.file(k, r.FileID)
	if status == smb2.StatusSuccess && o.access&writers == 0 {
		status = smb2.StatusAccessDenied
	}
	if status != smb2.StatusSuccess {
		return s.fail(k, status)
	}
	return s.replies.Answer(k.request, tree.OutputFixed, &smb2.FlushResponse{})
}

// oplockBreak does OPLOCK_BREAK. No oplock or lease is ever granted, so there
// is none to acknowledge, [MS-SMB2] 3.3.5.22.1, 3.3.5.22.2.
func (s *Server) oplockBreak(k *call) *transports.Message {
	if _, err := smb2.ParseLeaseBreakAck(k.element); err == nil {
		return s.fail(k, smb2.StatusObjectNameNotFound)
	}
	r, err := smb2.ParseOplockBreak(k.element)
	if err != nil {
		return s.malformed(k)
	}
	s.volume.mu.RLock()
	defer s.volume.mu.RUnlock()
	if _, status := s.file(k, r.FileID); status != smb2.StatusSuccess {
		return s.fail(k, status)
	}
	return s.fail(k, smb2.StatusInvalidDeviceState)
}
