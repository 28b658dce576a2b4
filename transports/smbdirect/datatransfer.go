package smbdirect

// FlagResponseRequested asks the receiver to send a message at once,
// SMB_DIRECT_RESPONSE_REQUESTED.
const FlagResponseRequested uint16 = 0x0001

// A DataTransfer is the header of every message after negotiation,
// [MS-SMBD] 2.2.3.
//
//	CreditsRequested[2] CreditsGranted[2] Flags[2] Reserved[2]
//	RemainingDataLength[4] DataOffset[4] DataLength[4] Padding[4] Buffer
//
// A message without payload ends before Padding and has DataOffset 0.
type DataTransfer struct {
	CreditsRequested    uint16
	CreditsGranted      uint16
	Flags               uint16
	RemainingDataLength uint32 // bytes of the upper layer's message behind this fragment
	DataOffset          uint32
	DataLength          uint32
}

// ParseDataTransfer reads the header of message b, makes every check of
// [MS-SMBD] 3.1.5.8 that needs nothing but b, and returns the payload. Bytes
// in front of and behind the payload are ignored.
func ParseDataTransfer(b []byte) (DataTransfer, []byte, error) {
	const name, section = "data transfer", "3.1.5.8"
	if len(b) < emptySize {
		return DataTransfer{}, nil, violation(name, "length", uint64(len(b)), section)
	}
	d := DataTransfer{
		CreditsRequested:    le.Uint16(b[0:]),
		CreditsGranted:      le.Uint16(b[2:]),
		Flags:               le.Uint16(b[4:]),
		RemainingDataLength: le.Uint32(b[8:]),
		DataOffset:          le.Uint32(b[12:]),
		DataLength:          le.Uint32(b[16:]),
	}
	end := uint64(d.DataOffset) + uint64(d.DataLength)
	switch {
	case d.CreditsRequested == 0:
		return d, nil, violation(name, "CreditsRequested", 0, section)
	case d.DataOffset%8 != 0, d.DataLength > 0 && d.DataOffset < headerSize:
		// No conforming sender puts payload into the header.
		return d, nil, violation(name, "DataOffset", uint64(d.DataOffset), section)
	case end > uint64(len(b)):
		return d, nil, violation(name, "DataOffset+DataLength", end, section)
	}
	return d, b[d.DataOffset:end:end], nil
}

// AppendBinary appends the header: 20 bytes without payload, else as many as
// DataOffset says, but at least 24, all padding zero. The error is always nil.
func (d DataTransfer) AppendBinary(b []byte) ([]byte, error) {
	b = le.AppendUint16(b, d.CreditsRequested)
	b = le.AppendUint16(b, d.CreditsGranted)
	b = le.AppendUint16(b, d.Flags)
	b = le.AppendUint16(b, 0)
	b = le.AppendUint32(b, d.RemainingDataLength)
	b = le.AppendUint32(b, d.DataOffset)
	b = le.AppendUint32(b, d.DataLength)
	if d.DataLength > 0 {
		b = append(b, make([]byte, max(d.DataOffset, headerSize)-emptySize)...)
	}
	return b, nil
}
