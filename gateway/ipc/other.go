package ipc

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// notOfPipes answers what can be asked of files and directories only.
func (s *Server) notOfPipes(k *call) *transports.Message {
	id, status, err := refusal(k.element)
	if err != nil {
		return s.malformed(k)
	}
	if id != smb2.NoFile || k.related {
		if _, gone := s.file(k, id); gone != smb2.StatusSuccess {
			status = gone
		}
	}
	return s.fail(k, status)
}

// refusal is the file that a request names, NoFile of one that names none, and
// what it gets if there is such a file.
func refusal(element []byte) (smb2.FileID, smb2.Status, error) {
	switch smb2.Header(element).Command() {
	case smb2.CommandQueryDirectory: // 3.3.5.18: not a directory
		r, err := smb2.ParseQueryDirectoryRequest(element)
		return r.FileID, smb2.StatusInvalidParameter, err
	case smb2.CommandChangeNotify: // 3.3.5.19: likewise
		r, err := smb2.ParseChangeNotifyRequest(element)
		return r.FileID, smb2.StatusInvalidParameter, err
	case smb2.CommandLock: // 3.3.5.14: there is nothing to lock
		r, err := smb2.ParseLockRequest(element)
		return r.FileID, smb2.StatusInvalidDeviceRequest, err
	}
	if _, err := smb2.ParseLeaseBreakAck(element); err == nil { // 3.3.5.22.2: no lease was granted
		return smb2.NoFile, smb2.StatusObjectNameNotFound, nil
	}
	r, err := smb2.ParseOplockBreak(element) // 3.3.5.22.1: nor an oplock
	return r.FileID, smb2.StatusInvalidDeviceState, err
}
