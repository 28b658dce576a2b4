package store

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// An info is what QUERY_INFO returns: a fixed part, which the client's buffer
// has to hold, and a rest, which may be cut off.
type info struct {
	data  []byte
	fixed int
}

func whole(b []byte) info { return info{b, len(b)} }

// queryInfo does QUERY_INFO, [MS-SMB2] 3.3.5.20.
func (s *Server) queryInfo(k *call) *transports.Message {
	r, err := smb2.ParseQueryInfoRequest(k.element)
	if err != nil || r.OutputLength > maxTransfer {
		return s.malformed(k)
	}
	if _, err := r.Input(k.element); err != nil {
		return s.malformed(k)
	}
	s.volume.mu.RLock()
	defer s.volume.mu.RUnlock()
	o, status := s.file(k, r.FileID)
	if status != smb2.StatusSuccess {
		return s.fail(k, status)
	}
	var i info
	switch r.InfoType {
	case smb2.InfoFile:
		i, status = s.volume.fileInfo(o, r.Class)
	case smb2.InfoFileSystem:
		i, status = s.volume.systemInfo(r.Class)
	case smb2.InfoSecurity:
		return s.querySecurity(k, o, &r)
	case smb2.InfoQuota:
		status = smb2.StatusNotSupported
	default:
		status = smb2.StatusInvalidParameter
	}
	switch {
	case status != smb2.StatusSuccess:
		return s.fail(k, status)
	case i.fixed > int(r.OutputLength):
		return s.fail(k, smb2.StatusInfoLengthMismatch)
	case len(i.data) > int(r.OutputLength):
		return s.replies.Output(k.request, smb2.StatusBufferOverflow, &smb2.QueryInfoResponse{}, i.data[:r.OutputLength])
	}
	return s.replies.Output(k.request, smb2.StatusSuccess, &smb2.QueryInfoResponse{}, i.data)
}
