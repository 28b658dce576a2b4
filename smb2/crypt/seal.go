package crypt

import "github.com/smbgw/smbgw/smb2"

// TransformSize is the length of the header in front of a sealed message, a
// smb2.Transform.
const TransformSize = smb2.TransformSize

// Both modes' tags are a Transform's signature.
const tagSize = smb2.SignatureSize

// An aead seals and opens in place. After a failed open the data is void.
type aead interface {
	seal(t smb2.Transform)
	open(t smb2.Transform) bool
}

// A Sealer seals what its endpoint sends on one connection, [MS-SMB2] 3.1.4.3.
// It has buffers of its own: one goroutine at a time. Sealers of one session
// may be used side by side.
type Sealer struct {
	hidden
	aead   aead
	size   int // of the nonce
	nonces *nonces
}

// Seal makes a sealed message in place. The first TransformSize bytes are room
// for its header; the plaintext, one message or a compound, follows. Up to 16
// bytes of the slice's capacity behind it are overwritten; where there are
// none it takes longer.
//
// Every call uses another nonce. ErrExhausted is the end of the session.
func (s *Sealer) Seal(message []byte, session uint64) error {
	switch {
	case len(message) <= TransformSize:
		return &SealError{"seal", session, ErrRoom}
	case len(message)-TransformSize > MaxPlain:
		return &SealError{"seal", session, ErrTooLong}
	}
	t := newTransform(message, session)
	if err := s.nonces.take(t.Nonce(), s.size, len(t.Message())); err != nil {
		return &SealError{"seal", session, err}
	}
	s.aead.seal(t)
	return nil
}

// newTransform puts a header into its room: all but tag and nonce.
func newTransform(message []byte, session uint64) smb2.Transform {
	smb2.AppendTransform(message[:0], nil, uint32(len(message)-TransformSize), session)
	return message
}

// An Opener opens what the peer has sealed, on one connection. It has buffers
// of its own: one goroutine at a time.
type Opener struct {
	hidden
	aead aead
}

// Open decrypts a sealed message in place and returns the plaintext, a part of
// message. Up to 16 bytes of the slice's capacity behind it are overwritten.
// After an error nothing of the plaintext is left, and the receiver
// disconnects, [MS-SMB2] 3.3.5.2.1.1.
//
// It does not notice a replay: the MessageId inside does that. What is inside
// may be compressed; whose session the elements name is for the caller to see.
func (o *Opener) Open(message []byte) (plain []byte, err error) {
	t, err := smb2.ParseTransform(message)
	if err != nil {
		return nil, err
	}
	if !o.aead.open(t) {
		clear(t.Message())
		return nil, &SealError{"open", t.SessionID(), ErrTag}
	}
	if smb2.KindOf(t.Message()) == smb2.KindTransform {
		clear(t.Message())
		return nil, &SealError{"open", t.SessionID(), ErrNested}
	}
	return t.Message(), nil
}

// SealedFor is the session that a sealed message names: whose opener to use.
// A receiver disconnects on an error, and where it has no such session.
func SealedFor(message []byte) (session uint64, err error) {
	t, err := smb2.ParseTransform(message)
	if err != nil {
		return 0, err
	}
	return t.SessionID(), nil
}
