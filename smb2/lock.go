package smb2

import "fmt"

// A LockRequest is the fixed part of a LOCK request, [MS-SMB2] 2.2.26.
//
//	StructureSize[2]=48 LockCount[2] LockSequence[4] FileId[16]
//	Locks[24*LockCount]
type LockRequest struct {
	Count    uint16
	Sequence LockSequence
	FileID   FileID
}

// A LockSequence finds a LOCK that is sent again, [MS-SMB2] 2.2.26,
// 3.3.5.14: the index of a slot and the number that is in it.
type LockSequence uint32

// NewLockSequence packs an index, below 1<<28, and a number, below 1<<4.
func NewLockSequence(index uint32, number uint8) LockSequence {
	return LockSequence(index<<4 | uint32(number&0xf))
}

// Index is the slot, from 1 to 64; otherwise there is none.
func (s LockSequence) Index() uint32 { return uint32(s >> 4) }

// Number is what the slot holds after the LOCK.
func (s LockSequence) Number() uint8 { return uint8(s & 0xf) }

const (
	lockRequestSize   = 48
	lockRequestBuffer = HeaderSize + 24

	lockRequest, lockRequestSection   = "LOCK request", "2.2.26"
	lockResponse, lockResponseSection = "LOCK response", "2.2.27"
)

// ParseLockRequest reads the fixed part.
func ParseLockRequest(element []byte) (r LockRequest, err error) {
	c, err := body(element, lockRequestSize, lockRequest, lockRequestSection)
	if err != nil {
		return r, err
	}
	r.Count, r.Sequence, r.FileID = c.u16(), LockSequence(c.u32()), c.fileID()
	return r, c.short(lockRequest, lockRequestSection)
}

// AppendBody appends the fixed part.
func (r *LockRequest) AppendBody(b []byte) []byte {
	return append(le32(le16(le16(b, lockRequestSize), r.Count), uint32(r.Sequence)), r.FileID[:]...)
}

// Locks appends the request's ranges to list: at least one, [MS-SMB2]
// 3.3.5.14, and at most MaxLocks.
func (r *LockRequest) Locks(list []Lock, element []byte) ([]Lock, error) {
	b, ok := span(element, lockRequestBuffer, uint32(r.Count)*LockSize)
	if !ok || r.Count == 0 || r.Count > MaxLocks {
		return list, &ParseError{lockRequest, lockRequestSection, fmt.Sprintf("LockCount %d in %d bytes", r.Count, len(element))}
	}
	for c := (cursor{b, true}); len(c.b) > 0; {
		list = append(list, Lock{c.u64(), c.u64(), LockFlags(c.u32())})
		c.u32() // reserved, ignored
	}
	return list, nil
}

// Append appends the whole body: the fixed part with Count set, and locks, at
// most MaxLocks.
func (r *LockRequest) Append(b []byte, locks []Lock) []byte {
	v := *r
	v.Count = uint16(len(locks))
	b = v.AppendBody(b)
	for i := range locks {
		b = locks[i].AppendBody(b)
	}
	return b
}

// A Lock is a range to be locked or unlocked, SMB2_LOCK_ELEMENT,
// [MS-SMB2] 2.2.26.1.
//
//	Offset[8] Length[8] Flags[4] Reserved[4]
type Lock struct {
	Offset uint64
	Length uint64
	Flags  LockFlags
}

// LockSize is the length of a Lock on the wire.
const LockSize = 24

// LockFlags say what to do with a range.
type LockFlags uint32

const (
	LockShared          LockFlags = 1 << 0
	LockExclusive       LockFlags = 1 << 1
	LockUnlock          LockFlags = 1 << 2
	LockFailImmediately LockFlags = 1 << 4 // do not wait
)

// Has says whether all of f are set.
func (l LockFlags) Has(f LockFlags) bool { return l&f == f }

// AppendBody appends the lock's bytes.
func (l Lock) AppendBody(b []byte) []byte {
	return le32(le32(le64(le64(b, l.Offset), l.Length), uint32(l.Flags)), 0)
}

// A LockResponse is the body of a LOCK response, [MS-SMB2] 2.2.27.
//
//	StructureSize[2]=4 Reserved[2]
type LockResponse struct{}

// ParseLockResponse checks the body.
func ParseLockResponse(element []byte) (r LockResponse, err error) {
	return r, parseEmpty(element, lockResponse, lockResponseSection)
}

// AppendBody appends the body.
func (*LockResponse) AppendBody(b []byte) []byte { return appendEmpty(b) }
