package crypt

import (
	"fmt"
	"slices"

	"github.com/smbgw/smbgw/smb2"
)

// Signing is a signing algorithm, as NEGOTIATE numbers it.
type Signing = smb2.SigningAlgorithm

const (
	HMACSHA256 = smb2.SigningHMACSHA256 // the only one of the 2.x dialects
	AESCMAC    = smb2.SigningAESCMAC    // of 3.0 and 3.0.2, and of 3.1.1 without the context
	AESGMAC    = smb2.SigningAESGMAC
)

// Cipher is an encryption algorithm, as NEGOTIATE numbers it.
type Cipher = smb2.Cipher

const (
	NoCipher  = smb2.CipherNone
	AES128CCM = smb2.CipherAES128CCM // the only one of 3.0 and 3.0.2
	AES128GCM = smb2.CipherAES128GCM
	AES256CCM = smb2.CipherAES256CCM
	AES256GCM = smb2.CipherAES256GCM
)

// A Suite is what NEGOTIATE has settled for one connection.
type Suite struct {
	Dialect smb2.Dialect
	Signing Signing
	Cipher  Cipher
}

// The table: what exists. A new algorithm is a row.
var (
	signings = map[Signing]func(key []byte) mac{ // keys have 16 bytes
		HMACSHA256: newHMAC,
		AESCMAC:    newCMAC,
		AESGMAC:    newGMAC,
	}
	ciphers = map[Cipher]sealing{
		AES128CCM: {16, ccmNonce, newCCM},
		AES128GCM: {16, gcmNonce, newGCM},
		AES256CCM: {32, ccmNonce, newCCM},
		AES256GCM: {32, gcmNonce, newGCM},
	}
	dialects = map[smb2.Dialect]scheme{
		smb2.Dialect202: {signings: []Signing{HMACSHA256}},
		smb2.Dialect21:  {signings: []Signing{HMACSHA256}},
		smb2.Dialect30:  scheme30,
		smb2.Dialect302: scheme30,
		smb2.Dialect311: {
			signings:    []Signing{HMACSHA256, AESCMAC, AESGMAC},
			ciphers:     []Cipher{AES128CCM, AES128GCM, AES256CCM, AES256GCM},
			derives:     true,
			preauth:     true,
			signing:     purpose{"SMBSigningKey\x00", ""},
			application: purpose{"SMBAppKey\x00", ""},
			c2s:         purpose{"SMBC2SCipherKey\x00", ""},
			s2c:         purpose{"SMBS2CCipherKey\x00", ""},
		},
	}
	scheme30 = scheme{
		signings:    []Signing{AESCMAC},
		ciphers:     []Cipher{AES128CCM},
		derives:     true,
		signing:     purpose{"SMB2AESCMAC\x00", "SmbSign\x00"},
		application: purpose{"SMB2APP\x00", "SmbRpc\x00"},
		c2s:         purpose{"SMB2AESCCM\x00", "ServerIn \x00"}, // the space is the specification's
		s2c:         purpose{"SMB2AESCCM\x00", "ServerOut\x00"},
	}
)

// sealing is a cipher with its key and nonce lengths.
type sealing struct {
	key   int
	nonce int
	new   func(key []byte) aead
}

// A scheme is what a dialect makes of a session key, [MS-SMB2] 3.1.4.2.
type scheme struct {
	signings []Signing
	ciphers  []Cipher
	derives  bool // 2.x signs with the session key itself
	preauth  bool // the contexts are the pre-authentication hash

	signing, application, c2s, s2c purpose
}

// A purpose is a label and, where it is not the hash, a context.
type purpose struct{ label, context string }

// check refuses what the dialect does not have.
func (s Suite) check() (scheme, error) {
	d, ok := dialects[s.Dialect]
	if !ok {
		return d, fmt.Errorf("%w: %v", ErrSuite, s.Dialect)
	}
	if !slices.Contains(d.signings, s.Signing) {
		return d, fmt.Errorf("%w: %v does not sign with %v", ErrSuite, s.Dialect, s.Signing)
	}
	if s.Cipher != NoCipher && !slices.Contains(d.ciphers, s.Cipher) {
		return d, fmt.Errorf("%w: %v does not seal with %v", ErrSuite, s.Dialect, s.Cipher)
	}
	return d, nil
}
