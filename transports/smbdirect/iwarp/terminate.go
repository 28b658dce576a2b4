package iwarp

import (
	"encoding/binary"
	"fmt"
)

// Layers of a Terminate, RFC 5040 4.8.
const (
	layerRDMAP = 0
	layerDDP   = 1
	layerMPA   = 2
	// layerNone is no layer of the wire: the mistake is answered with a close
	// alone, as Terminates that are wrong themselves are.
	layerNone = 0xff
)

// What a Terminate quotes of the segment that caused it, RFC 5040 figure 10.
const (
	quoteNothing = 0
	quoteHeader  = 1 // segment length and DDP header: M and D
	quoteRead    = 2 // the Read Request header too: R
)

// A fault is a rule that a peer broke, as a Terminate names it.
type fault struct {
	layer, kind, code uint8
	quote             uint8
	text              string
}

func (f *fault) err() *TerminateError {
	return &TerminateError{Layer: f.layer, Type: f.kind, Code: f.code, Reason: f.text}
}

// A TerminateError names the rule that ended a connection in the terms of a
// Terminate message, RFC 5040 4.8. It comes wrapped in an rdma.ProtocolError,
// which says whose mistake it was.
type TerminateError struct {
	Layer uint8 // 0 RDMAP, 1 DDP, 2 MPA; 255: answered with a close alone
	Type  uint8
	Code  uint8
	// Reason is ours. A received Terminate has none of its own: it is the
	// other reading of the three numbers, for siw swaps the first two and the
	// message does not always show it.
	Reason string
}

func (e *TerminateError) Error() string {
	if e.Layer == layerNone {
		return "iwarp: " + e.Reason
	}
	s := fmt.Sprintf("iwarp: terminate %d/%d/%d", e.Layer, e.Type, e.Code)
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	return s
}

// Bits of a Terminate's third octet.
const (
	terminateM = 0x80
	terminateD = 0x40
	terminateR = 0x20
)

// appendTerminate appends the ULPDU of a Terminate. header is the front of the
// segment at fault, n its ULPDU's length.
//
//	DDP header[18] Layer|Type[1] Code[1] M|D|R[2] SegmentLength[2]? DDP header[14|18]? ReadRequest[28]?
func (f *fault) appendTerminate(b, header []byte, n int) []byte {
	s := segment{op: opTerminate, last: true, qn: queueTerminate, msn: 1}
	b = s.append(b)
	b = append(b, f.layer<<4|f.kind, f.code)
	if f.quote == quoteNothing {
		return append(b, 0, 0)
	}
	size, flags := untaggedHeader, byte(terminateM|terminateD)
	if header[0]&ddpTagged != 0 {
		size = taggedHeader
	}
	if f.quote == quoteRead {
		size, flags = untaggedHeader+readRequestHeader, flags|terminateR
	}
	b = append(b, flags, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(n))
	return append(b, header[:size]...)
}

// parseTerminate reads what a peer's Terminate says, for the log: ulpdu is
// whole or cut at maxTerminate. It is an error when the message is no
// Terminate after all; the reaction is the same, the blame is not.
func parseTerminate(ulpdu []byte) (e TerminateError, f *fault) {
	if len(ulpdu) < untaggedHeader+4 {
		return e, &fault{layerNone, 0, 0, quoteNothing, fmt.Sprintf("Terminate of %d bytes", len(ulpdu))}
	}
	qn, msn, mo := binary.BigEndian.Uint32(ulpdu[6:]), binary.BigEndian.Uint32(ulpdu[10:]), binary.BigEndian.Uint32(ulpdu[14:])
	if qn != queueTerminate || msn != 1 || mo != 0 || ulpdu[0]&ddpLast == 0 {
		return e, &fault{layerNone, 0, 0, quoteNothing, fmt.Sprintf("Terminate with queue %d, MSN %d, MO %d", qn, msn, mo)}
	}
	b := ulpdu[untaggedHeader:]
	e = TerminateError{Layer: b[0] >> 4, Type: b[0] & 0xf, Code: b[1]}
	const proper, swapped = terminateM | terminateD | terminateR, 0x07
	switch {
	case b[2]&proper == 0 && b[2]&swapped != 0:
		e.Layer, e.Type = e.Type, e.Layer
		e.Reason = "in siw's bit order"
	case b[2]&proper == 0 && e.Layer != e.Type:
		e.Reason = fmt.Sprintf("%d/%d/%d if from siw", e.Type, e.Layer, e.Code)
	}
	return e, nil
}
