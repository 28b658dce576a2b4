package front

import (
	"errors"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/transports"
)

// setup answers SESSION_SETUP, [MS-SMB2] 3.3.5.5.
func (c *conn) setup(r *request) {
	q, err := smb2.ParseSessionSetupRequest(r.Element)
	var token []byte
	if err == nil {
		token, err = q.Security(r.Element)
	}
	switch {
	case err != nil, r.compound != nil:
		c.refuse(r, smb2.StatusInvalidParameter)
		return
	}
	var ch *channel
	var status smb2.Status
	if q.Flags&smb2.SessionBinding != 0 {
		ch, status = c.bindingOf(r)
	} else {
		ch, status = c.loginOf(r)
	}
	if status != 0 {
		c.refuse(r, status)
		return
	}
	if !ch.up && c.terms.suite.Dialect == smb2.Dialect311 {
		if err := ch.hash.Add(r.Element); err != nil {
			c.fail(r, ch, smb2.StatusInvalidParameter)
			return
		}
	}
	ch.rounds++
	reply, done, err := ch.acceptor.Accept(token)
	switch {
	case err != nil:
		c.log.Info("log-in failed", "cause", err)
		c.fail(r, ch, statusOf(auth.KindOf(err)))
	case done == nil && ch.rounds >= maxRounds:
		c.fail(r, ch, smb2.StatusLogonFailure)
	case done == nil:
		c.goOn(r, ch, reply)
	case ch.up:
		c.finishAgain(r, ch, reply, done)
	case ch.bound:
		c.finishBinding(r, ch, reply, done)
	default:
		c.finishLogin(r, ch, q, reply, done)
	}
}

// loginOf finds the log-in that a request is part of, or begins one. A session
// that is valid is authenticated again, by requests that are its own, [MS-SMB2]
// 3.3.5.5.2.
func (c *conn) loginOf(r *request) (*channel, smb2.Status) {
	id := r.header().SessionID()
	if id == 0 {
		ch := c.newSession()
		if ch == nil {
			return nil, smb2.StatusRequestNotAccepted
		}
		c.begins(ch)
		return ch, 0
	}
	ch := c.channel(id)
	switch {
	case ch == nil || ch.bound && !ch.up: // of another connection
		c.vouch(r, c.Sessions.find(id))
		return nil, smb2.StatusUserSessionDeleted
	case !ch.up:
		return ch, 0
	}
	if status := r.authenticate(ch); status != 0 {
		return nil, status
	}
	if ch.acceptor == nil {
		ch.acceptor, ch.rounds = c.NewAcceptor(c.remote()), 0
	}
	return ch, 0
}

// begins prepares the log-in that makes a channel.
func (c *conn) begins(ch *channel) {
	ch.hash, _ = c.terms.preauth.Session() // 3.1.1's; negotiated, or we were not here
	ch.acceptor = c.NewAcceptor(c.remote())
}

// statusOf is what a client is told of a log-in that failed.
func statusOf(k auth.Kind) smb2.Status {
	switch k {
	case auth.Malformed:
		return smb2.StatusInvalidParameter
	case auth.OutOfSequence:
		return smb2.StatusRequestOutOfSequence
	case auth.Disabled:
		return smb2.StatusAccountDisabled
	case auth.Unavailable:
		return smb2.StatusNoLogonServers
	}
	return smb2.StatusLogonFailure
}

// fail ends a log-in, and with it the session, whether it was the first or not;
// of one that was to bind a session to this connection, nothing else.
func (c *conn) fail(r *request, ch *channel, status smb2.Status) {
	smb2.Header(r.head[:]).SetSessionID(ch.id)
	ch.acceptor = nil
	if ch.bound && !ch.up {
		c.mu.Lock()
		c.forget(ch)
		c.mu.Unlock()
		r.channel, r.signed = ch, true
		c.refuse(r, status)
		return
	}
	ch.retire(c.Sessions)
	c.aside(r, func() {
		ch.drop(c.Sessions)
		c.refuse(r, status)
	})
}

// goOn asks for the next token.
func (c *conn) goOn(r *request, ch *channel, token []byte) {
	m := c.setupResponse(r, ch, 0, token)
	smb2.Header(m.Bytes()).SetStatus(smb2.StatusMoreProcessing)
	if ch.up {
		c.answer(r, m)
		return
	}
	c.answerHashed(r, m, func(b []byte) {
		if ch.bound { // nothing else is signed by it yet, so it is not the sender's
			ch.signer.Sign(b)
		}
		if c.terms.suite.Dialect == smb2.Dialect311 {
			ch.hash.Add(b)
		}
	})
}

// answerHashed is answer for what goes into a preauth hash, as it is on the wire:
// the sender neither signs nor seals it.
func (c *conn) answerHashed(r *request, m *transports.Message, add func([]byte)) {
	c.mu.Lock()
	c.head(r, m, smb2.Header(m.Bytes()).Status())
	add(m.Bytes())
	wake := c.finish(r, m, outgoing{})
	c.mu.Unlock()
	if wake {
		c.stir()
	}
}

func (c *conn) setupResponse(r *request, ch *channel, f smb2.SessionFlags, token []byte) *transports.Message {
	smb2.Header(r.head[:]).SetSessionID(ch.id)
	m := c.Arena.New(smb2.HeaderSize + 8 + len(token))
	(&smb2.SessionSetupResponse{Flags: f}).Append(blank(m), token)
	return m
}

