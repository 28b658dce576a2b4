package ntlm

import (
	"bytes"
	"fmt"
)

// A messageType is the MessageType of 2.2.1.
type messageType uint32

const (
	typeNegotiate    messageType = 1
	typeChallenge    messageType = 2
	typeAuthenticate messageType = 3
)

var signature = []byte("NTLMSSP\x00")

// IsMessage says whether a token is an NTLM message without anything around it.
func IsMessage(token []byte) bool { return bytes.HasPrefix(token, signature) }

// body returns a cursor behind the signature and the type, which must be want.
//
//	Signature[8]="NTLMSSP\0" MessageType[4]
func body(b []byte, want messageType, structure, section string) (cursor, error) {
	c := cursor{b, true}
	if got := c.take(len(signature)); !bytes.Equal(got, signature) {
		return c, &ParseError{structure, section, "Signature is not NTLMSSP"}
	}
	if got := messageType(c.u32()); got != want {
		return c, &ParseError{structure, section, fmt.Sprintf("MessageType %d, not %d", got, want)}
	}
	return c, nil
}

func appendSignature(b []byte, t messageType) []byte {
	return le32(append(b, signature...), uint32(t))
}

// typeOf is the type of what may be a message.
func typeOf(b []byte) messageType {
	c := cursor{b, true}
	if !bytes.Equal(c.take(len(signature)), signature) {
		return 0
	}
	return messageType(c.u32())
}

// version is a VERSION, 2.2.2.10: a program's for the log of the other side,
// and in its last byte NTLMSSP_REVISION_W2K3, the only one there is.
//
//	ProductMajorVersion[1] ProductMinorVersion[1] ProductBuild[2] Reserved[3]
//	NTLMRevisionCurrent[1]=15
var version = []byte{10, 0, 0, 0, 0, 0, 0, 15}

// versionFor is version, or zeros when it was not asked for.
func versionFor(f Flags) []byte {
	if f&FlagVersion == 0 {
		return make([]byte, len(version))
	}
	return version
}
