package iwarp

import "encoding/binary"

// DDP's control octet, RFC 5041 4.2. Four bits between L and DV are reserved:
// sent as zero, not checked.
const (
	ddpTagged      = 0x80
	ddpLast        = 0x40
	ddpVersionMask = 0x03
	ddpVersion     = 0x01
)

// Lengths of the DDP headers, both control octets included.
const (
	taggedHeader   = 14
	untaggedHeader = 18
)

// Queues of untagged segments, RFC 5040 4.1.
const (
	queueSend      = 0
	queueRead      = 1
	queueTerminate = 2
)

// A segment is the header of one DDP segment with RDMAP's control octet.
//
//	tagged:   Control[1] RDMAP[1] STag[4] TO[8]
//	untagged: Control[1] RDMAP[1] RsvdULP[4] QN[4] MSN[4] MO[4]
type segment struct {
	op     opcode
	tagged bool
	last   bool
	stag   uint32 // tagged: STag; else RsvdULP, the STag to invalidate
	to     uint64 // tagged only
	qn     uint32
	msn    uint32
	mo     uint32
}

// append appends the header.
func (s *segment) append(b []byte) []byte {
	control := byte(ddpVersion)
	if s.last {
		control |= ddpLast
	}
	if s.tagged {
		b = append(b, control|ddpTagged, rdmapVersion|byte(s.op))
		b = binary.BigEndian.AppendUint32(b, s.stag)
		return binary.BigEndian.AppendUint64(b, s.to)
	}
	b = append(b, control, rdmapVersion|byte(s.op))
	b = binary.BigEndian.AppendUint32(b, s.stag)
	b = binary.BigEndian.AppendUint32(b, s.qn)
	b = binary.BigEndian.AppendUint32(b, s.msn)
	return binary.BigEndian.AppendUint32(b, s.mo)
}

// headerSize is how many bytes of a ULPDU of n bytes must be there before
// parseSegment can be called; b holds at least its two control octets.
func headerSize(b []byte, n int) int {
	switch {
	case b[0]&ddpTagged != 0:
		return taggedHeader
	case opcode(b[1]&opcodeMask) == opReadRequest:
		return min(n, untaggedHeader+readRequestHeader)
	case opcode(b[1]&opcodeMask) == opTerminate:
		return min(n, maxTerminate)
	default:
		return min(n, untaggedHeader)
	}
}

// parseSegment checks the header of a ULPDU of n bytes and takes it apart, in
// the order of the layers: versions, opcode, its queue, its length. b is the
// front of the ULPDU, headerSize bytes or more.
func parseSegment(b []byte, n int) (s segment, f *fault) {
	s.tagged, s.last = b[0]&ddpTagged != 0, b[0]&ddpLast != 0
	if b[0]&ddpVersionMask != ddpVersion {
		if s.tagged {
			return s, &fault{layerDDP, 1, 4, quoteNothing, "DDP version of a tagged segment"}
		}
		return s, &fault{layerDDP, 2, 6, quoteNothing, "DDP version of an untagged segment"}
	}
	if b[1]&rdmapVersionMask != rdmapVersion {
		return s, &fault{layerRDMAP, 2, 5, quoteNothing, "RDMAP version"}
	}
	s.op = opcode(b[1] & opcodeMask)
	if int(s.op) >= len(operations) || operations[s.op].tagged != s.tagged {
		return s, &fault{layerRDMAP, 2, 6, quoteNothing, "unexpected opcode"}
	}
	s.stag = binary.BigEndian.Uint32(b[2:])
	if s.tagged {
		s.to = binary.BigEndian.Uint64(b[6:])
		return s, nil
	}
	if s.op == opTerminate {
		return s, nil // checked by its own reader: nothing is answered
	}
	s.qn = binary.BigEndian.Uint32(b[6:])
	if n < operations[s.op].header {
		// Too short to hold what a Terminate would quote.
		return s, &fault{layerMPA, 0, 3, quoteNothing, "ULPDU shorter than its header"}
	}
	s.msn = binary.BigEndian.Uint32(b[10:])
	s.mo = binary.BigEndian.Uint32(b[14:])
	if s.qn != operations[s.op].queue {
		return s, &fault{layerDDP, 2, 1, quoteHeader, "queue number"}
	}
	return s, nil
}
