package crypt

import (
	"crypto/aes"
	"crypto/subtle"
	"encoding/binary"

	"github.com/smbgw/smbgw/smb2"
)

// A cmac is AES-CMAC, [RFC 4493].
type cmac struct {
	cbc    cbcMAC
	k1, k2 *[16]byte // subkeys, 2.3; pointers, as fmt stops there
	head   [smb2.HeaderSize]byte
	final  [16]byte
}

func newCMAC(key []byte) mac { return newAESCMAC(key) }

func newAESCMAC(key []byte) *cmac {
	b := newAES(key)
	m := &cmac{cbc: newCBCMAC(b), k1: new([16]byte), k2: new([16]byte)}
	b.Encrypt(m.k1[:], zeros[:])
	double(m.k1, m.k1)
	double(m.k2, m.k1)
	return m
}

// double multiplies by x, in constant time.
func double(dst, src *[16]byte) {
	hi, lo := binary.BigEndian.Uint64(src[:]), binary.BigEndian.Uint64(src[8:])
	carry := hi >> 63
	binary.BigEndian.PutUint64(dst[:], hi<<1|lo>>63)
	binary.BigEndian.PutUint64(dst[8:], lo<<1^-carry&0x87)
}

func (m *cmac) sum(element []byte, _ *[gcmNonce]byte) []byte {
	copy(m.head[:signatureAt], element) // and zeros where the signature is
	m.cbc.reset()
	if len(element) == smb2.HeaderSize {
		m.cbc.write(m.head[:signatureAt])
		return m.finish(m.head[signatureAt:])
	}
	m.cbc.write(m.head[:])
	return m.body(element[smb2.HeaderSize:])
}

// body adds the rest of a message: one byte at least, if others came before.
func (m *cmac) body(p []byte) []byte {
	if whole := (len(p) - 1) &^ 15; whole > 0 {
		m.cbc.write(p[:whole])
		p = p[whole:]
	}
	return m.finish(p)
}

// finish adds the last block, at most 16 bytes.
func (m *cmac) finish(p []byte) []byte {
	clear(m.final[:])
	copy(m.final[:], p)
	key := m.k1
	if len(p) < aes.BlockSize {
		m.final[len(p)] = 0x80
		key = m.k2
	}
	subtle.XORBytes(m.final[:], m.final[:], key[:])
	m.cbc.write(m.final[:])
	return m.cbc.last[:]
}
