package smb2

import "fmt"

// A SigningContext is the data of ContextSigning, [MS-SMB2] 2.2.3.1.7: the
// algorithms that a client prefers, best first, or the one that a server took.
//
//	SigningAlgorithmCount[2] SigningAlgorithms[2*Count]
type SigningContext struct {
	Algorithms []SigningAlgorithm
}

// A SigningAlgorithm makes signatures.
type SigningAlgorithm uint16

const (
	SigningHMACSHA256 SigningAlgorithm = 0
	SigningAESCMAC    SigningAlgorithm = 1 // of 3.x without the context
	SigningAESGMAC    SigningAlgorithm = 2
)

func (a SigningAlgorithm) String() string {
	switch a {
	case SigningHMACSHA256:
		return "HMAC-SHA256"
	case SigningAESCMAC:
		return "AES-CMAC"
	case SigningAESGMAC:
		return "AES-GMAC"
	}
	return fmt.Sprintf("signing algorithm %#x", uint16(a))
}

// ParseSigningContext reads a context's data.
func ParseSigningContext(data []byte) (x SigningContext, err error) {
	c := cursor{data, true}
	x.Algorithms, err = ids[SigningAlgorithm](&c, c.u16(), "SIGNING_CAPABILITIES", "2.2.3.1.7")
	return x, err
}

// AppendBody appends a context's data.
func (x *SigningContext) AppendBody(b []byte) []byte {
	return appendIDs(le16(b, uint16(len(x.Algorithms))), x.Algorithms)
}
