package smb2

// A TransportContext is the data of ContextTransport, [MS-SMB2] 2.2.3.1.5.
//
//	Flags[4]
type TransportContext struct {
	Flags uint32
}

// AcceptTransportSecurity in TransportContext.Flags: what the transport
// encrypts, SMB need not.
const AcceptTransportSecurity = 1

const transportContext, transportContextSection = "TRANSPORT_CAPABILITIES", "2.2.3.1.5"

// ParseTransportContext reads a context's data.
func ParseTransportContext(data []byte) (x TransportContext, err error) {
	c := cursor{data, true}
	x.Flags = c.u32()
	return x, c.short(transportContext, transportContextSection)
}

// AppendBody appends a context's data.
func (x *TransportContext) AppendBody(b []byte) []byte { return le32(b, x.Flags) }
