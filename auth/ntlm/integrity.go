package ntlm

import (
	"crypto/hmac"
	"crypto/md5"

	"github.com/smbgw/smbgw/auth"
)

// The magic constants of 3.4.5.2 and 3.4.5.3, each with its zero.
const (
	magicClientSign = "session key to client-to-server signing key magic constant\x00"
	magicServerSign = "session key to server-to-client signing key magic constant\x00"
	magicClientSeal = "session key to client-to-server sealing key magic constant\x00"
	magicServerSeal = "session key to server-to-client sealing key magic constant\x00"
)

// A direction signs what goes one way.
type direction struct {
	sign, seal auth.Secret
	exchanged  bool
}

func newDirection(key []byte, flags Flags, sign, seal string) direction {
	return direction{
		sign:      derived(key, sign),
		seal:      derived(sealingPart(key, flags), seal),
		exchanged: flags&FlagKeyExchange != 0,
	}
}

func derived(key []byte, magic string) auth.Secret {
	h := md5.New()
	h.Write(key)
	h.Write([]byte(magic))
	return auth.NewSecret(h.Sum(nil))
}

// sealingPart is how much of the key sealing may use, 3.4.5.3.
func sealingPart(key []byte, flags Flags) []byte {
	switch {
	case flags&Flag128 != 0:
		return key
	case flags&Flag56 != 0:
		return key[:7]
	default:
		return key[:5]
	}
}

// mic is NTLMSSP_MESSAGE_SIGNATURE of 2.2.2.9.1 for a first message, by 3.4.4.2.
//
//	Version[4]=1 Checksum[8] SeqNum[4]=0
func (d direction) mic(message []byte) []byte {
	sum := mac(d.sign.Bytes(), make([]byte, 4), message)[:8]
	if d.exchanged {
		sum = scramble(d.seal.Bytes(), sum)
	}
	return append(append([]byte{1, 0, 0, 0}, sum...), 0, 0, 0, 0)
}

// session is NTLM's session security for one message each way.
type session struct{ own, peer direction }

var _ auth.Integrity = (*session)(nil)

func newSession(key []byte, flags Flags, server bool) *session {
	s := &session{
		own:  newDirection(key, flags, magicClientSign, magicClientSeal),
		peer: newDirection(key, flags, magicServerSign, magicServerSeal),
	}
	if server {
		s.own, s.peer = s.peer, s.own
	}
	return s
}

func (s *session) MIC(message []byte) []byte { return s.own.mic(message) }

func (s *session) Verify(message, mic []byte) error {
	if !hmac.Equal(mic, s.peer.mic(message)) {
		return fail(auth.LogonFailure, "the signature of what was said around it is wrong")
	}
	return nil
}

func fail(kind auth.Kind, problem string) *auth.Error {
	return &auth.Error{Kind: kind, Mechanism: "NTLM", Problem: problem}
}

func malformed(err error) *auth.Error {
	return &auth.Error{Kind: auth.Malformed, Mechanism: "NTLM", Err: err}
}
