package smb2

// Logoff is the body of LOGOFF, both ways, [MS-SMB2] 2.2.7, 2.2.8.
//
//	StructureSize[2]=4 Reserved[2]
type Logoff struct{}

const logoff, logoffSection = "LOGOFF", "2.2.7"

// ParseLogoff checks the body.
func ParseLogoff(element []byte) (r Logoff, err error) {
	return r, parseEmpty(element, logoff, logoffSection)
}

// AppendBody appends the body.
func (*Logoff) AppendBody(b []byte) []byte { return appendEmpty(b) }
