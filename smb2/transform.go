package smb2

import (
	"encoding/binary"
	"fmt"
)

// A Transform is a view of an encrypted message, SMB2 TRANSFORM_HEADER and what
// follows it, [MS-SMB2] 2.2.41.
//
//	ProtocolId[4]=FD'SMB' Signature[16] Nonce[16] OriginalMessageSize[4]
//	Reserved[2] Flags[2]=1 SessionId[8] EncryptedData[OriginalMessageSize]
//
// Flags is the EncryptionAlgorithm of dialects before 3.1.1; both have one
// value.
type Transform []byte

const (
	// TransformSize is the length of a TRANSFORM_HEADER.
	TransformSize = 52

	// NonceSize is the length of its Nonce. Ciphers use the first bytes only.
	NonceSize = 16

	transformEncrypted = 1

	transform, transformSection = "TRANSFORM_HEADER", "2.2.41"
)

// ParseTransform checks that message is an encrypted message as far as the
// header tells, [MS-SMB2] 3.3.5.2.1.1. The ciphers add nothing, so the sealed
// bytes are OriginalMessageSize.
func ParseTransform(message []byte) (Transform, error) {
	wrong := func(format string, args ...any) (Transform, error) {
		return nil, &ParseError{transform, transformSection, fmt.Sprintf(format, args...)}
	}
	t := Transform(message)
	switch {
	case KindOf(message) != KindTransform:
		return wrong("ProtocolId is not FD 'SMB'")
	case len(t) <= TransformSize:
		return wrong("%d bytes, want more than %d", len(t), TransformSize)
	case t.flags() != transformEncrypted:
		return wrong("Flags %#x, not %d", t.flags(), transformEncrypted)
	case uint64(t.OriginalSize()) != uint64(len(t)-TransformSize):
		return wrong("OriginalMessageSize %d, with %d bytes behind", t.OriginalSize(), len(t)-TransformSize)
	}
	return t, nil
}

// AppendTransform appends the header of an encrypted message of size bytes,
// which have to follow it. The signature is zero and nonce at most NonceSize
// bytes long, the rest of it zero.
func AppendTransform(b, nonce []byte, size uint32, session uint64) []byte {
	b = zeros(append(b, "\xfdSMB"...), SignatureSize)
	n := min(len(nonce), NonceSize)
	b = zeros(append(b, nonce[:n]...), NonceSize-n)
	return le64(le16(le16(le32(b, size), 0), transformEncrypted), session)
}

func (t Transform) flags() uint16 { return binary.LittleEndian.Uint16(t[42:]) }

// OriginalSize is the length of the message inside.
func (t Transform) OriginalSize() uint32 { return binary.LittleEndian.Uint32(t[36:]) }

// SessionID is the session with whose keys the message is encrypted.
func (t Transform) SessionID() uint64 { return binary.LittleEndian.Uint64(t[44:]) }

// Signature is the view of the cipher's tag.
func (t Transform) Signature() []byte { return t[4:20:20] }

// Nonce is the view of the nonce.
func (t Transform) Nonce() []byte { return t[20:36:36] }

// Associated is what the tag covers besides the message: the header from the
// nonce on, [MS-SMB2] 3.1.4.3.
func (t Transform) Associated() []byte { return t[20:TransformSize:TransformSize] }

// Message is the encrypted message.
func (t Transform) Message() []byte { return t[TransformSize:] }
