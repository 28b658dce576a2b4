package smb2

// A LeaseBreak is the body of a server's notification about a lease,
// [MS-SMB2] 2.2.23.2. Nothing but its Key says whose it is.
//
//	StructureSize[2]=44 NewEpoch[2] Flags[4] LeaseKey[16]
//	CurrentLeaseState[4] NewLeaseState[4] BreakReason[4] AccessMaskHint[4]
//	ShareMaskHint[4]
type LeaseBreak struct {
	Epoch   uint16 // version 2
	Flags   uint32
	Key     LeaseKey
	Current LeaseState
	New     LeaseState
}

// LeaseBreakAckRequired in LeaseBreak.Flags: the client has to acknowledge.
const LeaseBreakAckRequired = 1

const (
	leaseBreakSize = 44

	leaseBreak, leaseBreakSection = "lease break notification", "2.2.23.2"
)

// ParseLeaseBreak reads the body.
func ParseLeaseBreak(element []byte) (r LeaseBreak, err error) {
	c, err := body(element, leaseBreakSize, leaseBreak, leaseBreakSection)
	if err != nil {
		return r, err
	}
	r.Epoch, r.Flags, r.Key = c.u16(), c.u32(), LeaseKey(c.guid())
	r.Current, r.New = LeaseState(c.u32()), LeaseState(c.u32())
	c.take(12) // reason and hints: reserved, ignored
	return r, c.short(leaseBreak, leaseBreakSection)
}

// AppendBody appends the body.
func (r *LeaseBreak) AppendBody(b []byte) []byte {
	b = append(le32(le16(le16(b, leaseBreakSize), r.Epoch), r.Flags), r.Key[:]...)
	return zeros(le32(le32(b, uint32(r.Current)), uint32(r.New)), 12)
}

// A LeaseBreakAck is the body of a client's acknowledgement of a LeaseBreak,
// and of the response to it, [MS-SMB2] 2.2.24.2, 2.2.25.2.
//
//	StructureSize[2]=36 Reserved[2] Flags[4] LeaseKey[16] LeaseState[4]
//	LeaseDuration[8]
type LeaseBreakAck struct {
	Key   LeaseKey
	State LeaseState
}

const (
	leaseBreakAckSize = 36

	leaseBreakAck, leaseBreakAckSection = "lease break acknowledgement", "2.2.24.2"
)

// ParseLeaseBreakAck reads the body.
func ParseLeaseBreakAck(element []byte) (r LeaseBreakAck, err error) {
	c, err := body(element, leaseBreakAckSize, leaseBreakAck, leaseBreakAckSection)
	if err != nil {
		return r, err
	}
	c.take(6) // Reserved and Flags: ignored
	r.Key, r.State = LeaseKey(c.guid()), LeaseState(c.u32())
	c.u64() // LeaseDuration: reserved, ignored
	return r, c.short(leaseBreakAck, leaseBreakAckSection)
}

// AppendBody appends the body.
func (r *LeaseBreakAck) AppendBody(b []byte) []byte {
	b = append(zeros(le16(b, leaseBreakAckSize), 6), r.Key[:]...)
	return le64(le32(b, uint32(r.State)), 0)
}
