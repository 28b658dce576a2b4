package spnego

import "fmt"

// A State is negState, [RFC 4178] 4.2.2.
type State uint8

const (
	AcceptCompleted State = iota
	AcceptIncomplete
	Reject
	RequestMIC
	NoState State = 0xff // it is not there
)

var stateNames = map[State]string{
	AcceptCompleted:  "accept-completed",
	AcceptIncomplete: "accept-incomplete",
	Reject:           "reject",
	RequestMIC:       "request-mic",
	NoState:          "no state",
}

func (s State) String() string {
	if name, ok := stateNames[s]; ok {
		return name
	}
	return fmt.Sprintf("%#x", uint8(s))
}

// Resp is NegTokenResp, [RFC 4178] 4.2.2: every token but the first.
//
//	[1] SEQUENCE {
//		negState      [0] ENUMERATED        OPTIONAL,
//		supportedMech [1] OBJECT IDENTIFIER OPTIONAL,
//		responseToken [2] OCTET STRING      OPTIONAL,
//		mechListMIC   [3] OCTET STRING      OPTIONAL }
type Resp struct {
	State     State
	Mechanism OID // "" when it is not there
	Token     []byte
	MIC       []byte
}

const respName, respSection = "NegTokenResp", "[RFC 4178] 4.2.2"

// ParseResp reads the token. The result aliases it.
func ParseResp(b []byte) (m Resp, err error) {
	m.State = NoState
	outer := reader{b, true}
	choice := outer.within(tagContext + 1)
	seq := choice.within(tagSequence)
	if seq.next(tagContext) {
		state := seq.only(tagContext, tagEnum)
		if seq.ok && (len(state) != 1 || State(state[0]) > RequestMIC) {
			return m, &ParseError{respName, respSection, fmt.Sprintf("negState %x", state)}
		}
		if seq.ok {
			m.State = State(state[0])
		}
	}
	if seq.next(tagContext + 1) {
		m.Mechanism = OID(seq.only(tagContext+1, tagOID))
		if len(m.Mechanism) > maxOID {
			return m, &ParseError{respName, respSection, "supportedMech is longer than any in use"}
		}
	}
	if seq.next(tagContext + 2) {
		m.Token = octets(&seq, tagContext+2)
	}
	if seq.next(tagContext + 3) {
		m.MIC = octets(&seq, tagContext+3)
	}
	choice.close(seq)
	outer.close(choice)
	if !outer.ok || len(outer.b) > 0 {
		return m, &ParseError{respName, respSection, "it is not DER of the right form, or something trails it"}
	}
	return m, nil
}

// AppendTo appends the token.
func (m *Resp) AppendTo(b []byte) []byte {
	var seq []byte
	if m.State != NoState {
		seq = wrap(seq, tagContext, wrap(nil, tagEnum, []byte{byte(m.State)}))
	}
	if m.Mechanism != "" {
		seq = wrap(seq, tagContext+1, wrap(nil, tagOID, []byte(m.Mechanism)))
	}
	if m.Token != nil {
		seq = wrap(seq, tagContext+2, wrap(nil, tagOctets, m.Token))
	}
	if m.MIC != nil {
		seq = wrap(seq, tagContext+3, wrap(nil, tagOctets, m.MIC))
	}
	return wrap(b, tagContext+1, wrap(nil, tagSequence, seq))
}
