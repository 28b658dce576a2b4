package store

import (
	"math"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// read does READ, [MS-SMB2] 3.3.5.12. The data is copied once, into the reply.
// Where the client would like it placed is not looked at.
func (s *Server) read(k *call) *transports.Message {
	r, err := smb2.ParseReadRequest(k.element)
	if err != nil || r.Length > maxTransfer || r.Offset > math.MaxInt64 {
		return s.malformed(k)
	}
	s.volume.mu.RLock()
	defer s.volume.mu.RUnlock()
	o, status := s.file(k, r.FileID)
	if status == smb2.StatusSuccess {
		status = o.readable(r.Offset, uint64(r.Length))
	}
	if status != smb2.StatusSuccess {
		return s.fail(k, status)
	}
	c := &o.stream.content
	n := uint64(0)
	if r.Offset < c.size {
		n = min(uint64(r.Length), c.size-r.Offset)
	}
	if n == 0 && r.Length > 0 || n < uint64(r.MinimumCount) {
		return s.fail(k, smb2.StatusEndOfFile)
	}
	m := s.replies.Arena.New(smb2.ReadResponseBuffer + int(n))
	reply := smb2.ReadResponse{DataOffset: smb2.ReadResponseBuffer, DataLength: uint32(n)}
	reply.AppendBody(smb2.AppendReply(m.Bytes()[:0], k.request.Header(), smb2.StatusSuccess, 0))
	c.readAt(m.Bytes()[smb2.ReadResponseBuffer:], r.Offset)
	return m
}

// readable says whether o may read n bytes at off.
func (o *open) readable(off, n uint64) smb2.Status {
	switch {
	case o.access&readers == 0:
		return smb2.StatusAccessDenied
	case o.isDirectory():
		return smb2.StatusInvalidDeviceRequest
	case o.stream.lockedAgainst(o, off, n, false):
		return smb2.StatusFileLockConflict
	}
	return smb2.StatusSuccess
}

// isDirectory says whether o is of a directory itself, not of a stream of it.
func (o *open) isDirectory() bool { return o.node().directory && o.stream == &o.node().main }
