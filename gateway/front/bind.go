package front

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// refuseBinding answers a request to bind a session of another connection to
// this one, [MS-SMB2] 3.3.5.5: without MULTI_CHANNEL there is none.
func (c *conn) refuseBinding(r *request) {
	status := smb2.StatusRequestNotAccepted
	if signing, ok := c.vouch(r); ok {
		status = unbound(signing, c.terms.suite.Signing)
	}
	c.refuse(r, status)
}

// vouch has the refusal of a SESSION_SETUP signed with the key of a session of
// another connection, if the request is: for else a client, which knows the
// session, takes the refusal for forged. It returns how that session signs.
func (c *conn) vouch(r *request) (signing crypt.Signing, ok bool) {
	s := c.Sessions.find(r.header().SessionID())
	if s == nil || r.sealed || !r.header().Has(smb2.FlagSigned) {
		return 0, false
	}
	signing, signer := s.another()
	if signer == nil || signer.Verify(r.Element) != nil {
		return 0, false
	}
	r.session, r.signed = &session{id: s.id, c: c, signer: signer}, true
	return signing, true
}

// another is a signer of the session besides those that its connection owns,
// nil for sessions that are not valid or have no keys.
func (s *session) another() (crypt.Signing, *crypt.Signer) {
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if s.state != valid || s.keys == nil {
		return 0, nil
	}
	suite := s.c.terms.suite
	signer, err := s.keys.Signer(suite)
	if err != nil {
		return 0, nil
	}
	return suite.Signing, signer
}

// unbound is what a binding is refused with, by how its session and the new
// connection sign. Servers tell AES-GMAC from the others, whether or not they
// have MULTI_CHANNEL.
func unbound(session, here crypt.Signing) smb2.Status {
	switch {
	case here == crypt.AESGMAC && session != crypt.AESGMAC:
		return smb2.StatusNotSupported
	case here != crypt.AESGMAC && session == crypt.AESGMAC:
		return smb2.StatusRequestOutOfSequence
	}
	return smb2.StatusRequestNotAccepted
}
