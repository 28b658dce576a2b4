package crypt

import "github.com/smbgw/smbgw/smb2"

// An aead seals and opens in place. After a failed open the data is void.
type aead interface {
	seal(t transform)
	open(t transform) bool
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
	t := transform(message)
	t.fill(session)
	if err := s.nonces.take(t.nonce(), s.size, len(t.data())); err != nil {
		return &SealError{"seal", session, err}
	}
	s.aead.seal(t)
	return nil
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
	t, err := parseTransform(message)
	if err != nil {
		return nil, err
	}
	if !o.aead.open(t) {
		clear(t.data())
		return nil, &SealError{"open", t.session(), ErrTag}
	}
	if smb2.KindOf(t.data()) == smb2.KindTransform {
		clear(t.data())
		return nil, &SealError{"open", t.session(), ErrNested}
	}
	return t.data(), nil
}
