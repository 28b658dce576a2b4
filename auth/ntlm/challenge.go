package ntlm

import "fmt"

// Challenge is CHALLENGE_MESSAGE, [MS-NLMP] 2.2.1.2.
//
//	Signature[8] MessageType[4]=2 TargetNameFields[8] NegotiateFlags[4]
//	ServerChallenge[8] Reserved[8] TargetInfoFields[8] Version[8]
//	Payload[variable]
//
// Version is there when the flags say so; the fields say where the payload is.
type Challenge struct {
	TargetName      Field
	Flags           Flags
	ServerChallenge [8]byte
	TargetInfo      Field
	Rest            []byte // from Version on
}

const (
	challengeName, challengeSection = "CHALLENGE", "2.2.1.2"

	challengeFixed   = 48
	challengePayload = 56
)

// ParseChallenge reads the message and checks its fields.
func ParseChallenge(b []byte) (m Challenge, err error) {
	c, err := body(b, typeChallenge, challengeName, challengeSection)
	if err != nil {
		return m, err
	}
	m.TargetName, m.Flags = c.field(), Flags(c.u32())
	copy(m.ServerChallenge[:], c.take(len(m.ServerChallenge)))
	c.take(8) // reserved, ignored
	m.TargetInfo = c.field()
	if !c.ok {
		return m, &ParseError{challengeName, challengeSection, "the message ends inside the fixed part"}
	}
	m.Rest = c.b
	if _, ok := m.TargetName.in(m.Rest, challengeFixed); !ok {
		return m, &ParseError{challengeName, challengeSection, "TargetNameFields is not in the payload"}
	}
	info, ok := m.TargetInfo.in(m.Rest, challengeFixed)
	if !ok {
		return m, &ParseError{challengeName, challengeSection, "TargetInfoFields is not in the payload"}
	}
	if len(info) > maxTargetInfo {
		return m, &ParseError{challengeName, challengeSection, fmt.Sprintf("TargetInfo has %d bytes, more than %d", len(info), maxTargetInfo)}
	}
	return m, nil
}

// AppendTo appends the message.
func (m *Challenge) AppendTo(b []byte) []byte {
	b = m.TargetName.appendTo(appendSignature(b, typeChallenge))
	b = append(le32(b, uint32(m.Flags)), m.ServerChallenge[:]...)
	b = m.TargetInfo.appendTo(le64(b, 0))
	return append(b, m.Rest...)
}

// info is the target information of a message that was parsed.
func (m *Challenge) info() []byte {
	b, _ := m.TargetInfo.in(m.Rest, challengeFixed)
	return b
}

// newChallenge lays a message out.
func newChallenge(flags Flags, random [8]byte, target, info []byte) Challenge {
	m := Challenge{Flags: flags, ServerChallenge: random}
	b := append(make([]byte, challengeFixed), versionFor(flags)...)
	b, m.TargetName = place(b, target)
	b, m.TargetInfo = place(b, info)
	m.Rest = b[challengeFixed:]
	return m
}
