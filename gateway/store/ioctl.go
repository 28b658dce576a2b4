package store

import (
	"math"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
	"github.com/smbgw/smbgw/transports"
)

// ioctl does IOCTL, [MS-SMB2] 3.3.5.15.
func (s *Server) ioctl(k *call) *transports.Message {
	r, err := smb2.ParseIoctlRequest(k.element)
	if err != nil || r.MaxOutput > maxTransfer || r.MaxInput > maxTransfer || r.InputCount > maxTransfer {
		return s.malformed(k)
	}
	input, err := r.Input(k.element)
	if err != nil {
		return s.malformed(k)
	}
	if r.Flags != smb2.IoctlIsFSCTL {
		return s.fail(k, smb2.StatusNotSupported)
	}
	if r.Code.WithoutFile() {
		return s.fail(k, withoutFile(&r))
	}
	s.volume.mu.Lock()
	defer s.unlock()
	o, status := s.file(k, r.FileID)
	if status != smb2.StatusSuccess {
		return s.fail(k, status)
	}
	output, status := s.control(o, &r, input)
	switch {
	case status == smb2.StatusInvalidParameter && output != nil: // a copy's limits
	case status != smb2.StatusSuccess && status != smb2.StatusBufferOverflow:
		return s.fail(k, status)
	}
	return s.replies.Output(k.request, status, &smb2.IoctlResponse{Code: r.Code, FileID: o.id}, output)
}

// withoutFile is the answer to codes about no file: the front leg's, and DFS,
// which this is not.
func withoutFile(r *smb2.IoctlRequest) smb2.Status {
	switch {
	case r.FileID != smb2.NoFile:
		return smb2.StatusInvalidParameter
	case r.Code == smb2.FsctlDFSGetReferrals || r.Code == smb2.FsctlDFSGetReferralsEx:
		return smb2.StatusFSDriverRequired
	}
	return smb2.StatusInvalidDeviceRequest
}

// statusNotAReparsePoint is what a file is that has no tag, [MS-ERREF] 2.3.1.
const statusNotAReparsePoint smb2.Status = 0xc0000275

func (s *Server) control(o *open, r *smb2.IoctlRequest, input []byte) ([]byte, smb2.Status) {
	switch r.Code {
	case smb2.FsctlRequestResumeKey:
		return s.resumeKey(o, r)
	case smb2.FsctlCopyChunk, smb2.FsctlCopyChunkWrite:
		return s.copyChunk(o, r, input)
	case smb2.FsctlQueryAllocatedRanges:
		return o.allocated(r, input)
	case smb2.FsctlSetZeroData:
		return nil, s.volume.zeroData(o, input)
	case smb2.FsctlSetSparse:
		return nil, s.volume.setSparse(o, input)
	case smb2.FsctlGetReparsePoint:
		return nil, statusNotAReparsePoint
	}
	return nil, smb2.StatusInvalidDeviceRequest
}

// allocated is FSCTL_QUERY_ALLOCATED_RANGES, [MS-FSA] 2.1.5.10.22. Holes are
// holes whether the file is called sparse or not.
func (o *open) allocated(r *smb2.IoctlRequest, input []byte) ([]byte, smb2.Status) {
	q, err := fscc.ParseRange(input)
	switch {
	case err != nil || q.Offset > math.MaxInt64 || q.Length > math.MaxInt64-q.Offset:
		return nil, smb2.StatusInvalidParameter
	case o.isDirectory():
		return nil, smb2.StatusInvalidParameter
	case o.access&readers == 0:
		return nil, smb2.StatusAccessDenied
	}
	var b []byte
	for _, x := range o.stream.content.ranges(nil, q.Offset, q.Offset+q.Length) {
		if len(b)+fscc.RangeSize > int(r.MaxOutput) {
			if len(b) == 0 {
				return nil, smb2.StatusBufferTooSmall
			}
			return b, smb2.StatusBufferOverflow
		}
		b = x.AppendBody(b)
	}
	return b, smb2.StatusSuccess
}

// zeroData is FSCTL_SET_ZERO_DATA, [MS-FSA] 2.1.5.10.39.
func (v *volume) zeroData(o *open, input []byte) smb2.Status {
	x, err := fscc.ParseZeroData(input)
	switch {
	case err != nil || o.isDirectory() || x.Beyond > math.MaxInt64 || x.Offset > x.Beyond:
		return smb2.StatusInvalidParameter
	case o.access&smb2.AccessWriteData == 0:
		return smb2.StatusAccessDenied
	case o.stream.lockedAgainst(o, x.Offset, x.Beyond-x.Offset, true):
		return smb2.StatusFileLockConflict
	}
	if end := min(x.Beyond, o.stream.content.size); x.Offset < end {
		v.zero(o.stream, x.Offset, end)
		v.modified(o, false)
	}
	return smb2.StatusSuccess
}

// setSparse is FSCTL_SET_SPARSE, [MS-FSCC] 2.3.64: without input it is set.
func (v *volume) setSparse(o *open, input []byte) smb2.Status {
	switch {
	case o.isDirectory():
		return smb2.StatusInvalidParameter
	case o.access&(writers|smb2.AccessWriteAttributes) == 0:
		return smb2.StatusAccessDenied
	}
	n := o.node()
	if n.attributes |= smb2.AttributeSparse; len(input) > 0 && input[0] == 0 {
		n.attributes &^= smb2.AttributeSparse
	}
	if n.parent != nil {
		v.tell(n.parent, n.name, smb2.NotifyAttributes, actionModified)
	}
	return smb2.StatusSuccess
}
