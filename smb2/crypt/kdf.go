package crypt

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// kdf is the key derivation of [SP800-108] 5.1, counter mode with HMAC-SHA256
// and a 32-bit counter, as [MS-SMB2] 3.1.4.2 wants it. n is 16 or 32 bytes, so
// that one round is enough. Labels and contexts bring their own final NUL; the
// zero byte between them is the derivation's.
func kdf(key []byte, label string, context []byte, n int) Secret {
	h := hmac.New(sha256.New, key)
	h.Write([]byte{0, 0, 0, 1})
	h.Write([]byte(label))
	h.Write([]byte{0})
	h.Write(context)
	h.Write(binary.BigEndian.AppendUint32(nil, uint32(n)*8))
	return newSecret(h.Sum(nil)[:n:n])
}
