package ipc

import (
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// read does READ, [MS-SMB2] 3.3.5.12: the next message, or as much of it as the
// client has room for. Offset and MinimumCount mean nothing to a pipe.
func (s *Server) read(k *call) (*transports.Message, *wait) {
	r, err := smb2.ParseReadRequest(k.element)
	if err != nil || r.Length > maxTransfer {
		return s.malformed(k), nil
	}
	o, status := s.file(k, r.FileID)
	if status == smb2.StatusSuccess && o.access&readAccess == 0 {
		status = smb2.StatusAccessDenied
	}
	switch {
	case status != smb2.StatusSuccess:
		return s.fail(k, status), nil
	case len(o.out) == 0 || len(o.waiting) > 0:
		return s.announce(k, wait{open: o, most: r.Length})
	}
	return s.deliver(k.request, o, false, r.Length), nil
}

// write does WRITE, [MS-SMB2] 3.3.5.13.
func (s *Server) write(k *call) *transports.Message {
	r, err := smb2.ParseWriteRequest(k.element)
	if err != nil || r.Length > maxTransfer {
		return s.malformed(k)
	}
	data, err := r.Data(k.element)
	if err != nil {
		return s.malformed(k)
	}
	o, status := s.file(k, r.FileID)
	if status == smb2.StatusSuccess {
		status = s.put(o, data)
	}
	if status != smb2.StatusSuccess {
		return s.fail(k, status)
	}
	s.wake(o)
	return s.replies.Answer(k.request, tree.OutputFixed, &smb2.WriteResponse{Count: uint32(len(data))})
}

// put writes data into the pipe.
func (s *Server) put(o *open, data []byte) smb2.Status {
	switch {
	case o.access&writeAccess == 0:
		return smb2.StatusAccessDenied
	case o.over != nil:
		return smb2.StatusPipeDisconnected
	}
	o.write(data)
	s.account(o)
	return smb2.StatusSuccess
}

// transceive does FSCTL_PIPE_TRANSCEIVE, [MS-SMB2] 3.3.5.15.3, with the statuses
// of [MS-FSCC] 2.3.48.
func (s *Server) transceive(k *call, o *open, most uint32, input []byte) (*transports.Message, *wait) {
	switch {
	case o.access&readAccess == 0:
		return s.fail(k, smb2.StatusAccessDenied), nil
	case o.stream:
		return s.fail(k, statusInvalidPipeState), nil
	case len(o.out) > 0 || len(o.waiting) > 0:
		return s.fail(k, smb2.StatusPipeBusy), nil
	}
	if status := s.put(o, input); status != smb2.StatusSuccess {
		return s.fail(k, status), nil
	}
	if len(o.out) == 0 {
		return s.announce(k, wait{open: o, transceive: true, most: most})
	}
	return s.deliver(k.request, o, true, most), nil
}

// flush does FLUSH, [MS-SMB2] 3.3.5.11: what is written is read at once.
func (s *Server) flush(k *call) *transports.Message {
	r, err := smb2.ParseFlushRequest(k.element)
	if err != nil {
		return s.malformed(k)
	}
	o, status := s.file(k, r.FileID)
	if status == smb2.StatusSuccess && o.access&writeAccess == 0 {
		status = smb2.StatusAccessDenied
	}
	if status != smb2.StatusSuccess {
		return s.fail(k, status)
	}
	return s.replies.Answer(k.request, tree.OutputFixed, &smb2.FlushResponse{})
}
