package crypt

import (
	"crypto/cipher"
	"crypto/subtle"

	"github.com/smbgw/smbgw/smb2"
)

// A gcm seals with AES-GCM, [SP800-38D]. crypto/cipher puts the tag behind the
// ciphertext, and the transform header has it in front. Mostly there is room
// behind a message, and one pass does. If not, the counter mode is run alone,
// and the tag is made by GMAC, over the additional data and the ciphertext,
// which lie together; only the block of lengths differs then.
type gcm struct {
	aead cipher.AEAD
	ctr  counter
	h    *gf128 // GHASH's key; a pointer, as fmt stops there
	out  [tagSize]byte
}

func newGCM(key []byte) aead {
	b := newAES(key)
	c, h := newCounter(b), hashKey(b)
	return &gcm{aead: c.gcm, ctr: c, h: &h}
}

func (g *gcm) seal(t smb2.Transform) {
	data := t.Message()
	nonce := t.Nonce()[:gcmNonce]
	if cap(data)-len(data) >= tagSize {
		sealed := g.aead.Seal(data[:0], nonce, data, t.Associated())
		copy(t.Signature(), sealed[len(data):])
		return
	}
	copy(g.ctr.nonce[:], nonce)
	g.ctr.xor(data)
	copy(t.Signature(), g.detached(t))
}

func (g *gcm) open(t smb2.Transform) bool {
	data := t.Message()
	nonce := t.Nonce()[:gcmNonce]
	if n := len(data); cap(data)-n >= tagSize {
		copy(data[n:n+tagSize], t.Signature())
		_, err := g.aead.Open(data[:0], nonce, data[:n+tagSize], t.Associated())
		return err == nil
	}
	if subtle.ConstantTimeCompare(g.detached(t), t.Signature()) != 1 {
		return false
	}
	copy(g.ctr.nonce[:], nonce)
	g.ctr.xor(data)
	return true
}

// detached is the tag of what is encrypted already.
func (g *gcm) detached(t smb2.Transform) []byte {
	n := len(t.Associated())
	both := t[smb2.TransformSize-n:]
	g.aead.Seal(g.out[:0], t.Nonce()[:gcmNonce], nil, both)
	all, first := uint64(len(both))*8, uint64(n)*8
	gf128{all ^ first, all - first}.mul(*g.h).xorInto(g.out[:])
	return g.out[:]
}
