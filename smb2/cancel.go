package smb2

// Cancel is the body of CANCEL, [MS-SMB2] 2.2.30. Its header names the request
// that it is about: by AsyncId with FlagAsync, by MessageId without. There is no
// response.
//
//	StructureSize[2]=4 Reserved[2]
type Cancel struct{}

const cancel, cancelSection = "CANCEL", "2.2.30"

// ParseCancel checks the body.
func ParseCancel(element []byte) (r Cancel, err error) {
	return r, parseEmpty(element, cancel, cancelSection)
}

// AppendBody appends the body.
func (*Cancel) AppendBody(b []byte) []byte { return appendEmpty(b) }
