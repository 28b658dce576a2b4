package store

import (
	"math"
	"slices"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// lock does LOCK, [MS-SMB2] 3.3.5.14. A single range may wait.
func (s *Server) lock(k *call) *transports.Message {
	r, err := smb2.ParseLockRequest(k.element)
	if err != nil {
		return s.malformed(k)
	}
	list, err := r.Locks(nil, k.element)
	if err != nil {
		return s.malformed(k)
	}
	s.volume.mu.Lock()
	o, status := s.file(k, r.FileID)
	if status == smb2.StatusSuccess {
		status = checkLocks(list)
	}
	waits := false
	if status == smb2.StatusSuccess {
		status, waits = s.lockOpen(k, o, list)
	}
	s.unlock()
	switch {
	case waits:
		s.awaitLock(k.request, o, list[0])
		return nil
	case status != smb2.StatusSuccess:
		return s.fail(k, status)
	}
	return s.replies.Answer(k.request, tree.OutputFixed, &smb2.LockResponse{})
}

// checkLocks is what can be said of a list by itself: the first range says
// whether all lock or all unlock, and only one by itself may wait.
func checkLocks(list []smb2.Lock) smb2.Status {
	unlock := list[0].Flags.Has(smb2.LockUnlock)
	for _, l := range list {
		switch l.Flags {
		case smb2.LockUnlock:
			if !unlock {
				return smb2.StatusInvalidParameter
			}
		case smb2.LockShared, smb2.LockExclusive:
			if unlock || len(list) > 1 {
				return smb2.StatusInvalidParameter
			}
		case smb2.LockShared | smb2.LockFailImmediately, smb2.LockExclusive | smb2.LockFailImmediately:
			if unlock {
				return smb2.StatusInvalidParameter
			}
		default:
			return smb2.StatusInvalidParameter
		}
		if l.Length > 0 && l.Offset > math.MaxUint64-(l.Length-1) {
			return smb2.StatusInvalidLockRange
		}
	}
	return smb2.StatusSuccess
}

// lockOpen locks or unlocks, or says that the request has to wait.
func (s *Server) lockOpen(k *call, o *open, list []smb2.Lock) (status smb2.Status, waits bool) {
	switch {
	case o.isDirectory():
		return smb2.StatusInvalidParameter, false
	case list[0].Flags.Has(smb2.LockUnlock):
		return s.volume.unlock(o, list), false
	case o.access&(readers|writers) == 0:
		return smb2.StatusAccessDenied, false
	}
	status = o.stream.lockAll(o, list)
	if status != smb2.StatusLockNotGranted || list[0].Flags.Has(smb2.LockFailImmediately) {
		return status, false
	}
	if len(o.stream.queue) >= maxLocks {
		return smb2.StatusInsufficientResources, false
	}
	status = s.park(k)
	return status, status == smb2.StatusSuccess
}

// awaitLock tells the client to wait and queues the lock, unless it can be had
// by now.
func (s *Server) awaitLock(r *tree.Request, o *open, l smb2.Lock) {
	r.Pending()
	s.volume.mu.Lock()
	defer s.unlock()
	p, ok := s.resumed(r, o)
	if !ok {
		return
	}
	w := &lockWait{r, heldLock{o, l.Offset, l.Length, l.Flags.Has(smb2.LockExclusive)}}
	o.stream.queue = append(o.stream.queue, w)
	p.end = func() {
		o.stream.queue = slices.DeleteFunc(o.stream.queue, func(other *lockWait) bool { return other == w })
	}
	s.volume.grant(o.stream)
}
