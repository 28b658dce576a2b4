package smb2

import (
	"encoding/binary"
	"fmt"
)

// A Lease is the data of TagLease, in a request and in a response,
// [MS-SMB2] 2.2.13.2.8, 2.2.13.2.10, 2.2.14.2.10, 2.2.14.2.11.
//
//	LeaseKey[16] LeaseState[4] LeaseFlags[4] LeaseDuration[8]
//
// and in version 2, 3.x,
//
//	ParentLeaseKey[16] Epoch[2] Reserved[2]
type Lease struct {
	Key    LeaseKey
	State  LeaseState
	Flags  LeaseFlags
	V2     bool
	Parent LeaseKey // version 2, with LeaseParent
	Epoch  uint16   // version 2
}

// A LeaseKey names a lease among those of one ClientGuid.
type LeaseKey GUID

func (k LeaseKey) String() string { return GUID(k).String() }

// A LeaseState is what a lease allows to cache.
type LeaseState uint32

const (
	LeaseRead   LeaseState = 1 << 0
	LeaseHandle LeaseState = 1 << 1
	LeaseWrite  LeaseState = 1 << 2
)

func (s LeaseState) String() string {
	const all = LeaseRead | LeaseHandle | LeaseWrite
	names := [...]string{"none", "R", "H", "RH", "W", "RW", "HW", "RHW"}
	if s&^all == 0 {
		return names[s]
	}
	return fmt.Sprintf("lease state %#x", uint32(s))
}

// LeaseFlags go with a lease.
type LeaseFlags uint32

const (
	LeaseBreaking LeaseFlags = 1 << 1 // BREAK_IN_PROGRESS, in a response
	LeaseParent   LeaseFlags = 1 << 2 // PARENT_LEASE_KEY_SET, version 2
)

const (
	// LeaseSize is the length of a Lease on the wire, LeaseV2Size that of
	// version 2.
	LeaseSize   = 32
	LeaseV2Size = 52

	lease, leaseSection = "lease context", "2.2.13.2.8"
)

// ParseLease reads a context's data, whose length says the version.
func ParseLease(data []byte) (l Lease, err error) {
	if len(data) != LeaseSize && len(data) != LeaseV2Size {
		return l, &ParseError{lease, leaseSection, fmt.Sprintf("%d bytes, not %d or %d", len(data), LeaseSize, LeaseV2Size)}
	}
	c := cursor{data, true}
	l.Key, l.State, l.Flags = LeaseKey(c.guid()), LeaseState(c.u32()), LeaseFlags(c.u32())
	c.u64() // LeaseDuration: reserved, ignored
	if l.V2 = len(data) == LeaseV2Size; l.V2 {
		l.Parent, l.Epoch = LeaseKey(c.guid()), c.u16()
	}
	return l, nil
}

// AppendBody appends a context's data.
func (l *Lease) AppendBody(b []byte) []byte {
	b = append(b, l.Key[:]...)
	b = le64(le32(le32(b, uint32(l.State)), uint32(l.Flags)), 0)
	if !l.V2 {
		return b
	}
	return le16(le16(append(b, l.Parent[:]...), l.Epoch), 0)
}

// A LeaseData is a view of the data of TagLease, for fields to be changed in
// place. ParseLease has vouched for its length.
type LeaseData []byte

func (d LeaseData) SetKey(k LeaseKey)     { copy(d, k[:]) }
func (d LeaseData) SetState(s LeaseState) { binary.LittleEndian.PutUint32(d[16:], uint32(s)) }
func (d LeaseData) SetFlags(f LeaseFlags) { binary.LittleEndian.PutUint32(d[20:], uint32(f)) }

// SetParent and SetEpoch are for version 2.
func (d LeaseData) SetParent(k LeaseKey) { copy(d[32:LeaseV2Size], k[:]) }
func (d LeaseData) SetEpoch(v uint16)    { binary.LittleEndian.PutUint16(d[48:], v) }
