package ntlm

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/rc4"

	"golang.org/x/crypto/md4" //lint:ignore SA1019 the NT hash is MD4

	"github.com/smbgw/smbgw/auth"
)

// keySize is the size of all keys and hashes of NTLMv2.
const keySize = 16

// Hash is the NT hash of a password, NTOWFv1 of [MS-NLMP] 3.3.1. It opens
// whatever the password does.
func Hash(password string) auth.Secret {
	h := md4.New()
	h.Write(encode(password))
	return auth.NewSecret(h.Sum(nil))
}

func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(md5.New, key)
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// ownerKey is NTOWFv2, 3.3.2. The domain counts letter by letter.
func ownerKey(hash auth.Secret, user string, domain []byte) []byte {
	return mac(hash.Bytes(), encode(auth.Upper(user)), domain)
}

// prove is NTProofStr, 3.3.2, over a server's challenge and what the client
// adds, a ClientChallenge.
func prove(owner []byte, server [8]byte, client []byte) []byte {
	return mac(owner, server[:], client)
}

// baseKey is SessionBaseKey, which in NTLMv2 is the KeyExchangeKey too, 3.4.5.1.
func baseKey(owner, proof []byte) []byte { return mac(owner, proof) }

// scramble is RC4 from its beginning. It turns a session key into
// EncryptedRandomSessionKey and back, 3.1.5.1.2.
func scramble(key, b []byte) []byte {
	c, err := rc4.NewCipher(key)
	if err != nil {
		panic(err) // keys here have 5 to 16 bytes
	}
	out := make([]byte, len(b))
	c.XORKeyStream(out, b)
	return out
}

// messageMIC is the MIC of 2.2.1.3 over the three messages as they were sent;
// in authenticate, which has room for it, its own bytes count as zeros.
func messageMIC(key, negotiate, challenge, authenticate []byte) []byte {
	var zeros [micSize]byte
	return mac(key, negotiate, challenge, authenticate[:micOffset], zeros[:], authenticate[authenticatePayload:])
}
