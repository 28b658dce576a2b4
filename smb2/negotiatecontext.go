package smb2

import (
	"encoding/binary"
	"fmt"
)

// A NegotiateContext is one of the lists that 3.1.1 negotiates with,
// [MS-SMB2] 2.2.3.1, 2.2.4.1. Data aliases the message; what the package does
// not know is carried as it is.
//
//	ContextType[2] DataLength[2] Reserved[4] Data[DataLength]
type NegotiateContext struct {
	Type NegotiateContextType
	Data []byte
}

// A NegotiateContextType says what a context is about.
type NegotiateContextType uint16

const (
	ContextPreauth       NegotiateContextType = 1     // PREAUTH_INTEGRITY_CAPABILITIES
	ContextEncryption    NegotiateContextType = 2     // ENCRYPTION_CAPABILITIES
	ContextCompression   NegotiateContextType = 3     // COMPRESSION_CAPABILITIES
	ContextNetName       NegotiateContextType = 5     // NETNAME_NEGOTIATE_CONTEXT_ID: the name of the server, UTF-16LE
	ContextTransport     NegotiateContextType = 6     // TRANSPORT_CAPABILITIES
	ContextRDMATransform NegotiateContextType = 7     // RDMA_TRANSFORM_CAPABILITIES
	ContextSigning       NegotiateContextType = 8     // SIGNING_CAPABILITIES
	ContextPOSIX         NegotiateContextType = 0x100 // Samba's and ksmbd's extension
)

func (t NegotiateContextType) String() string {
	switch t {
	case ContextPreauth:
		return "PREAUTH_INTEGRITY"
	case ContextEncryption:
		return "ENCRYPTION"
	case ContextCompression:
		return "COMPRESSION"
	case ContextNetName:
		return "NETNAME"
	case ContextTransport:
		return "TRANSPORT"
	case ContextRDMATransform:
		return "RDMA_TRANSFORM"
	case ContextSigning:
		return "SIGNING"
	case ContextPOSIX:
		return "POSIX"
	}
	return fmt.Sprintf("context %#x", uint16(t))
}

const negotiateContextSize = 8 // of its fixed part

// parseNegotiateContexts follows a list of count contexts at off, each of them
// on a multiple of 8 from the header on, [MS-SMB2] 2.2.3.1. Nothing may be in
// front of start.
func parseNegotiateContexts(list []NegotiateContext, element []byte, off uint32, count uint16, start int, structure, section string) ([]NegotiateContext, error) {
	wrong := func(format string, args ...any) ([]NegotiateContext, error) {
		return list, &ParseError{structure, section, fmt.Sprintf(format, args...)}
	}
	if count > MaxNegotiateContexts {
		return wrong("NegotiateContextCount %d, at most %d", count, MaxNegotiateContexts)
	}
	if count > 0 && (uint64(off) < uint64(start) || off%8 != 0) {
		return wrong("NegotiateContextOffset %d", off)
	}
	for at, i := uint64(off), 0; i < int(count); i++ {
		if at+negotiateContextSize > uint64(len(element)) {
			return wrong("negotiate context %d begins at %d of %d bytes", i, at, len(element))
		}
		c := cursor{element[at:], true}
		t, n := NegotiateContextType(c.u16()), c.u16()
		data, ok := span(element, uint32(at)+negotiateContextSize, uint32(n))
		if !ok {
			return wrong("%v has DataLength %d, beyond the message", t, n)
		}
		list = append(list, NegotiateContext{t, data})
		at += negotiateContextSize + uint64(n)
		at += -at & 7
	}
	return list, nil
}

// AppendNegotiateContexts appends a list of contexts to b, where the list is on
// a multiple of 8. There is no padding behind the last. Data has less than
// 64 KiB.
func AppendNegotiateContexts(b []byte, list []NegotiateContext) []byte {
	for i, x := range list {
		b = le32(le16(le16(b, uint16(x.Type)), uint16(len(x.Data))), 0)
		b = append(b, x.Data...)
		if i < len(list)-1 {
			b = zeros(b, Pad(len(x.Data)))
		}
	}
	return b
}

// ids reads count 16-bit numbers, at least one and not more than there are.
// More data may follow them: a Linux client's contexts are padded.
func ids[T ~uint16](c *cursor, count uint16, structure, section string) ([]T, error) {
	if count == 0 || !c.ok || 2*int(count) > len(c.b) || count > MaxAlgorithms {
		return nil, &ParseError{structure, section, fmt.Sprintf("count %d with %d bytes left", count, len(c.b))}
	}
	list := make([]T, count)
	for i := range list {
		list[i] = T(binary.LittleEndian.Uint16(c.take(2)))
	}
	return list, nil
}

func appendIDs[T ~uint16](b []byte, list []T) []byte {
	for _, v := range list {
		b = le16(b, uint16(v))
	}
	return b
}
