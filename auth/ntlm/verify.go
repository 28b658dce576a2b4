package ntlm

import (
	"crypto/hmac"
	"errors"
	"fmt"

	"github.com/smbgw/smbgw/auth"
)

// finish judges an AUTHENTICATE.
func (a *Acceptor) finish(token []byte) (*auth.Result, error) {
	m, err := ParseAuthenticate(token)
	if err != nil {
		return nil, malformed(err)
	}
	// Clients set flags that were not granted; those mean nothing.
	flags := m.Flags & a.flags
	if n := len(m.Content(m.Key)); flags.exchangesKey() && n != keySize {
		return nil, malformed(&ParseError{authenticateName, authenticateSection, fmt.Sprintf("EncryptedRandomSessionKey has %d bytes, not %d", n, keySize)})
	}
	if m.anonymous() {
		return a.anonymous(&m, flags)
	}
	// Not asked of the anonymous: Samba's leave the session security out.
	if missing := needed &^ flags; missing != 0 {
		return nil, fail(auth.Unsupported, "AUTHENTICATE does without "+missing.String())
	}
	return a.user(token, &m, flags)
}

// anonymous is 3.2.5.1.2's definition: no user, no response, and of LM's none
// or a zero.
func (m *Authenticate) anonymous() bool {
	lm := m.Content(m.LM)
	return m.User.Length == 0 && m.NT.Length == 0 && (len(lm) == 0 || len(lm) == 1 && lm[0] == 0)
}

// anonymous has a key, made from zeros: no secret, but clients sign with it.
func (a *Acceptor) anonymous(m *Authenticate, flags Flags) (*auth.Result, error) {
	if !a.server.Anonymous {
		return nil, fail(auth.LogonFailure, "an anonymous log-in")
	}
	id := a.identity(m)
	id.Anonymous = true
	return &auth.Result{Identity: id, Key: auth.NewSecret(sessionKey(make([]byte, keySize), m, flags))}, nil
}

func (a *Acceptor) identity(m *Authenticate) auth.Identity {
	return auth.Identity{
		Claimed:     decode(m.Content(m.User)),
		Domain:      decode(m.Content(m.Domain)),
		Workstation: decode(m.Content(m.Workstation)),
		Groups:      a.server.Groups,
	}
}

// user checks what shows that the client knows the password, and then whether
// that is enough.
func (a *Acceptor) user(token []byte, m *Authenticate, flags Flags) (*auth.Result, error) {
	nt := m.Content(m.NT)
	if len(nt) <= longestV1 {
		return nil, fail(auth.LogonFailure, fmt.Sprintf("a response of %d bytes is NTLMv1, LM or none: only NTLMv2 is accepted", len(nt)))
	}
	client, err := ParseClientChallenge(nt[proofSize:])
	if err != nil {
		return nil, malformed(err)
	}
	id := a.identity(m)
	account, err := a.server.Users.Lookup(id.Claimed)
	unknown := errors.Is(err, auth.ErrNoUser)
	if err != nil && !unknown {
		return nil, &auth.Error{Kind: auth.Unavailable, Mechanism: "NTLM", Err: err}
	}
	base, proven := a.proven(account, &id, m)
	if !proven {
		return a.refuse(id, unknown)
	}
	id.User = account.Name
	key := sessionKey(base, m, flags)
	sealed, err := a.genuine(token, m, &client, key)
	if err != nil {
		return nil, err
	}
	if account.Disabled {
		return nil, fail(auth.Disabled, fmt.Sprintf("user %q", account.Name))
	}
	return &auth.Result{Identity: id, Key: auth.NewSecret(key), Sealed: sealed, Integrity: newSession(key, flags, true)}, nil
}

// noHash stands for the hash of who has none, so that the computation is the
// same for everybody.
var noHash = auth.NewSecret(make([]byte, keySize))

// proven returns the SessionBaseKey when the proof is right with the domain as
// the client has sent it or, as 3.2.5.1.2 says, with none. Both are always
// computed, and for an account without a hash both are for nothing.
func (a *Acceptor) proven(account auth.Account, id *auth.Identity, m *Authenticate) ([]byte, bool) {
	hash := account.Hash
	if hash.None() {
		hash = noHash
	}
	nt := m.Content(m.NT)
	var base []byte
	for _, domain := range [][]byte{nil, m.Content(m.Domain)} {
		owner := ownerKey(hash, id.Claimed, domain)
		if proof := prove(owner, a.random, nt[proofSize:]); hmac.Equal(proof, nt[:proofSize]) {
			base = baseKey(owner, proof)
		}
	}
	return base, base != nil && !account.Hash.None()
}

// refuse is the end of who has not proven anything, or a guest's beginning.
func (a *Acceptor) refuse(id auth.Identity, unknown bool) (*auth.Result, error) {
	switch {
	case unknown && a.server.Guest:
		id.Guest = true
		return &auth.Result{Identity: id}, nil
	case unknown:
		return nil, fail(auth.LogonFailure, fmt.Sprintf("user %q is not known", id.Claimed))
	}
	return nil, fail(auth.LogonFailure, fmt.Sprintf("user %q: wrong password", id.Claimed))
}

// sessionKey is ExportedSessionKey, 3.2.5.1.2.
func sessionKey(base []byte, m *Authenticate, flags Flags) []byte {
	if !flags.exchangesKey() {
		return base
	}
	return scramble(base, m.Content(m.Key))
}

// genuine checks what an honest client has put under its proof, and that what
// it announced there has arrived. It says whether there was a MIC.
func (a *Acceptor) genuine(token []byte, m *Authenticate, client *ClientChallenge, key []byte) (bool, error) {
	for _, pair := range a.sent {
		if !client.Pairs.has(pair) {
			return false, fail(auth.LogonFailure, fmt.Sprintf("the response is to another challenge: its %v is not the one sent", pair.ID))
		}
	}
	if client.Time.apart(a.server.now()) > Time(maxSkew/100) {
		return false, fail(auth.LogonFailure, fmt.Sprintf("the time in the response is more than %v off", maxSkew))
	}
	bits, count, err := client.Pairs.flags()
	switch {
	case err != nil:
		return false, malformed(err)
	case count > 1:
		return false, fail(auth.LogonFailure, "more than one MsvAvFlags in the response")
	case bits&pairHasMIC == 0:
		return false, nil
	case !m.hasMIC():
		return false, fail(auth.LogonFailure, "no room for the MIC that the response announces")
	}
	if !hmac.Equal(token[micOffset:authenticatePayload], messageMIC(key, a.negotiate, a.challenge, token)) {
		return false, fail(auth.LogonFailure, "the MIC over the messages is wrong")
	}
	return true, nil
}
