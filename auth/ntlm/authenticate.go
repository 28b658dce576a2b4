package ntlm

import "fmt"

// Authenticate is AUTHENTICATE_MESSAGE, [MS-NLMP] 2.2.1.3.
//
//	Signature[8] MessageType[4]=3 LmChallengeResponseFields[8]
//	NtChallengeResponseFields[8] DomainNameFields[8] UserNameFields[8]
//	WorkstationFields[8] EncryptedRandomSessionKeyFields[8] NegotiateFlags[4]
//	Version[8] MIC[16] Payload[variable]
//
// Version and MIC may be missing, and then the payload begins in their place.
// Whether MIC means anything is not in the layout: MsvAvFlags in the response
// says so.
type Authenticate struct {
	LM, NT, Domain, User, Workstation, Key Field
	Flags                                  Flags
	Rest                                   []byte // from Version on
}

const (
	authenticateName, authenticateSection = "AUTHENTICATE", "2.2.1.3"

	authenticateFixed   = 64
	micOffset           = 72
	micSize             = 16
	authenticatePayload = micOffset + micSize
)

// ParseAuthenticate reads the message and checks its fields.
func ParseAuthenticate(b []byte) (m Authenticate, err error) {
	c, err := body(b, typeAuthenticate, authenticateName, authenticateSection)
	if err != nil {
		return m, err
	}
	for _, f := range m.fields() {
		*f.field = c.field()
	}
	m.Flags = Flags(c.u32())
	if !c.ok {
		return m, &ParseError{authenticateName, authenticateSection, "the message ends inside the fixed part"}
	}
	m.Rest = c.b
	for _, f := range m.fields() {
		if err := m.check(f); err != nil {
			return m, err
		}
	}
	return m, nil
}

type namedField struct {
	field *Field
	name  string
	most  int // bytes
	text  bool
}

// fields are in the order of the fixed part.
func (m *Authenticate) fields() []namedField {
	const any16 = 1<<16 - 1
	return []namedField{
		{&m.LM, "LmChallengeResponse", any16, false},
		{&m.NT, "NtChallengeResponse", any16, false},
		{&m.Domain, "DomainName", maxName, true},
		{&m.User, "UserName", maxName, true},
		{&m.Workstation, "Workstation", maxName, true},
		{&m.Key, "EncryptedRandomSessionKey", any16, false},
	}
}

func (m *Authenticate) check(f namedField) error {
	content, ok := f.field.in(m.Rest, authenticateFixed)
	var problem string
	switch {
	case !ok:
		problem = "is not in the payload"
	case len(content) > f.most:
		problem = fmt.Sprintf("has %d bytes, more than %d", len(content), f.most)
	case f.text && len(content)%2 != 0:
		problem = "is half a letter too long"
	default:
		return nil
	}
	return &ParseError{authenticateName, authenticateSection, f.name + " " + problem}
}

// AppendTo appends the message.
func (m *Authenticate) AppendTo(b []byte) []byte {
	b = appendSignature(b, typeAuthenticate)
	for _, f := range m.fields() {
		b = f.field.appendTo(b)
	}
	return append(le32(b, uint32(m.Flags)), m.Rest...)
}

// Content is what a field of a parsed message names.
func (m *Authenticate) Content(f Field) []byte {
	b, _ := f.in(m.Rest, authenticateFixed)
	return b
}

// hasMIC says that the layout has room for the code: nothing of the payload
// lies before its end.
func (m *Authenticate) hasMIC() bool {
	for _, f := range m.fields() {
		if f.field.Length > 0 && f.field.Offset < authenticatePayload {
			return false
		}
	}
	return len(m.Rest) >= authenticatePayload-authenticateFixed
}

// A response is what goes into the payload.
type response struct {
	lm, nt, domain, user, workstation, key []byte
}

// newAuthenticate lays a message out, with a MIC of zeros.
func newAuthenticate(flags Flags, r response) Authenticate {
	m := Authenticate{Flags: flags}
	b := append(make([]byte, authenticateFixed), versionFor(flags)...)
	b = append(b, make([]byte, micSize)...)
	b, m.LM = place(b, r.lm)
	b, m.NT = place(b, r.nt)
	b, m.Domain = place(b, r.domain)
	b, m.User = place(b, r.user)
	b, m.Workstation = place(b, r.workstation)
	b, m.Key = place(b, r.key)
	m.Rest = b[authenticateFixed:]
	return m
}
