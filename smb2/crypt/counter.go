package crypt

import (
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
)

// A counter is AES in counter mode, in place. crypto/cipher's own allocates
// for every message; its GCM does not, and numbers its blocks as both modes do
// here, from 2 on. What it computes beside that is a tag, which is overwritten.
type counter struct {
	block cipher.Block
	gcm   cipher.AEAD
	nonce [gcmNonce]byte
	in    [16]byte
	out   [16]byte
	saved [16]byte
}

func newCounter(b cipher.Block) counter { return counter{block: b, gcm: newAEAD(b)} }

// xor encrypts or decrypts data, whose first block has number 2.
func (c *counter) xor(data []byte) {
	number := uint32(2)
	if whole := (len(data) - 16) &^ 15; whole > 0 {
		copy(c.saved[:], data[whole:])
		c.gcm.Seal(data[:0], c.nonce[:], data[:whole], nil)
		copy(data[whole:], c.saved[:]) // where the tag was put
		data = data[whole:]
		number += uint32(whole / 16)
	}
	for ; len(data) > 0; number++ {
		n := c.one(data, number)
		data = data[n:]
	}
}

// one does the block with that number, or what there is of it.
func (c *counter) one(data []byte, number uint32) int {
	copy(c.in[:], c.nonce[:])
	binary.BigEndian.PutUint32(c.in[gcmNonce:], number)
	c.block.Encrypt(c.out[:], c.in[:])
	return subtle.XORBytes(data, data, c.out[:])
}
