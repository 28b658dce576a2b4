package ntlm

// Negotiate is NEGOTIATE_MESSAGE, [MS-NLMP] 2.2.1.1.
//
//	Signature[8] MessageType[4]=1 NegotiateFlags[4] DomainNameFields[8]
//	WorkstationFields[8] Version[8] Payload[variable]
type Negotiate struct {
	Flags Flags
	Rest  []byte // from DomainNameFields on: informs, is not read, may be missing
}

const (
	negotiateName, negotiateSection = "NEGOTIATE", "2.2.1.1"

	negotiatePayload = 40
)

// ParseNegotiate reads the message.
func ParseNegotiate(b []byte) (m Negotiate, err error) {
	c, err := body(b, typeNegotiate, negotiateName, negotiateSection)
	if err != nil {
		return m, err
	}
	m.Flags = Flags(c.u32())
	if !c.ok {
		return m, &ParseError{negotiateName, negotiateSection, "the message ends before NegotiateFlags"}
	}
	m.Rest = c.b
	return m, nil
}

// AppendTo appends the message.
func (m *Negotiate) AppendTo(b []byte) []byte {
	return append(le32(appendSignature(b, typeNegotiate), uint32(m.Flags)), m.Rest...)
}

// newNegotiate is a message without names.
func newNegotiate(flags Flags) Negotiate {
	nothing := Field{Offset: negotiatePayload}
	rest := nothing.appendTo(nothing.appendTo(nil))
	return Negotiate{flags, append(rest, versionFor(flags)...)}
}
