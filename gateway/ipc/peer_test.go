package ipc

import (
	"encoding/hex"
	"os"
	"slices"
	"strings"
	"testing"
)

// What a client sends, built here, as the package itself only reads it.

func (s syntax) append(b []byte) []byte {
	b = le16(le16(le32(b, s.id.low), s.id.mid), s.id.top)
	return le32(append(b, s.id.node[:]...), s.version)
}

// append is the whole PDU.
func (p *bind) append(h header) []byte {
	b := le32(le16(le16(h.append(nil), p.transmit), p.receive), p.group)
	b = append(b, uint8(len(p.offers)), 0, 0, 0)
	for _, o := range p.offers {
		b = append(le16(b, o.id), uint8(len(o.transfers)), 0)
		b = o.abstract.append(b)
		for _, t := range o.transfers {
			b = t.append(b)
		}
	}
	return finish(b)
}

// append is the whole PDU; of an object it is the null one.
func (r *request) append(h header) []byte {
	b := le16(le16(le32(h.append(nil), uint32(len(r.stub))), r.context), r.opnum)
	if h.flags&withObject != 0 {
		b = append(b, make([]byte, objectSize)...)
	}
	return finish(append(b, r.stub...))
}

// append is the arguments of NetrShareEnum.
func (r *shareEnum) append() []byte {
	e := encoder{b: []byte{}}
	e.null()
	e.u32(r.level)
	e.u32(r.level)
	if r.fields == nil {
		return e.b
	}
	e.pointer()
	e.u32(0)
	e.null()
	e.u32(r.most)
	if !r.resumes {
		e.null()
		return e.b
	}
	e.pointer()
	e.u32(r.resume)
	return e.b
}

// binding is a bind for srvsvc with NDR as context 0.
func binding() bind {
	return bind{transmit: maxFragment, receive: maxFragment, offers: []offer{{abstract: serverService, transfers: []syntax{ndr}}}}
}

func bindPDU(call uint32, p bind) []byte {
	return p.append(header{kind: kindBind, flags: wholePDU, call: call})
}

func callPDU(call uint32, opnum uint16, stub []byte) []byte {
	return (&request{opnum: opnum, stub: stub}).append(header{kind: kindRequest, flags: wholePDU, call: call})
}

// A peer is an association and what it has answered.
type peer struct {
	t testing.TB
	a *association
}

func newPeer(t testing.TB, s interfacer) *peer { return &peer{t, newAssociation(s, New(Config{}))} }

// step gives the association a PDU and wants answers of these kinds.
func (p *peer) step(pdu []byte, want ...kind) [][]byte {
	p.t.Helper()
	h, err := parseHeader(pdu)
	if err != nil {
		p.t.Fatal(err)
	}
	answer, err := p.a.step(h, pdu)
	if err != nil {
		p.t.Fatal(err)
	}
	p.kinds(answer, want)
	return answer
}

func (p *peer) kinds(answer [][]byte, want []kind) {
	p.t.Helper()
	var got []kind
	for _, b := range answer {
		h, err := parseHeader(b)
		if err != nil || int(h.length) != len(b) {
			p.t.Fatalf("answer % x: %v", b, err)
		}
		got = append(got, h.kind)
	}
	if !slices.Equal(got, want) {
		p.t.Fatalf("answers of kinds %v, want %v", got, want)
	}
}

// ends gives the association a PDU that ends it, after answers of these kinds.
func (p *peer) ends(pdu []byte, want ...kind) {
	p.t.Helper()
	h, err := parseHeader(pdu)
	if err != nil {
		p.t.Fatal(err)
	}
	answer, err := p.a.step(h, pdu)
	if err == nil {
		p.t.Fatalf("% x does not end the association", pdu)
	}
	p.kinds(answer, want)
}

// code is the status of a fault.
func (p *peer) code(pdu []byte) faultCode {
	p.t.Helper()
	d := decoder{b: pdu, at: headerSize + bodySize, ok: true}
	return faultCode(d.u32())
}

// bound is a peer that has been bound to a service.
func bound(t testing.TB, s interfacer) *peer {
	p := newPeer(t, s)
	p.step(bindPDU(1, binding()), kindBindAck)
	return p
}

// An echo is an interface whose operation 1 returns its arguments.
type echo struct{}

func (echo) call(opnum uint16, stub decoder) ([]byte, faultCode) {
	if opnum != 1 {
		return nil, faultOpnum
	}
	return stub.rest(), noFault
}

// golden is a PDU from testdata, in hex.
func golden(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".hex")
	if err != nil {
		t.Fatal(err)
	}
	b, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
