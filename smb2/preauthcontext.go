package smb2

import "fmt"

// A PreauthContext is the data of ContextPreauth, [MS-SMB2] 2.2.3.1.1.
//
//	HashAlgorithmCount[2] SaltLength[2] HashAlgorithms[2*Count]
//	Salt[SaltLength]
type PreauthContext struct {
	Hashes []HashAlgorithm
	Salt   []byte // aliases the message
}

// A HashAlgorithm hashes what is said before a session has keys.
type HashAlgorithm uint16

// HashSHA512 is the only one.
const HashSHA512 HashAlgorithm = 1

func (h HashAlgorithm) String() string {
	if h == HashSHA512 {
		return "SHA-512"
	}
	return fmt.Sprintf("hash %#x", uint16(h))
}

const preauthContext, preauthContextSection = "PREAUTH_INTEGRITY_CAPABILITIES", "2.2.3.1.1"

// ParsePreauthContext reads a context's data.
func ParsePreauthContext(data []byte) (x PreauthContext, err error) {
	c := cursor{data, true}
	count, salt := c.u16(), c.u16()
	if x.Hashes, err = ids[HashAlgorithm](&c, count, preauthContext, preauthContextSection); err != nil {
		return PreauthContext{}, err
	}
	s, ok := span(c.b, 0, uint32(salt))
	if !ok {
		return PreauthContext{}, &ParseError{preauthContext, preauthContextSection, fmt.Sprintf("SaltLength %d with %d bytes left", salt, len(c.b))}
	}
	x.Salt = s
	return x, nil
}

// AppendBody appends a context's data.
func (x *PreauthContext) AppendBody(b []byte) []byte {
	b = le16(le16(b, uint16(len(x.Hashes))), uint16(len(x.Salt)))
	return append(appendIDs(b, x.Hashes), x.Salt...)
}
