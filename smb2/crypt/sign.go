package crypt

import (
	"crypto/subtle"
	"encoding/binary"

	"github.com/smbgw/smbgw/smb2"
)

// Where the signature is in an element: it ends the header.
const (
	signatureAt  = smb2.HeaderSize - smb2.SignatureSize
	signatureEnd = smb2.HeaderSize
)

var zeros [16]byte

// A mac computes a message's signature: over its bytes, zeros in place of the
// signature that is there. It does not change the message. The result lives
// until the next call.
type mac interface {
	sum(element []byte, nonce *[gcmNonce]byte) []byte
}

// A Signer signs what its endpoint sends and verifies what it receives on one
// connection of a session, [MS-SMB2] 3.1.4.1 and 3.1.5.1. It has buffers of its
// own: one goroutine at a time, and one Signer for each direction if they are
// served by two.
type Signer struct {
	hidden
	mac   mac
	gmac  bool
	role  Role
	nonce [gcmNonce]byte
}

func newSigner(s Signing, r Role, key []byte) *Signer {
	return &Signer{mac: signings[s](key), gmac: s == AESGMAC, role: r}
}

// Sign signs one element in place: the bytes from its header to the next one,
// or to the end of the message, padding included. It sets FlagSigned. Nothing
// of the element may change afterwards.
//
// What is never signed is refused with ErrUnsignable and left as it is: see
// Signable.
func (s *Signer) Sign(element []byte) error {
	h, err := smb2.ParseHeader(element)
	if err != nil {
		return err
	}
	if s.sender(h) != s.role {
		return signatureError("sign", h, ErrReflected)
	}
	if !Signable(h) || s.gmac && h.MessageID() == 0 {
		return signatureError("sign", h, ErrUnsignable)
	}
	h.SetFlags(h.Flags() | smb2.FlagSigned)
	h.ClearSignature()
	s.setNonce(h)
	copy(h.Signature(), s.mac.sum(element, &s.nonce))
	return nil
}

// Signable says whether a message with this header may be signed. Interim
// responses share their MessageId with the final one, and oplock breaks have
// none of their own: they are sent unsigned, [MS-SMB2] 3.3.4.1.1, and with GMAC
// a second message under the same nonce would give the key away. CANCEL has no
// response. Sign refuses MessageId 0 with GMAC too: a CANCEL has its target's
// there.
func Signable(h smb2.Header) bool {
	reply := h.Has(smb2.FlagReply)
	switch {
	case h.MessageID() == smb2.Unsolicited:
		return false
	case reply && h.Command() == smb2.CommandCancel:
		return false
	}
	return !reply || h.Status() != smb2.StatusPending
}

// Verify checks one element that the peer has sent: the same bytes that Sign
// takes. It only reads them. The error is a *smb2.ParseError or a
// *SignatureError; which of them a receiver forgives, [MS-SMB2] 3.2.5.1.3, is
// not decided here.
func (s *Signer) Verify(element []byte) error {
	h, err := smb2.ParseHeader(element)
	if err != nil {
		return err
	}
	if !h.Has(smb2.FlagSigned) {
		return signatureError("verify", h, ErrUnsigned)
	}
	if s.sender(h) == s.role {
		return signatureError("verify", h, ErrReflected)
	}
	s.setNonce(h)
	sum := s.mac.sum(element, &s.nonce)
	if subtle.ConstantTimeCompare(sum, h.Signature()) != 1 {
		return signatureError("verify", h, ErrSignature)
	}
	return nil
}

// sender is who has sent a message, by its own word.
func (s *Signer) sender(h smb2.Header) Role {
	if h.Has(smb2.FlagReply) {
		return Server
	}
	return Client
}

// setNonce makes the nonce of GMAC, [MS-SMB2] 3.1.4.1. It is for the message
// alone, so each may be signed once.
//
//	MessageId[8] Bits[4] (1: the server is the sender; 2: CANCEL)
func (s *Signer) setNonce(h smb2.Header) {
	bits := uint32(s.sender(h))
	if h.Command() == smb2.CommandCancel {
		bits |= 2
	}
	binary.LittleEndian.PutUint64(s.nonce[:], uint64(h.MessageID()))
	binary.LittleEndian.PutUint32(s.nonce[8:], bits)
}

func signatureError(op string, h smb2.Header, err error) error {
	return &SignatureError{op, h.Command(), h.MessageID(), err}
}
