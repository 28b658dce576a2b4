package crypt

import (
	"encoding/binary"
	"fmt"

	"github.com/smbgw/smbgw/smb2"
)

// TransformSize is the length of the header in front of a sealed message,
// [MS-SMB2] 2.2.41.
const TransformSize = 52

const tagSize = 16

// A transform is a sealed message, or one with room for the header.
//
//	ProtocolId[4]=FD'SMB' Signature[16] Nonce[16] OriginalMessageSize[4]
//	Reserved[2] Flags[2] | EncryptionAlgorithm[2] SessionId[8] Data[variable]
type transform []byte

func (t transform) tag() []byte        { return t[4:20] }
func (t transform) nonce() []byte      { return t[20:36] }
func (t transform) additional() []byte { return t[20:TransformSize:TransformSize] }
func (t transform) data() []byte       { return t[TransformSize:] }

// authenticated is the additional data with the data behind it.
func (t transform) authenticated() []byte { return t[20:] }

func (t transform) size() uint32    { return binary.LittleEndian.Uint32(t[36:]) }
func (t transform) flags() uint16   { return binary.LittleEndian.Uint16(t[42:]) }
func (t transform) session() uint64 { return binary.LittleEndian.Uint64(t[44:]) }

// encrypted is Flags of 3.1.1; 3.0 has 1 in the same place for AES-128-CCM,
// whatever its name is there.
const encrypted = 1

func (t transform) fill(session uint64) {
	copy(t, "\xfdSMB")
	clear(t.tag())
	binary.LittleEndian.PutUint32(t[36:], uint32(len(t.data())))
	binary.LittleEndian.PutUint16(t[40:], 0)
	binary.LittleEndian.PutUint16(t[42:], encrypted)
	binary.LittleEndian.PutUint64(t[44:], session)
}

// parseTransform makes the checks of 3.3.5.2.1.1 and 3.2.5.1.1 that need no
// key.
func parseTransform(b []byte) (transform, error) {
	t := transform(b)
	switch {
	case smb2.KindOf(b) != smb2.KindTransform:
		return nil, transformError("ProtocolId is another's")
	case len(b) <= TransformSize:
		return nil, transformError("nothing follows it in %d bytes", len(b))
	case t.flags() != encrypted:
		return nil, transformError("Flags %#x, not 1", t.flags())
	case uint64(t.size()) != uint64(len(t.data())):
		return nil, transformError("OriginalMessageSize %d before %d bytes", t.size(), len(t.data()))
	}
	return t, nil
}

func transformError(format string, args ...any) error {
	return &smb2.ParseError{Structure: "TRANSFORM_HEADER", Section: "2.2.41", Problem: fmt.Sprintf(format, args...)}
}

// SealedFor is the session that a sealed message names: whose opener to use.
// A receiver disconnects on an error, and where it has no such session.
func SealedFor(message []byte) (session uint64, err error) {
	t, err := parseTransform(message)
	if err != nil {
		return 0, err
	}
	return t.session(), nil
}
