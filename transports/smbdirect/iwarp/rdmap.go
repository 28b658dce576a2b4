package iwarp

import "encoding/binary"

// RDMAP's control octet, RFC 5040 4.1: version in the upper two bits, two
// reserved bits, the opcode.
const (
	rdmapVersionMask = 0xc0
	rdmapVersion     = 0x40
	opcodeMask       = 0x0f
)

type opcode uint8

// Opcodes, RFC 5040 4.1. 8 to 11 belong to RFC 7306, which an upper layer
// would have to agree on; 12 to 15 are reserved.
const (
	opWrite opcode = iota
	opReadRequest
	opReadResponse
	opSend
	opSendInvalidate
	opSendSE
	opSendSEInvalidate
	opTerminate
)

// operations says for each opcode how its segments travel, RFC 5040 4.3.
var operations = [...]struct {
	tagged bool
	queue  uint32
	header int // least length of the ULPDU
}{
	opWrite:            {true, 0, taggedHeader},
	opReadRequest:      {false, queueRead, untaggedHeader + readRequestHeader},
	opReadResponse:     {true, 0, taggedHeader},
	opSend:             {false, queueSend, untaggedHeader},
	opSendInvalidate:   {false, queueSend, untaggedHeader},
	opSendSE:           {false, queueSend, untaggedHeader},
	opSendSEInvalidate: {false, queueSend, untaggedHeader},
	opTerminate:        {false, queueTerminate, untaggedHeader},
}

func (o opcode) invalidates() bool { return o == opSendInvalidate || o == opSendSEInvalidate }

// readRequestHeader is the length of a readRequest on the wire.
const readRequestHeader = 28

// A readRequest is the RDMA Read Request header, RFC 5040 4.4.
//
//	SinkSTag[4] SinkTO[8] ReadSize[4] SrcSTag[4] SrcTO[8]
type readRequest struct {
	sinkSTag uint32
	sinkTO   uint64
	size     uint32
	srcSTag  uint32
	srcTO    uint64
}

func (r *readRequest) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, r.sinkSTag)
	b = binary.BigEndian.AppendUint64(b, r.sinkTO)
	b = binary.BigEndian.AppendUint32(b, r.size)
	b = binary.BigEndian.AppendUint32(b, r.srcSTag)
	return binary.BigEndian.AppendUint64(b, r.srcTO)
}

// parseReadRequest takes the 28 bytes behind the DDP header.
func parseReadRequest(b []byte) readRequest {
	return readRequest{
		sinkSTag: binary.BigEndian.Uint32(b),
		sinkTO:   binary.BigEndian.Uint64(b[4:]),
		size:     binary.BigEndian.Uint32(b[12:]),
		srcSTag:  binary.BigEndian.Uint32(b[16:]),
		srcTO:    binary.BigEndian.Uint64(b[20:]),
	}
}