// finishLogin makes the session valid, [MS-SMB2] 3.3.5.5.3.
func (c *conn) finishLogin(r *request, s *channel, q smb2.SessionSetupRequest, token []byte, done *auth.Result) {
	s.acceptor, s.user = nil, done.Identity
	s.setUntil(done.Until)
	demanded := c.Encryption == EncryptionRequired
	var flags smb2.SessionFlags
	var err error
	switch {
	case done.Identity.Anonymous && done.Key.None():
		flags = smb2.SessionNull
	case done.Identity.Anonymous:
		flags = smb2.SessionNull
		err = c.deriveKeys(s, done.Key)
		s.sealer, s.opener = nil, nil // 3.3.5.2.1.1: they sign if they like, with what is no secret
	case done.Identity.Guest:
		flags = smb2.SessionGuest
	default:
		err = c.deriveKeys(s, done.Key)
		s.signing = c.RequireSigning || c.terms.client.SecurityMode.Has(smb2.SigningRequired) ||
			q.SecurityMode.Has(smb2.SigningRequired)
		if s.encrypt = demanded && s.sealer != nil; s.encrypt {
			flags = smb2.SessionEncrypt
		}
	}
	if err != nil {
		c.log.Warn("log-in without usable keys", "cause", err)
	}
	if err != nil || demanded && !s.encrypt {
		c.fail(r, s, smb2.StatusAccessDenied)
		return
	}
	client := &tree.Client{
		User:       s.user,
		Dialect:    c.terms.suite.Dialect,
		ClientGUID: c.terms.client.ClientGUID,
		SessionID:  s.id,
		Signed:     s.signing,
		Encrypted:  s.encrypt,
		Address:    c.remote().String(),
		NetName:    c.terms.netName,
		Notify:     (*breaker)(s.session),
	}
	if status := c.permits(client); status != 0 {
		c.fail(r, s, status)
		return
	}
	client.Previous = c.replace(s, q.PreviousSessionID)
	if !c.welcome(client) {
		c.fail(r, s, smb2.StatusRequestNotAccepted)
		return
	}
	r.channel = s
	s.mu.Lock()
	c.mu.Lock()
	s.client = client
	s.state = valid
	c.raise(s)
	c.mu.Unlock()
	s.mu.Unlock()
	c.greet(s)
	c.log.Info("logged in", "user", s.user.User, "dialect", c.terms.suite.Dialect, "encrypted", s.encrypt)
	c.answer(r, c.setupResponse(r, s, flags, token))
}

// permits asks who else has a say in a log-in.
func (c *conn) permits(client *tree.Client) smb2.Status {
	a, ok := c.space.Space.(tree.Admitter)
	if !ok {
		return 0
	}
	err := a.Admit(client)
	if err == nil {
		return 0
	}
	if s, ok := errors.AsType[smb2.Status](err); ok {
		return s
	}
	return smb2.StatusAccessDenied
}

// greet is for a connection on which somebody has logged in.
func (c *conn) greet(ch *channel) {
	c.limit(c.longest())
	c.tally.name(ch)
}

// longest is the longest message that a client may send: a payload, and what is
// around it, the header of encryption included.
func (c *conn) longest() int { return int(c.maxSize()) + messageSlack + smb2.TransformSize }

// sum is the hash of the log-in that makes the channel, nil below 3.1.1.
func (ch *channel) sum() ([]byte, error) {
	if ch.begun.suite.Dialect != smb2.Dialect311 {
		return nil, nil
	}
	sum, err := ch.hash.Sum()
	return sum[:], err
}

// deriveKeys makes the session's keys, and what protects its messages here.
func (c *conn) deriveKeys(s *channel, key auth.Secret) error {
	hash, err := s.sum()
	if err != nil {
		return err
	}
	if s.keys, err = crypt.NewSession(c.terms.suite, crypt.Server, key.Bytes(), hash); err != nil {
		return err
	}
	if s.verifier, err = s.keys.Signer(c.terms.suite); err != nil {
		return err
	}
	if s.signer, err = s.keys.Signer(c.terms.suite); err != nil {
		return err
	}
	return s.protect()
}

// replace ends the session that a client had before it lost its connection, if
// it is the same user's, [MS-SMB2] 3.3.5.5.3, and returns its id, 0 for none. Of
// one that is gone already a tree's server may still know something.
func (c *conn) replace(s *channel, previous uint64) uint64 {
	if previous == 0 || previous == s.id {
		return 0
	}
	old := c.Sessions.find(previous)
	switch {
	case old == nil:
		return previous
	case !old.wasOf(s.user):
		return 0
	}
	old.forsake()
	old.drop(c.Sessions)
	return previous
}

// belongsTo says whether a session is a user's. Those without a name are nobody's.
func (s *session) belongsTo(u auth.Identity) bool { return s.isValid() && s.wasOf(u) }

// wasOf is the same of a session that may just be ending with its last connection.
func (s *session) wasOf(u auth.Identity) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state != inProgress && u.User != "" && auth.Upper(s.user.User) == auth.Upper(u.User)
}

// finishAgain ends a further log-in of the same user, who keeps the keys; of
// another one it ends the session, [MS-SMB2] 3.3.5.5.3.
func (c *conn) finishAgain(r *request, s *channel, token []byte, done *auth.Result) {
	s.acceptor = nil
	if !s.belongsTo(done.Identity) {
		c.fail(r, s, smb2.StatusAccessDenied)
		return
	}
	s.setUntil(done.Until)
	var flags smb2.SessionFlags
	if s.encrypt {
		flags = smb2.SessionEncrypt
	}
	c.answer(r, c.setupResponse(r, s, flags, token))
}
