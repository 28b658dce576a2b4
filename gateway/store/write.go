package store

import (
	"math"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

const (
	// maxDataOffset is where the data of a WRITE begins at the latest,
	// [MS-SMB2] 3.3.5.13.
	maxDataOffset = 0x100

	// appendOffset writes at the end, [MS-FSA] 2.1.5.4.
	appendOffset = math.MaxUint64
)

// write does WRITE, [MS-SMB2] 3.3.5.13. The data is in the request, whatever
// the channel it came by.
func (s *Server) write(k *call) *transports.Message {
	r, err := smb2.ParseWriteRequest(k.element)
	if err != nil || r.Length > maxTransfer || r.DataOffset > maxDataOffset {
		return s.malformed(k)
	}
	data, err := r.Data(k.element)
	if err != nil {
		return s.malformed(k)
	}
	s.volume.mu.Lock()
	o, status := s.file(k, r.FileID)
	if status == smb2.StatusSuccess {
		status = s.volume.writeOpen(o, data, r.Offset)
	}
	s.unlock()
	if status != smb2.StatusSuccess {
		return s.fail(k, status)
	}
	m := s.replies.Arena.New(smb2.WriteResponseLength)
	reply := smb2.WriteResponse{Count: uint32(len(data))}
	reply.AppendBody(smb2.AppendReply(m.Bytes()[:0], k.request.Header(), smb2.StatusSuccess, 0))
	return m
}

// writeOpen writes as o may. An open that may only append does so wherever it
// wants to write.
func (v *volume) writeOpen(o *open, data []byte, off uint64) smb2.Status {
	if off == appendOffset || o.access&writers == smb2.AccessAppendData {
		off = o.stream.content.size
	}
	if s := o.writable(off, uint64(len(data))); s != smb2.StatusSuccess {
		return s
	}
	grows := off+uint64(len(data)) > o.stream.content.size && len(data) > 0
	if s := v.write(o.stream, data, off); s != smb2.StatusSuccess {
		return s
	}
	if len(data) > 0 {
		v.modified(o, grows)
	}
	return smb2.StatusSuccess
}

// writable says whether o may write n bytes at off.
func (o *open) writable(off, n uint64) smb2.Status {
	switch {
	case o.access&writers == 0:
		return smb2.StatusAccessDenied
	case o.isDirectory():
		return smb2.StatusInvalidDeviceRequest
	case off > math.MaxInt64 || off+n > math.MaxInt64:
		return smb2.StatusInvalidParameter
	case o.stream.lockedAgainst(o, off, n, true):
		return smb2.StatusFileLockConflict
	}
	return smb2.StatusSuccess
}

// modified says that o has changed its stream's bytes.
func (v *volume) modified(o *open, resized bool) {
	n := o.node()
	now := v.time()
	if !o.frozen.write {
		n.times.LastWrite = now
	}
	if !o.frozen.change {
		n.times.Change = now
	}
	n.attributes |= smb2.AttributeArchive
	if n.directory {
		n.attributes &^= smb2.AttributeArchive
	}
	if v.watches == 0 || n.parent == nil {
		return
	}
	if o.stream != &n.main {
		v.tellStream(o.stream, smb2.NotifyStreamWrite|smb2.NotifyStreamSize, actionModifiedStream)
		return
	}
	what := smb2.NotifyLastWrite
	if resized {
		what |= smb2.NotifySize
	}
	v.tell(n.parent, n.name, what, actionModified)
}
