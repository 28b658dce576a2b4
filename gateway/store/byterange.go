package store

import (
	"slices"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// A heldLock is a byte range that an open has locked. Its last byte is in it,
// so that a range can end at 1<<64.
type heldLock struct {
	owner     *open
	off, size uint64
	exclusive bool
}

// A lockWait is a LOCK that waits for its one range.
type lockWait struct {
	request *tree.Request
	lock    heldLock
}

// overlaps is [MS-FSA] 2.1.4.10: a range of no bytes is between two bytes, and
// meets only what has both of them.
func (l *heldLock) overlaps(off, size uint64) bool {
	switch {
	case l.size == 0 && size == 0:
		return false
	case l.size == 0:
		return off < l.off && l.off <= off+(size-1)
	case size == 0:
		return l.off < off && off <= l.off+(l.size-1)
	}
	return off <= l.off+(l.size-1) && l.off <= off+(size-1)
}

// blocked says whether another lock keeps l from being granted, [MS-FSA]
// 2.1.4.10. An exclusive one meets those of its own open too; a shared one goes
// on top of them.
func (s *stream) blocked(l heldLock) bool {
	for i := range s.locks {
		held := &s.locks[i]
		if (l.exclusive || held.exclusive && held.owner != l.owner) && held.overlaps(l.off, l.size) {
			return true
		}
	}
	return false
}

// lockedAgainst says whether a lock keeps o from reading or writing n bytes:
// exclusive ones keep out others, shared ones every writer.
func (s *stream) lockedAgainst(o *open, off, n uint64, write bool) bool {
	if n == 0 {
		return false
	}
	for i := range s.locks {
		l := &s.locks[i]
		if (l.exclusive && l.owner != o || !l.exclusive && write) && l.overlaps(off, n) {
			return true
		}
	}
	return false
}

// lockAll takes all of list or nothing.
func (s *stream) lockAll(o *open, list []smb2.Lock) smb2.Status {
	before := len(s.locks)
	for _, l := range list {
		lock := heldLock{o, l.Offset, l.Length, l.Flags.Has(smb2.LockExclusive)}
		if len(s.locks) == maxLocks || s.blocked(lock) {
			full := len(s.locks) == maxLocks
			s.locks = s.locks[:before]
			if full {
				return smb2.StatusInsufficientResources
			}
			return smb2.StatusLockNotGranted
		}
		s.locks = append(s.locks, lock)
	}
	return smb2.StatusSuccess
}

// unlock gives the ranges of list back up to the first that o does not hold,
// [MS-SMB2] 3.3.5.14.1.
func (v *volume) unlock(o *open, list []smb2.Lock) smb2.Status {
	s := o.stream
	defer v.grant(s)
	for _, l := range list {
		i := slices.IndexFunc(s.locks, func(h heldLock) bool {
			return h.owner == o && h.off == l.Offset && h.size == l.Length
		})
		if i < 0 {
			return smb2.StatusRangeNotLocked
		}
		s.locks = slices.Delete(s.locks, i, i+1)
	}
	return smb2.StatusSuccess
}

// unlockAll gives back what o has locked, and ends what it waits for.
func (v *volume) unlockAll(o *open) {
	s := o.stream
	s.locks = slices.DeleteFunc(s.locks, func(h heldLock) bool { return h.owner == o })
	s.queue = slices.DeleteFunc(s.queue, func(w *lockWait) bool {
		if w.lock.owner == o {
			o.server.complete(w.request, smb2.StatusRangeNotLocked)
		}
		return w.lock.owner == o
	})
	v.grant(s)
}

// grant gives those that wait what they can have now, in their order.
func (v *volume) grant(s *stream) {
	if len(s.queue) == 0 {
		return
	}
	s.queue = slices.DeleteFunc(s.queue, func(w *lockWait) bool {
		if s.blocked(w.lock) {
			return false
		}
		s.locks = append(s.locks, w.lock)
		w.lock.owner.server.completeLock(w.request)
		return true
	})
}
