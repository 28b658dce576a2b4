package crypt

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"

	"github.com/smbgw/smbgw/smb2"
)

// hmacMAC is HMAC-SHA256 cut to 16 bytes, [MS-SMB2] 3.1.4.1.
type hmacMAC struct {
	h   hash.Hash
	out [sha256.Size]byte
}

func newHMAC(key []byte) mac { return &hmacMAC{h: hmac.New(sha256.New, key)} }

func (m *hmacMAC) sum(element []byte, _ *[gcmNonce]byte) []byte {
	m.h.Reset()
	m.h.Write(element[:signatureAt])
	m.h.Write(zeros[:])
	m.h.Write(element[signatureEnd:])
	return m.h.Sum(m.out[:0])[:smb2.SignatureSize]
}
