package ntlm

import "fmt"

// A ClientChallenge is NTLMv2_CLIENT_CHALLENGE, [MS-NLMP] 2.2.2.7: what the
// client's proof is about besides the server's challenge.
//
//	RespType[1]=1 HiRespType[1]=1 Reserved1[2] Reserved2[4] TimeStamp[8]
//	ChallengeFromClient[8] Reserved3[4] AvPairs[variable]
type ClientChallenge struct {
	Time      Time
	Challenge [8]byte
	Pairs     Pairs
	Padding   []byte // behind the pairs: four zeros, or nothing, or anything
}

const (
	clientChallengeName, clientChallengeSection = "NTLMv2_CLIENT_CHALLENGE", "2.2.2.7"

	clientChallengeFixed = 28

	// proofSize is the Response of NTLMv2_RESPONSE, 2.2.2.8, which stands before.
	proofSize = 16

	// longestV1 is an NTLMv1 response, 2.2.2.6; with extended session security
	// it is as long.
	longestV1 = 24
)

// ParseClientChallenge reads the structure.
func ParseClientChallenge(b []byte) (m ClientChallenge, err error) {
	c := cursor{b, true}
	if types := c.u16(); c.ok && types != 0x0101 {
		return m, &ParseError{clientChallengeName, clientChallengeSection, fmt.Sprintf("RespType and HiRespType %#04x, not 0x0101", types)}
	}
	c.take(6) // reserved, ignored
	m.Time = Time(c.u64())
	copy(m.Challenge[:], c.take(len(m.Challenge)))
	c.take(4) // reserved, ignored
	if !c.ok {
		return m, &ParseError{clientChallengeName, clientChallengeSection, "it ends inside the fixed part"}
	}
	m.Pairs, m.Padding, err = ParsePairs(c.b)
	return m, err
}

// AppendTo appends the structure.
func (m *ClientChallenge) AppendTo(b []byte) []byte {
	b = le64(append(b, 1, 1, 0, 0, 0, 0, 0, 0), uint64(m.Time))
	b = append(append(b, m.Challenge[:]...), 0, 0, 0, 0)
	return append(m.Pairs.AppendTo(b), m.Padding...)
}
