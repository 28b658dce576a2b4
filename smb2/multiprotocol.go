package smb2

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
)

// A MultiProtocol is an SMB1 NEGOTIATE request that may lead to SMB2,
// [MS-SMB2] 3.3.5.3, [MS-CIFS] 2.2.4.52.
//
//	Protocol[4]=FF'SMB' Command[1]=0x72 Header[27] WordCount[1]=0
//	ByteCount[2] then ByteCount bytes of: BufferFormat[1]=2 Dialect[s] NUL[1]
type MultiProtocol struct {
	dialects []byte
}

const (
	// DialectStringWild among the dialects of a MultiProtocol asks for an
	// answer with DialectWild.
	DialectStringWild = "SMB 2.???"

	// DialectString202 asks for 2.0.2.
	DialectString202 = "SMB 2.002"

	smb1HeaderSize    = 32
	smb1Negotiate     = 0x72
	smb1BufferDialect = 2

	multiProtocol, multiProtocolSection = "SMB1 NEGOTIATE request", "3.3.5.3"
)

// ParseMultiProtocol reads an SMB1 message, which has to be a NEGOTIATE
// request: a server of SMB2 disconnects on any other.
func ParseMultiProtocol(message []byte) (m MultiProtocol, err error) {
	wrong := func(format string, args ...any) (MultiProtocol, error) {
		return MultiProtocol{}, &ParseError{multiProtocol, multiProtocolSection, fmt.Sprintf(format, args...)}
	}
	if KindOf(message) != KindSMB1 || len(message) < smb1HeaderSize+3 {
		return wrong("%d bytes", len(message))
	}
	if c := message[4]; c != smb1Negotiate {
		return wrong("Command %#x", c)
	}
	if n := message[smb1HeaderSize]; n != 0 {
		return wrong("WordCount %d", n)
	}
	n := binary.LittleEndian.Uint16(message[smb1HeaderSize+1:])
	list, ok := span(message, smb1HeaderSize+3, uint32(n))
	if !ok || n < 2 {
		return wrong("ByteCount %d", n)
	}
	for rest := list; len(rest) > 0; {
		end := bytes.IndexByte(rest, 0)
		if rest[0] != smb1BufferDialect || end < 0 {
			return wrong("dialect at %d", len(list)-len(rest))
		}
		rest = rest[end+1:]
	}
	return MultiProtocol{list}, nil
}

// Dialects are the strings of the request, as bytes of the message.
func (m MultiProtocol) Dialects() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for rest := m.dialects; len(rest) > 0; {
			end := bytes.IndexByte(rest, 0)
			if !yield(rest[1:end]) {
				return
			}
			rest = rest[end+1:]
		}
	}
}

// Has says whether dialect is among the strings.
func (m MultiProtocol) Has(dialect string) bool {
	for d := range m.Dialects() {
		if string(d) == dialect {
			return true
		}
	}
	return false
}

// AppendMultiProtocol appends a whole request. The dialects come to less than
// 64 KiB and have no NUL.
func AppendMultiProtocol(b []byte, dialects ...string) []byte {
	b = append(append(b, "\xffSMB"...), smb1Negotiate)
	b = append(zeros(b, smb1HeaderSize-5), 0)
	at := len(b)
	b = le16(b, 0)
	for _, d := range dialects {
		b = append(append(append(b, smb1BufferDialect), d...), 0)
	}
	binary.LittleEndian.PutUint16(b[at:], uint16(len(b)-at-2))
	return b
}
