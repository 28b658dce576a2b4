package smbdirect

import "encoding/binary"

var le = binary.LittleEndian

// Version is the only version of SMB Direct, [MS-SMBD] 2.2.1.
const Version uint16 = 0x0100

// Sizes on the wire.
const (
	negotiateRequestSize  = 20
	negotiateResponseSize = 32
	emptySize             = 20 // a data transfer message without payload
	headerSize            = 24 // one with payload, up to the payload
	descriptorSize        = 16
)

// Status is an NTSTATUS of the negotiate response.
type Status uint32

// The statuses that SMB Direct knows, [MS-SMBD] 3.1.5.6.
const (
	StatusSuccess               Status = 0
	StatusInsufficientResources Status = 0xC000009A
	StatusNotSupported          Status = 0xC00000BB
)

func (s Status) String() string {
	switch s {
	case StatusSuccess:
		return "STATUS_SUCCESS"
	case StatusInsufficientResources:
		return "STATUS_INSUFFICIENT_RESOURCES"
	case StatusNotSupported:
		return "STATUS_NOT_SUPPORTED"
	}
	return "status " + hex32(uint32(s))
}
