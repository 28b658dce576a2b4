package ipc

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// Samba's bind: NDR is taken, and of the features those that are known.
func TestBindSamba(t *testing.T) {
	t.Parallel()
	p := newPeer(t, echo{})
	p.a.groups.(*Service).last.Store(0xb909)
	got := p.step(golden(t, "samba-bind"), kindBindAck)[0]
	want := golden(t, "samba-bind-ack")
	copy(want[26:], pipeAddress)
	// smbd multiplexes security contexts, of which there are none here.
	binary.LittleEndian.PutUint16(want[70:], uint16(keepOnOrphan))
	if !bytes.Equal(got, want) {
		t.Errorf("got\n% x, want\n% x", got, want)
	}
}

// What is offered besides is refused, each for its reason.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	ndr64 := syntax{uuid{0x71710533, 0xbeba, 0x4937, [8]byte{0x83, 0x19, 0xb5, 0xdb, 0xef, 0x9c, 0xcc, 0x36}}, 1}
	negotiation := syntax{uuid{0x6cb71c2c, 0x9812, 0x4540, [8]byte{0xff}}, 1}
	other := serverService
	other.version = 4
	for name, c := range map[string]struct {
		o    offer
		want verdict
	}{
		"ndr":              {offer{abstract: serverService, transfers: []syntax{ndr}}, verdict{transfer: ndr}},
		"ndr behind ndr64": {offer{abstract: serverService, transfers: []syntax{ndr64, ndr}}, verdict{transfer: ndr}},
		"ndr64":            {offer{abstract: serverService, transfers: []syntax{ndr64}}, verdict{result: rejected, reason: noSuchTransfer}},
		"nothing":          {offer{abstract: serverService}, verdict{result: rejected, reason: noSuchTransfer}},
		"features":         {offer{abstract: serverService, transfers: []syntax{negotiation}}, verdict{result: acknowledged, reason: 2}},
		"other version":    {offer{abstract: other, transfers: []syntax{ndr}}, verdict{result: rejected, reason: noSuchInterface}},
	} {
		if got := c.o.judge(); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

// Both ends' lengths hold, within what everybody has to take.
func TestAgree(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		theirs uint16
		want   int
	}{{0, minFragment}, {1432, 1432}, {2000, 2000}, {65535, maxFragment}} {
		if got := agree(c.theirs); got != c.want {
			t.Errorf("%d: %d, want %d", c.theirs, got, c.want)
		}
	}
}

// A long answer goes in fragments that the client takes, and a long call comes
// in them.
func TestFragments(t *testing.T) {
	t.Parallel()
	p := newPeer(t, echo{})
	b := binding()
	b.receive = 1500
	p.step(bindPDU(1, b), kindBindAck)
	stub := make([]byte, 5000)
	for i := range stub {
		stub[i] = byte(i >> 3)
	}
	r := request{opnum: 1, stub: stub[:2000]}
	p.step(r.append(header{kind: kindRequest, flags: firstFragment, call: 7}))
	r.stub = stub[2000:4000]
	p.step(r.append(header{kind: kindRequest, call: 7}))
	r.stub = stub[4000:]
	answer := p.step(r.append(header{kind: kindRequest, flags: lastFragment, call: 7}),
		kindResponse, kindResponse, kindResponse, kindResponse)
	var whole []byte
	for i, b := range answer {
		h, _ := parseHeader(b)
		if len(b) > 1500 || h.call != 7 || (i == 0) != (h.flags&firstFragment != 0) || (i == 3) != (h.flags&lastFragment != 0) {
			t.Errorf("fragment %d of %d bytes: %+v", i, len(b), h)
		}
		if hint := binary.LittleEndian.Uint32(b[headerSize:]); int(hint) != len(stub)-len(whole) {
			t.Errorf("fragment %d: alloc_hint %d", i, hint)
		}
		whole = append(whole, b[headerSize+bodySize:]...)
	}
	if !bytes.Equal(whole, stub) {
		t.Error("the answer is not what was asked")
	}
}

// Calls that fail fail alone.
func TestFaults(t *testing.T) {
	t.Parallel()
	p := bound(t, echo{})
	for name, c := range map[string]struct {
		pdu  []byte
		want faultCode
	}{
		"operation": {callPDU(2, 2, nil), faultOpnum},
		"context":   {(&request{context: 9, opnum: 1}).append(header{kind: kindRequest, flags: wholePDU}), faultUnknownIf},
		"verifier":  {(&request{opnum: 1}).append(header{kind: kindRequest, flags: wholePDU, auth: 16}), faultAccessDenied},
		"alter with a provider": {func() []byte {
			b := binding()
			return b.append(header{kind: kindAlter, flags: wholePDU, auth: 16})
		}(), faultUnknownAuth},
	} {
		answer := p.step(c.pdu, kindFault)
		if got := p.code(answer[0]); got != c.want {
			t.Errorf("%s: fault %#x, want %#x", name, got, c.want)
		}
		if h, _ := parseHeader(answer[0]); h.flags&didNotExecute == 0 {
			t.Errorf("%s: the fault does not say that nothing was done", name)
		}
	}
	p.step(callPDU(3, 1, []byte("x")), kindResponse)
}

