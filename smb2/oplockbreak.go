package smb2

// An OplockBreak is the body of an OPLOCK_BREAK about an oplock: a server's
// notification, a client's acknowledgement and the response to that,
// [MS-SMB2] 2.2.23.1, 2.2.24.1, 2.2.25.1.
//
//	StructureSize[2]=24 OplockLevel[1] Reserved[1] Reserved2[4] FileId[16]
type OplockBreak struct {
	Level  OplockLevel
	FileID FileID
}

const (
	oplockBreakSize = 24

	oplockBreak, oplockBreakSection = "OPLOCK_BREAK", "2.2.23.1"
)

// ParseOplockBreak reads the body.
func ParseOplockBreak(element []byte) (r OplockBreak, err error) {
	c, err := body(element, oplockBreakSize, oplockBreak, oplockBreakSection)
	if err != nil {
		return r, err
	}
	r.Level = OplockLevel(c.u8())
	c.take(5) // reserved, ignored
	r.FileID = c.fileID()
	return r, c.short(oplockBreak, oplockBreakSection)
}

// AppendBody appends the body.
func (r *OplockBreak) AppendBody(b []byte) []byte {
	b = append(le16(b, oplockBreakSize), uint8(r.Level))
	return append(zeros(b, 5), r.FileID[:]...)
}

// A BreakKind is which body an OPLOCK_BREAK has: nothing but its StructureSize
// tells, [MS-SMB2] 3.2.5.19, 3.3.5.22.
type BreakKind uint8

const (
	BreakUnknown  BreakKind = iota
	BreakOplock             // OplockBreak
	BreakLease              // LeaseBreak
	BreakLeaseAck           // LeaseBreakAck, request and response
)

// BreakOf looks at the StructureSize of an element's body.
func BreakOf(element []byte) BreakKind {
	if len(element) < HeaderSize {
		return BreakUnknown
	}
	c := cursor{element[HeaderSize:], true}
	switch c.u16() {
	case oplockBreakSize:
		return BreakOplock
	case leaseBreakSize:
		return BreakLease
	case leaseBreakAckSize:
		return BreakLeaseAck
	}
	return BreakUnknown
}
