package ipc

import (
	"encoding/binary"
	"fmt"
)

// A parseError says which field of which structure is wrong.
type parseError struct {
	structure string // bind
	section   string // with the document: [C706] 12.6.4.3
	problem   string
}

func (e *parseError) Error() string {
	return fmt.Sprintf("%s (%s): %s", e.structure, e.section, e.problem)
}

// A kind is what a PDU is, [C706] 12.6.4, PTYPE.
type kind uint8

const (
	kindRequest       kind = 0
	kindResponse      kind = 2
	kindFault         kind = 3
	kindBind          kind = 11
	kindBindAck       kind = 12
	kindBindNak       kind = 13
	kindAlter         kind = 14
	kindAlterResponse kind = 15
	kindCancel        kind = 18
	kindOrphaned      kind = 19
)

// flags are of a PDU's header, [C706] 12.6.3.1, pfc_flags.
type flags uint8

const (
	firstFragment  flags = 0x01
	lastFragment   flags = 0x02
	didNotExecute  flags = 0x20
	maybe          flags = 0x40 // nobody waits for an answer
	withObject     flags = 0x80
	wholePDU             = firstFragment | lastFragment
	rpcVersion           = 5
	littleEndian         = 0x10 // of drep[0]: integers, and ASCII
	headerSize           = 16
	bodySize             = 8 // of request and response, in front of the stub
	objectSize           = 16
	fragmentOffset       = 8 // of frag_length in the header
)

// A header begins every PDU, [C706] 12.6.3.1.
//
//	rpc_vers[1]=5 rpc_vers_minor[1] PTYPE[1] pfc_flags[1] packed_drep[4]
//	frag_length[2] auth_length[2] call_id[4]
type header struct {
	minor  uint8
	kind   kind
	flags  flags
	big    bool // the PDU is big-endian
	length uint16
	auth   uint16
	call   uint32
}

// parseHeader reads the header of a PDU that may not be there as a whole yet.
func parseHeader(b []byte) (h header, err error) {
	bad := func(problem string) (header, error) {
		return header{}, &parseError{"PDU header", "[C706] 12.6.3.1", problem}
	}
	if len(b) < headerSize {
		return bad("the PDU ends inside it")
	}
	if b[0] != rpcVersion {
		return bad(fmt.Sprintf("rpc_vers is %d", b[0]))
	}
	order := b[4] >> 4
	if order > 1 {
		return bad("the byte order is unknown")
	}
	h = header{minor: b[1], kind: kind(b[2]), flags: flags(b[3]), big: order == 0}
	c := decoder{b: b, at: fragmentOffset, big: h.big, ok: true}
	h.length, h.auth, h.call = c.u16(), c.u16(), c.u32()
	if h.length < headerSize {
		return bad("frag_length is shorter than the header")
	}
	return h, nil
}

// append appends the header, in little-endian; finish sets its length.
func (h header) append(b []byte) []byte {
	b = append(b, rpcVersion, h.minor, uint8(h.kind), uint8(h.flags), littleEndian, 0, 0, 0)
	return le32(le16(le16(b, h.length), h.auth), h.call)
}

// finish sets the length of a PDU that is complete.
func finish(pdu []byte) []byte {
	binary.LittleEndian.PutUint16(pdu[fragmentOffset:], uint16(len(pdu)))
	return pdu
}

// A request is one fragment of a call, [C706] 12.6.4.9.
//
//	header[16] alloc_hint[4] p_cont_id[2] opnum[2] object[16]? stub[variable]
type request struct {
	context uint16
	opnum   uint16
	stub    []byte
}

func parseRequest(h header, pdu []byte) (r request, err error) {
	d := decoder{b: pdu, at: headerSize, big: h.big, ok: true}
	d.u32() // alloc_hint, ignored: what comes is counted
	r.context, r.opnum = d.u16(), d.u16()
	if h.flags&withObject != 0 {
		d.take(objectSize) // the interface is the same for every object
	}
	r.stub = d.rest()
	return r, d.err("request", "[C706] 12.6.4.9")
}

// fragments appends to list the PDUs of an answer to h, none of which is longer
// than most, [C706] 12.6.4.10.
//
//	header[16] alloc_hint[4] p_cont_id[2] cancel_count[1] reserved[1]
//	stub[variable]
func fragments(list [][]byte, h header, context uint16, stub []byte, most int) [][]byte {
	// What is behind a fragment that is not the last is aligned as it was.
	room := (most - headerSize - bodySize) &^ 7
	for first := true; first || len(stub) > 0; first = false {
		n := min(room, len(stub))
		own := header{minor: h.minor, kind: kindResponse, call: h.call}
		if first {
			own.flags |= firstFragment
		}
		if n == len(stub) {
			own.flags |= lastFragment
		}
		b := own.append(make([]byte, 0, headerSize+bodySize+n))
		b = append(le16(le32(b, uint32(len(stub))), context), 0, 0)
		list = append(list, finish(append(b, stub[:n]...)))
		stub = stub[n:]
	}
	return list
}

// A faultCode says why a call has failed: [C706] appendix E, or a Win32 error,
// [MS-RPCE] 3.1.1.5.5.
type faultCode uint32

const (
	noFault            faultCode = 0
	faultAccessDenied  faultCode = 0x00000005 // ERROR_ACCESS_DENIED
	faultUnknownAuth   faultCode = 0x000006cd // RPC_S_UNKNOWN_AUTHN_TYPE
	faultBadStub       faultCode = 0x000006f7 // RPC_X_BAD_STUB_DATA
	faultOpnum         faultCode = 0x1c010002 // nca_s_op_rng_error
	faultUnknownIf     faultCode = 0x1c010003 // nca_s_unk_if
	faultRemoteNoSpace faultCode = 0x1c00001b // nca_s_fault_remote_no_memory
)

// fault is the answer to a call that failed before it did anything, [C706]
// 12.6.4.7.
//
//	header[16] alloc_hint[4] p_cont_id[2] cancel_count[1] reserved[1]
//	status[4] reserved2[4]
func fault(h header, context uint16, code faultCode) []byte {
	own := header{minor: h.minor, kind: kindFault, flags: wholePDU | didNotExecute, call: h.call}
	b := append(le16(le32(own.append(nil), 0), context), 0, 0)
	return finish(le32(le32(b, uint32(code)), 0))
}