// A call that is too long is refused once, and what follows of it is dropped.
func TestStubLimit(t *testing.T) {
	t.Parallel()
	p := bound(t, echo{})
	r := request{opnum: 1, stub: make([]byte, 4096)}
	p.step(r.append(header{kind: kindRequest, flags: firstFragment, call: 5}))
	for range maxStub/4096 - 1 {
		p.step(r.append(header{kind: kindRequest, call: 5}))
	}
	if got := p.code(p.step(r.append(header{kind: kindRequest, call: 5}), kindFault)[0]); got != faultRemoteNoSpace {
		t.Errorf("fault %#x", got)
	}
	p.step(r.append(header{kind: kindRequest, call: 5}))
	p.step(r.append(header{kind: kindRequest, flags: lastFragment, call: 5}))
	p.step(callPDU(6, 1, nil), kindResponse)
}

// An orphaned call is forgotten, one that nobody waits for not answered, and a
// cancelled one has been.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	p := bound(t, echo{})
	r := request{opnum: 1}
	p.step(r.append(header{kind: kindRequest, flags: firstFragment, call: 5}))
	p.step(finish(header{kind: kindOrphaned, flags: wholePDU, call: 5}.append(nil)))
	p.step(finish(header{kind: kindCancel, flags: wholePDU, call: 5}.append(nil)))
	p.step(r.append(header{kind: kindRequest, flags: wholePDU | maybe, call: 6}))
	p.step(r.append(header{kind: kindRequest, flags: wholePDU | withObject, call: 7}), kindResponse)
}

// Whoever breaks the order ends the association.
func TestOrder(t *testing.T) {
	t.Parallel()
	call := callPDU(1, 1, nil)
	alter := func(p bind) []byte { return p.append(header{kind: kindAlter, flags: wholePDU}) }
	r := request{opnum: 1}
	newPeer(t, echo{}).ends(call)
	newPeer(t, echo{}).ends(alter(binding()))
	bound(t, echo{}).ends(bindPDU(1, binding()), kindBindNak)
	bound(t, echo{}).ends(r.append(header{kind: kindRequest, flags: lastFragment}))
	bound(t, echo{}).ends(finish(header{kind: kindBindAck, flags: wholePDU}.append(nil)))
	p := bound(t, echo{})
	p.step(r.append(header{kind: kindRequest, flags: firstFragment, call: 5}))
	p.ends(call)
	p = bound(t, echo{})
	p.step(r.append(header{kind: kindRequest, flags: firstFragment, call: 5}))
	p.ends(r.append(header{kind: kindRequest, flags: lastFragment, call: 6}))
	many := binding()
	for range maxContexts {
		many.offers = append(many.offers, many.offers[0])
	}
	newPeer(t, echo{}).ends(bindPDU(1, many), kindBindNak)
}

// A bind with a security provider is refused and may be tried again without; so
// is one for a group that nobody has been given.
func TestBindNak(t *testing.T) {
	t.Parallel()
	p := newPeer(t, echo{})
	b := binding()
	nak := p.step(b.append(header{kind: kindBind, flags: wholePDU, auth: 40}), kindBindNak)[0]
	if reason := binary.LittleEndian.Uint16(nak[headerSize:]); reason != nakUnknownAuth {
		t.Errorf("reason %d", reason)
	}
	b.group = 1
	p.step(bindPDU(2, b), kindBindNak)
	b.group = 0
	ack := p.step(bindPDU(3, b), kindBindAck)[0]
	group := binary.LittleEndian.Uint32(ack[20:])
	again := &peer{t, newAssociation(echo{}, p.a.groups)}
	b.group = group
	ack = again.step(bindPDU(1, b), kindBindAck)[0]
	if got := binary.LittleEndian.Uint32(ack[20:]); got != group || got == 0 {
		t.Errorf("joined group %d, want %d", got, group)
	}
}

// Contexts are added and bounded.
func TestAlter(t *testing.T) {
	t.Parallel()
	p := bound(t, echo{})
	b := bind{}
	for i := range maxContexts {
		b.offers = append(b.offers, offer{id: uint16(i + 1), abstract: serverService, transfers: []syntax{ndr}})
	}
	ack := p.step(b.append(header{kind: kindAlter, flags: wholePDU}), kindAlterResponse)[0]
	last := ack[len(ack)-24:]
	if binary.LittleEndian.Uint16(last) != rejected || binary.LittleEndian.Uint16(last[2:]) != noMoreContexts {
		t.Errorf("the last of too many contexts: % x", last)
	}
	if len(ack) > minFragment {
		t.Errorf("an answer of %d bytes", len(ack))
	}
	r := request{context: 3, opnum: 1}
	p.step(r.append(header{kind: kindRequest, flags: wholePDU}), kindResponse)
}

// What a big-endian client says is understood.
func TestBigEndian(t *testing.T) {
	t.Parallel()
	pdu := []byte{5, 0, 11, 3, 0, 0, 0, 0, 0, 72, 0, 0, 0, 0, 0, 9, 0x10, 0xb8, 0x10, 0xb8, 0, 0, 0, 0, 1, 0, 0, 0,
		0, 4, 1, 0, 0x4b, 0x32, 0x4f, 0xc8, 0x16, 0x70, 0x01, 0xd3, 0x12, 0x78, 0x5a, 0x47, 0xbf, 0x6e, 0xe1, 0x88, 0, 0, 0, 3,
		0x8a, 0x88, 0x5d, 0x04, 0x1c, 0xeb, 0x11, 0xc9, 0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60, 0, 0, 0, 2}
	p := newPeer(t, echo{})
	ack := p.step(pdu, kindBindAck)[0]
	if h, _ := parseHeader(ack); h.call != 9 || binary.LittleEndian.Uint16(ack[44:]) != accepted || !p.a.contexts[4] {
		t.Errorf("% x", ack)
	}
}
