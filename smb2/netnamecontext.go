package smb2

import "fmt"

// A NetNameContext is the data of ContextNetName, [MS-SMB2] 2.2.3.1.4: what the
// client calls the server.
//
//	NetName[variable]
type NetNameContext struct {
	Name string
}

const netNameContext, netNameContextSection = "NETNAME_NEGOTIATE_CONTEXT_ID", "2.2.3.1.4"

// ParseNetNameContext reads a context's data. Names have at most MaxNetName bytes
// on the wire.
func ParseNetNameContext(data []byte) (x NetNameContext, err error) {
	name, ok := DecodeUTF16(data[:min(len(data), MaxNetName)])
	if !ok || len(data) > MaxNetName {
		return x, &ParseError{netNameContext, netNameContextSection, fmt.Sprintf("%d bytes are no name", len(data))}
	}
	return NetNameContext{name}, nil
}

// AppendBody appends a context's data.
func (x *NetNameContext) AppendBody(b []byte) []byte { return AppendUTF16(b, x.Name) }
