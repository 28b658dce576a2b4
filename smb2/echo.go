package smb2

// Echo is the body of ECHO, both ways, [MS-SMB2] 2.2.28, 2.2.29.
//
//	StructureSize[2]=4 Reserved[2]
type Echo struct{}

const echo, echoSection = "ECHO", "2.2.28"

// ParseEcho checks the body.
func ParseEcho(element []byte) (r Echo, err error) {
	return r, parseEmpty(element, echo, echoSection)
}

// AppendBody appends the body.
func (*Echo) AppendBody(b []byte) []byte { return appendEmpty(b) }
