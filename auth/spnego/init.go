package spnego

// Init is NegTokenInit, [RFC 4178] 4.2.1, and with Hint NegTokenInit2,
// [MS-SPNG] 2.2.1, inside the token frame of [RFC 2743] 3.1.
//
//	[APPLICATION 0] { OID SPNEGO, [0] SEQUENCE {
//		mechTypes   [0] SEQUENCE OF OID,
//		reqFlags    [1] BIT STRING      OPTIONAL,
//		mechToken   [2] OCTET STRING    OPTIONAL,
//		negHints    [3] SEQUENCE { hintName [0] GeneralString OPTIONAL,
//		                           hintAddress [1] OCTET STRING OPTIONAL } OPTIONAL,
//		mechListMIC [4] OCTET STRING    OPTIONAL } }
//
// In [RFC 4178] mechListMIC is [3]; what is inside tells which it is.
type Init struct {
	Mechanisms []OID
	List       []byte // mechTypes as it was sent, its SEQUENCE included: what is signed
	Token      []byte // of the first mechanism; nil when there is none
	Hint       bool   // with negHints, as servers send
	MIC        []byte
}

const initName, initSection = "NegTokenInit", "[RFC 4178] 4.2.1"

// ParseInit reads the token. The result aliases it.
func ParseInit(b []byte) (m Init, err error) {
	outer := reader{b, true}
	frame := outer.within(tagApplication)
	if oid := OID(frame.element(tagOID)); frame.ok && oid != SPNEGO {
		return m, &ParseError{initName, initSection, "the token is of " + shown(oid) + ", not SPNEGO"}
	}
	choice := frame.within(tagContext)
	seq := choice.within(tagSequence)
	if err := m.read(&seq); err != nil {
		return m, err
	}
	choice.close(seq)
	frame.close(choice)
	outer.close(frame)
	if !outer.ok || len(outer.b) > 0 {
		return m, &ParseError{initName, initSection, "it is not DER of the right form, or something trails it"}
	}
	return m, nil
}

func (m *Init) read(seq *reader) error {
	list := seq.within(tagContext)
	m.List = list.b
	oids := list.within(tagSequence)
	for len(oids.b) > 0 {
		oid := OID(oids.element(tagOID))
		if len(oid) > maxOID || len(m.Mechanisms) == maxMechanisms {
			return &ParseError{initName, initSection, "mechTypes is longer than any in use"}
		}
		m.Mechanisms = append(m.Mechanisms, oid)
	}
	list.close(oids)
	seq.close(list)
	if seq.ok && len(m.Mechanisms) == 0 {
		return &ParseError{initName, initSection, "mechTypes is empty"}
	}
	if seq.next(tagContext + 1) {
		seq.only(tagContext+1, tagBits) // reqFlags, ignored
	}
	if seq.next(tagContext + 2) {
		m.Token = octets(seq, tagContext+2)
	}
	m.readTail(seq)
	return nil
}

// readTail reads negHints and mechListMIC under either number.
func (m *Init) readTail(seq *reader) {
	if seq.next(tagContext + 3) {
		in := seq.within(tagContext + 3)
		if in.next(tagSequence) {
			m.Hint = true
			in.element(tagSequence) // to be ignored, [MS-SPNG] 2.2.1
		} else {
			m.MIC = present(in.element(tagOctets))
		}
		seq.close(in)
	}
	if m.Hint && seq.next(tagContext+4) {
		m.MIC = octets(seq, tagContext+4)
	}
}

// octets takes an OCTET STRING inside t. It is not nil, even when empty.
func octets(r *reader, t tag) []byte { return present(r.only(t, tagOctets)) }

func present(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// hintName is what negHints says, [MS-SPNG] 2.2.1: for servers of 2000.
const hintName = "not_defined_in_RFC4178@please_ignore"

// AppendTo appends the token, with List for mechTypes if there is one.
func (m *Init) AppendTo(b []byte) []byte {
	list := m.List
	if list == nil {
		list = appendList(nil, m.Mechanisms)
	}
	seq := wrap(nil, tagContext, list)
	if m.Token != nil {
		seq = wrap(seq, tagContext+2, wrap(nil, tagOctets, m.Token))
	}
	mic := tagContext + 3
	if m.Hint {
		name := wrap(nil, tagContext, wrap(nil, tagText, []byte(hintName)))
		seq = wrap(seq, tagContext+3, wrap(nil, tagSequence, name))
		mic++
	}
	if m.MIC != nil {
		seq = wrap(seq, mic, wrap(nil, tagOctets, m.MIC))
	}
	inner := wrap(nil, tagOID, []byte(SPNEGO))
	inner = wrap(inner, tagContext, wrap(nil, tagSequence, seq))
	return wrap(b, tagApplication, inner)
}

// appendList appends a MechTypeList.
func appendList(b []byte, mechanisms []OID) []byte {
	var list []byte
	for _, oid := range mechanisms {
		list = wrap(list, tagOID, []byte(oid))
	}
	return wrap(b, tagSequence, list)
}
