package crypt

import (
	"bytes"
	"crypto/cipher"

	"github.com/smbgw/smbgw/smb2"
)

// A gmac is AES-GMAC, [SP800-38D] and [MS-SMB2] 3.1.4.1: GCM without a
// plaintext. crypto/cipher wants its input in one piece, and a message to be
// verified has a signature in it where zeros are to be. GHASH is linear, so the
// signature's share of the tag is taken out of it afterwards: block four of m
// has the weight H^(m-2).
type gmac struct {
	gcm   cipher.AEAD
	hash  *powers
	nonce [gcmNonce]byte
	out   [smb2.SignatureSize]byte
	copy  [copyLimit]byte
}

func newGMAC(key []byte) mac {
	b := newAES(key)
	return &gmac{gcm: newAEAD(b), hash: newPowers(hashKey(b))}
}

// hashKey is H, the encrypted zero block.
func hashKey(b cipher.Block) gf128 {
	var h [16]byte
	b.Encrypt(h[:], h[:])
	return blockOf(h[:])
}

func (m *gmac) sum(element []byte, nonce *[gcmNonce]byte) []byte {
	m.nonce = *nonce
	signature := element[signatureAt:signatureEnd]
	switch {
	case bytes.Equal(signature, zeros[:]):
		m.tag(element)
	case len(element) <= copyLimit:
		n := copy(m.copy[:], element)
		clear(m.copy[signatureAt:signatureEnd])
		m.tag(m.copy[:n])
	default:
		m.tag(element)
		blocks := (uint64(len(element)) + 15) / 16
		m.hash.times(blockOf(signature), blocks-2).xorInto(m.out[:])
	}
	return m.out[:]
}

func (m *gmac) tag(b []byte) { m.gcm.Seal(m.out[:0], m.nonce[:], nil, b) }
