package store

import (
	"math"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/fscc"
	"github.com/smbgw/smbgw/transports"
)

// setInfo does SET_INFO, [MS-SMB2] 3.3.5.21.
func (s *Server) setInfo(k *call) *transports.Message {
	r, err := smb2.ParseSetInfoRequest(k.element)
	if err != nil || r.BufferLength > maxTransfer {
		return s.malformed(k)
	}
	data, err := r.Data(k.element)
	if err != nil {
		return s.malformed(k)
	}
	s.volume.mu.Lock()
	o, status := s.file(k, r.FileID)
	if status == smb2.StatusSuccess {
		status = smb2.StatusNotSupported // file systems', quotas, security
		if r.InfoType == smb2.InfoFile {
			status = s.volume.setFile(o, r.Class, data)
		}
	}
	s.unlock()
	if status != smb2.StatusSuccess {
		return s.fail(k, status)
	}
	return s.replies.Answer(k.request, tree.OutputFixed, &smb2.SetInfoResponse{})
}

// setFile sets a class of [MS-FSCC] 2.4. A buffer that is too short for it is
// STATUS_INFO_LENGTH_MISMATCH.
func (v *volume) setFile(o *open, class smb2.FileClass, data []byte) (s smb2.Status) {
	var err error
	switch class {
	case smb2.FileBasicInfo:
		var x fscc.Basic
		if x, err = fscc.ParseBasic(data); err == nil {
			return v.setBasic(o, x)
		}
	case smb2.FileRenameInfo:
		var x fscc.Rename
		if x, err = fscc.ParseRename(data); err == nil {
			return v.setRename(o, x)
		}
	case smb2.FileDispositionInfo:
		var x fscc.Disposition
		if x, err = fscc.ParseDisposition(data); err == nil {
			return v.setDisposition(o, bool(x))
		}
	case smb2.FilePositionInfo:
		var x fscc.Long
		if x, err = fscc.ParseLong(data); err == nil {
			return o.setPosition(uint64(x))
		}
	case smb2.FileAllocationInfo:
		var x fscc.Long
		if x, err = fscc.ParseLong(data); err == nil {
			return v.setAllocation(o, uint64(x))
		}
	case smb2.FileEndOfFileInfo:
		var x fscc.Long
		if x, err = fscc.ParseLong(data); err == nil {
			return v.setEndOfFile(o, uint64(x))
		}
	case smb2.FileFullEAInfo:
		return smb2.StatusEAsNotSupported
	case smb2.FileLinkInfo:
		return smb2.StatusNotSupported
	default:
		return smb2.StatusInvalidInfoClass
	}
	return smb2.StatusInfoLengthMismatch
}

// setRename is [MS-SMB2] 3.3.5.21.1: there is no directory but the share's root
// to be relative to.
func (v *volume) setRename(o *open, x fscc.Rename) smb2.Status {
	if !o.access.Has(smb2.AccessDelete) {
		return smb2.StatusAccessDenied
	}
	name := x.Name
	if len(name) > 1 && name[0] == '\\' && name[1] == 0 {
		name = name[2:] // some clients say so
	}
	if x.Root != 0 {
		return smb2.StatusInvalidParameter
	}
	p, s := parsePath(name)
	if s != smb2.StatusSuccess {
		return s
	}
	return v.rename(o, p, x.Replace)
}

func (v *volume) setDisposition(o *open, doomed bool) smb2.Status {
	if !o.access.Has(smb2.AccessDelete) {
		return smb2.StatusAccessDenied
	}
	if !doomed {
		o.stream.doomed = false
		return smb2.StatusSuccess
	}
	if s := v.deletable(o.stream); s != smb2.StatusSuccess {
		return s
	}
	v.doom(o.stream)
	return smb2.StatusSuccess
}

func (o *open) setPosition(p uint64) smb2.Status {
	if p > math.MaxInt64 {
		return smb2.StatusInvalidParameter
	}
	o.position = p
	return smb2.StatusSuccess
}

// setEndOfFile cuts or extends. What a lock of another covers stays.
func (v *volume) setEndOfFile(o *open, size uint64) smb2.Status {
	if !o.access.Has(smb2.AccessWriteData) {
		return smb2.StatusAccessDenied
	}
	if o.isDirectory() || size > math.MaxInt64 {
		return smb2.StatusInvalidParameter
	}
	from, to := min(size, o.stream.content.size), max(size, o.stream.content.size)
	if o.stream.lockedAgainst(o, from, to-from, true) {
		return smb2.StatusFileLockConflict
	}
	if s := v.resize(o.stream, size); s != smb2.StatusSuccess {
		return s
	}
	v.modified(o, true)
	return smb2.StatusSuccess
}

// setAllocation cuts what is beyond; more is allocated when it is written.
func (v *volume) setAllocation(o *open, size uint64) smb2.Status {
	switch {
	case !o.access.Has(smb2.AccessWriteData):
		return smb2.StatusAccessDenied
	case o.isDirectory() || size > math.MaxInt64:
		return smb2.StatusInvalidParameter
	case size > o.stream.content.held && size-o.stream.content.held > v.limit-v.used:
		return smb2.StatusNoSpace
	case size < o.stream.content.size:
		return v.setEndOfFile(o, size)
	}
	return smb2.StatusSuccess
}
