package ipc

import "errors"

// pipeAddress is what bind_ack calls the pipe, [C706] 12.6.4.4 sec_addr.
const pipeAddress = `\PIPE\srvsvc`

// Why an association is over.
var (
	errOrder    = errors.New("a PDU that is not its turn")
	errFragment = errors.New("a PDU that is longer than was agreed")
	errUnread   = errors.New("answers have not been read")
)

// An interfacer does the calls of an interface.
type interfacer interface {
	// call does the operation with a number. stub is its arguments; what it
	// returns are the results, unless it is a fault.
	call(opnum uint16, stub decoder) ([]byte, faultCode)
}

// groups gives numbers to association groups and knows those it has given.
type groups interface {
	join(wanted uint32) (uint32, bool)
}

// An association is the server's end of one connection, [C706] 12.6: PDUs in,
// PDUs out. One goroutine at a time uses it.
type association struct {
	service interfacer
	groups  groups

	bound    bool
	transmit int // the longest PDU to send
	receive  int // and to take
	group    uint32
	contexts map[uint16]bool // accepted

	pending partial
}

// A partial is a call of which not all fragments have come.
type partial struct {
	active  bool
	refused bool // it has been answered: the rest of it is dropped
	call    uint32
	context uint16
	opnum   uint16
	big     bool
	stub    []byte
}

func newAssociation(s interfacer, g groups) *association {
	return &association{service: s, groups: g, receive: maxFragment, contexts: map[uint16]bool{}}
}

// step takes a whole PDU. An error ends the association, after what it has
// answered.
func (a *association) step(h header, pdu []byte) (answer [][]byte, err error) {
	switch h.kind {
	case kindBind:
		return a.bind(h, pdu)
	case kindAlter:
		return a.alter(h, pdu)
	case kindRequest:
		return a.request(h, pdu)
	case kindCancel: // what could be cancelled has been answered by now
		return nil, nil
	case kindOrphaned:
		if a.pending.active && a.pending.call == h.call {
			a.pending = partial{}
		}
		return nil, nil
	}
	return nil, errOrder
}

// bind begins the association, [C706] 12.6.4.3.
func (a *association) bind(h header, pdu []byte) ([][]byte, error) {
	nak := func(reason uint16, err error) ([][]byte, error) { return [][]byte{bindNak(h, reason)}, err }
	if h.auth != 0 {
		return nak(nakUnknownAuth, nil) // [MS-RPCE] 3.3.3.5.3; the client may try without
	}
	p, err := parseBind(h, pdu)
	if err == nil && (a.bound || h.flags&wholePDU != wholePDU) {
		err = errOrder
	}
	if err != nil {
		return nak(nakProtocol, err)
	}
	group, ok := a.groups.join(p.group)
	if !ok {
		return nak(nakUnspecified, nil)
	}
	a.bound, a.group = true, group
	a.transmit, a.receive = agree(p.receive), agree(p.transmit)
	return [][]byte{a.judge(h, &p, kindBindAck, pipeAddress)}, nil
}

// agree is the shorter of what both ends can do with.
func agree(theirs uint16) int { return max(minFragment, min(int(theirs), maxFragment)) }

// alter adds contexts, [C706] 12.6.4.1. Lengths and group stay.
func (a *association) alter(h header, pdu []byte) ([][]byte, error) {
	if !a.bound || a.pending.active || h.flags&wholePDU != wholePDU {
		return nil, errOrder
	}
	if h.auth != 0 {
		return [][]byte{fault(h, 0, faultUnknownAuth)}, nil // [MS-RPCE] 3.3.3.5.3
	}
	p, err := parseBind(h, pdu)
	if err != nil {
		return nil, err
	}
	return [][]byte{a.judge(h, &p, kindAlterResponse, "")}, nil
}

// judge answers the offers.
func (a *association) judge(h header, p *bind, k kind, address string) []byte {
	ack := bindAck{transmit: uint16(a.transmit), receive: uint16(a.receive), group: a.group, address: address}
	for _, o := range p.offers {
		v := o.judge()
		if v.result == accepted {
			if len(a.contexts) >= maxContexts && !a.contexts[o.id] {
				v = verdict{result: rejected, reason: noMoreContexts}
			} else {
				a.contexts[o.id] = true
			}
		}
		ack.verdicts = append(ack.verdicts, v)
	}
	return ack.append(header{minor: h.minor, kind: k, flags: wholePDU, call: h.call})
}

// request takes a fragment of a call, and does it with the last, [C706]
// 12.6.4.9.
func (a *association) request(h header, pdu []byte) ([][]byte, error) {
	first, last := h.flags&firstFragment != 0, h.flags&lastFragment != 0
	p := &a.pending
	if !a.bound || first == p.active || !first && p.call != h.call {
		return nil, errOrder
	}
	r, err := parseRequest(h, pdu)
	if err != nil {
		return nil, err
	}
	if first {
		*p = partial{active: true, call: h.call, context: r.context, opnum: r.opnum, big: h.big}
	}
	var answer [][]byte
	if !p.refused {
		answer = a.gather(h, &r, last)
	}
	if last {
		a.pending = partial{}
	}
	if h.flags&maybe != 0 {
		return nil, nil
	}
	return answer, nil
}

// gather adds a fragment to the call that is pending, and does it with the last.
func (a *association) gather(h header, r *request, last bool) [][]byte {
	p := &a.pending
	code := noFault
	switch {
	case h.auth != 0:
		code = faultAccessDenied // nobody has agreed on a verifier
	case !a.contexts[p.context]:
		code = faultUnknownIf
	case h.big != p.big:
		code = faultBadStub
	case len(p.stub)+len(r.stub) > maxStub:
		code = faultRemoteNoSpace
	}
	var result []byte
	if code == noFault {
		p.stub = append(p.stub, r.stub...)
		if !last {
			return nil
		}
		result, code = a.service.call(p.opnum, decoder{b: p.stub, big: p.big, ok: true})
	}
	if code != noFault {
		p.refused, p.stub = true, nil
		return [][]byte{fault(h, p.context, code)}
	}
	return fragments(nil, h, p.context, result, a.transmit)
}
