package crypt

import (
	"crypto/subtle"
	"encoding/binary"

	"github.com/smbgw/smbgw/smb2"
)

// A ccm seals with AES-CCM, [SP800-38C] and [RFC 3610], with a nonce of 11
// bytes, hence a length of 4, and a tag of 16.
type ccm struct {
	ctr  counter
	cbc  cbcMAC
	head [4 * 16]byte // B0, and the additional data with its length, padded
	tail [16]byte
}

const (
	ccmCounterFlags = 3                   // length of the length, less 1
	ccmFirstFlags   = 1<<6 | 7<<3 | 4 - 1 // with additional data, tag of 2+2*7, length of 4
)

func newCCM(key []byte) aead {
	b := newAES(key)
	return &ccm{ctr: newCounter(b), cbc: newCBCMAC(b)}
}

func (c *ccm) seal(t smb2.Transform) {
	c.begin(t.Nonce()[:ccmNonce])
	copy(t.Signature(), c.mac(t.Associated(), t.Message()))
	c.crypt(t.Message())
	c.ctr.one(t.Signature(), 0)
}

func (c *ccm) open(t smb2.Transform) bool {
	c.begin(t.Nonce()[:ccmNonce])
	c.crypt(t.Message())
	mac := c.mac(t.Associated(), t.Message())
	c.ctr.one(mac, 0)
	return subtle.ConstantTimeCompare(mac, t.Signature()) == 1
}

// begin sets the counter's first twelve bytes: what GCM has as a nonce is
// CCM's flags and nonce.
func (c *ccm) begin(nonce []byte) {
	c.ctr.nonce[0] = ccmCounterFlags
	copy(c.ctr.nonce[1:], nonce)
}

// crypt encrypts or decrypts, from block 1 on.
func (c *ccm) crypt(data []byte) {
	n := c.ctr.one(data, 1)
	c.ctr.xor(data[n:])
}

// mac is the tag before it is encrypted. It lives until the next message. The
// additional data are those of a transform header, 32 bytes.
func (c *ccm) mac(additional, plain []byte) []byte {
	clear(c.head[:])
	copy(c.head[:], c.ctr.nonce[:])
	c.head[0] = ccmFirstFlags
	binary.BigEndian.PutUint32(c.head[12:], uint32(len(plain)))
	binary.BigEndian.PutUint16(c.head[16:], uint16(len(additional)))
	copy(c.head[18:], additional)
	c.cbc.reset()
	c.cbc.write(c.head[:])
	whole := len(plain) &^ 15
	c.cbc.write(plain[:whole])
	if whole < len(plain) {
		clear(c.tail[:])
		copy(c.tail[:], plain[whole:])
		c.cbc.write(c.tail[:])
	}
	copy(c.tail[:], c.cbc.last[:])
	return c.tail[:]
}
