package smb2

import "fmt"

// An EncryptionContext is the data of ContextEncryption, [MS-SMB2] 2.2.3.1.2:
// the ciphers that a client prefers, best first, or the one that a server took.
//
//	CipherCount[2] Ciphers[2*CipherCount]
type EncryptionContext struct {
	Ciphers []Cipher
}

// A Cipher encrypts and authenticates messages.
type Cipher uint16

const (
	CipherNone      Cipher = 0 // an answer: none in common
	CipherAES128CCM Cipher = 1
	CipherAES128GCM Cipher = 2
	CipherAES256CCM Cipher = 3
	CipherAES256GCM Cipher = 4
)

func (c Cipher) String() string {
	switch c {
	case CipherNone:
		return "none"
	case CipherAES128CCM:
		return "AES-128-CCM"
	case CipherAES128GCM:
		return "AES-128-GCM"
	case CipherAES256CCM:
		return "AES-256-CCM"
	case CipherAES256GCM:
		return "AES-256-GCM"
	}
	return fmt.Sprintf("cipher %#x", uint16(c))
}

// ParseEncryptionContext reads a context's data.
func ParseEncryptionContext(data []byte) (x EncryptionContext, err error) {
	c := cursor{data, true}
	x.Ciphers, err = ids[Cipher](&c, c.u16(), "ENCRYPTION_CAPABILITIES", "2.2.3.1.2")
	return x, err
}

// AppendBody appends a context's data.
func (x *EncryptionContext) AppendBody(b []byte) []byte {
	return appendIDs(le16(b, uint16(len(x.Ciphers))), x.Ciphers)
}
