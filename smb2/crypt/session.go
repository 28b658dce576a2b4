package crypt

import "fmt"

// A Role is the side that an endpoint is on.
type Role uint8

const (
	Client Role = iota
	Server
)

// A Session has the keys of one session at one endpoint, [MS-SMB2] 3.1.4.2,
// 3.3.5.5.3 and 3.2.5.3.1, and makes what its connections need. It is not
// changed after NewSession but by Clear, so several goroutines may use it.
type Session struct {
	hidden
	suite  Suite
	scheme scheme
	role   Role

	signing, application, seal, open Secret
	nonces                           *nonces // of seal, for all connections
}

// NewSession derives the keys of a session from what authentication has
// established. gss is all of its key; signing uses the first 16 bytes. hash is
// the sum of the session's PreauthHash, and nil below 3.1.1.
func NewSession(suite Suite, role Role, gss, hash []byte) (*Session, error) {
	d, err := suite.check()
	if err != nil {
		return nil, err
	}
	if err := d.usable(gss, hash); err != nil {
		return nil, err
	}
	key := sessionKey(gss)
	defer key.Clear()
	s := &Session{suite: suite, scheme: d, role: role}
	s.signing = d.derive(d.signing, key.Bytes(), hash, 16)
	if d.derives {
		s.application = d.derive(d.application, key.Bytes(), hash, 16)
	} else {
		s.application = NewSecret(key.Bytes())
	}
	if suite.Cipher != NoCipher {
		s.deriveSealing(key.Bytes(), gss, hash)
	}
	return s, nil
}

// deriveSealing makes the keys of both directions, from all of the session key
// where the cipher's key is longer than its first 16 bytes.
func (s *Session) deriveSealing(key, full, hash []byte) {
	n := ciphers[s.suite.Cipher].key
	if n > len(key) {
		key = full
	}
	c2s := s.scheme.derive(s.scheme.c2s, key, hash, n)
	s2c := s.scheme.derive(s.scheme.s2c, key, hash, n)
	s.seal, s.open = c2s, s2c
	if s.role == Server {
		s.seal, s.open = s2c, c2s
	}
	s.nonces = newNonces()
}

func (d scheme) usable(gss, hash []byte) error {
	switch {
	case len(gss) == 0:
		return ErrKey
	case d.preauth && len(hash) != PreauthSize:
		return fmt.Errorf("%w: a hash of %d bytes, not %d", ErrKey, len(hash), PreauthSize)
	}
	return nil
}

// derive makes one key. Without derivation it is a copy of the session key.
func (d scheme) derive(p purpose, key, hash []byte, n int) Secret {
	if !d.derives {
		return NewSecret(key)
	}
	context := []byte(p.context)
	if d.preauth {
		context = hash
	}
	return kdf(key, p.label, context, n)
}

// sessionKey is Session.SessionKey: the first 16 bytes, zeros behind a shorter
// key, [MS-SMB2] 3.3.5.5.3.
func sessionKey(gss []byte) Secret {
	key := make([]byte, 16)
	copy(key, gss)
	return newSecret(key)
}

// Signer signs with the session's own key: on the connection that the session
// began on, and for the SESSION_SETUP exchange that binds it to another, whose
// suite it then is.
func (s *Session) Signer(suite Suite) (*Signer, error) {
	return s.signer(suite, s.signing)
}

// Bind makes the signer of another connection of the session, from the key of
// the authentication that binds it and the hash of that connection: for the
// final SESSION_SETUP response and all that follows there. There are no other
// connections below 3.0.
func (s *Session) Bind(suite Suite, gss, hash []byte) (*Signer, error) {
	if !s.scheme.derives {
		return nil, fmt.Errorf("%w: %v binds no session", ErrSuite, s.suite.Dialect)
	}
	if err := s.scheme.usable(gss, hash); err != nil {
		return nil, err
	}
	key := sessionKey(gss)
	defer key.Clear()
	channel := s.scheme.derive(s.scheme.signing, key.Bytes(), hash, 16)
	defer channel.Clear()
	return s.signer(suite, channel)
}

func (s *Session) signer(suite Suite, key Secret) (*Signer, error) {
	if _, err := suite.check(); err != nil {
		return nil, err
	}
	switch {
	case suite.Dialect != s.suite.Dialect:
		return nil, fmt.Errorf("%w: a session of %v on a connection of %v", ErrSuite, s.suite.Dialect, suite.Dialect)
	case key.Len() == 0:
		return nil, ErrCleared
	}
	return newSigner(suite.Signing, s.role, key.Bytes()), nil
}

// Sealer makes a sealer for one connection. Those of one session share the
// nonces, as they share the key.
func (s *Session) Sealer() (*Sealer, error) {
	if err := s.sealing(s.seal); err != nil {
		return nil, err
	}
	row := ciphers[s.suite.Cipher]
	return &Sealer{aead: row.new(s.seal.Bytes()), size: row.nonce, nonces: s.nonces}, nil
}

// Reopener makes an opener of what the session's own Sealers have sealed: for a
// message that has to be sent again, and was sealed in its place.
func (s *Session) Reopener() (*Opener, error) {
	if err := s.sealing(s.seal); err != nil {
		return nil, err
	}
	return &Opener{aead: ciphers[s.suite.Cipher].new(s.seal.Bytes())}, nil
}

// Opener makes an opener for one connection.
func (s *Session) Opener() (*Opener, error) {
	if err := s.sealing(s.open); err != nil {
		return nil, err
	}
	return &Opener{aead: ciphers[s.suite.Cipher].new(s.open.Bytes())}, nil
}

func (s *Session) sealing(key Secret) error {
	switch {
	case s.suite.Cipher == NoCipher:
		return ErrNoCipher
	case key.Len() == 0:
		return ErrCleared
	}
	return nil
}

// ApplicationKey is for what runs above the session, [MS-SMB2] 3.3.4.6. Below
// 3.0 it is the session key.
func (s *Session) ApplicationKey() Secret { return s.application }

// Clear wipes the keys. Signers, sealers and openers have copies of their own.
func (s *Session) Clear() {
	for _, k := range []Secret{s.signing, s.application, s.seal, s.open} {
		k.Clear()
	}
}
