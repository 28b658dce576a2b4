package front

import (
	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// A Joiner is a Space that has a say in which sessions of other connections its own
// may serve. Others let all of them.
type Joiner interface {
	// Join says whether client's session, whose trees are home's, may be bound to
	// the connection that this Space is for.
	Join(home tree.Space, client *tree.Client) bool
}

// bindingOf finds the log-in that binds a session to this connection, or begins
// one, [MS-SMB2] 3.3.5.5.2. Whoever shows that he has the session's key is told
// under its signature why not, or else would take the refusal for forged.
func (c *conn) bindingOf(r *request) (*channel, smb2.Status) {
	id := r.header().SessionID()
	if ch := c.channel(id); ch != nil {
		if ch.up { // it is here already
			if status := r.authenticate(ch); status != 0 {
				return nil, status
			}
		}
		if ch.up || !ch.bound {
			return nil, smb2.StatusRequestNotAccepted
		}
		if !r.header().Has(smb2.FlagSigned) || ch.verifier.Verify(r.Element) != nil {
			return nil, smb2.StatusAccessDenied // of somebody else: the binding goes on
		}
		return ch, 0
	}
	s := c.Sessions.find(id)
	vouched := c.vouch(r, s)
	if status := c.bindable(r, s, vouched); status != 0 {
		return nil, status
	}
	ch, status := c.newBinding(s)
	if status == 0 {
		r.channel, r.signed = nil, false // the answer is signed as it is hashed
	}
	return ch, status
}

// vouch has the refusal of a request that is of no session here signed with the
// key of the session that it names, if the request is: of another connection's,
// nil for none, or of the one that has ended here last. It returns whether that is
// so.
func (c *conn) vouch(r *request, s *session) bool {
	if r.sealed || !r.header().Has(smb2.FlagSigned) {
		return false
	}
	ch := c.voucher(r.header().SessionID(), s)
	if ch == nil || ch.verifier == nil || ch.verifier.Verify(r.Element) != nil {
		return false
	}
	r.channel, r.signed = ch, true
	return true
}

// voucher is a channel that does nothing but sign.
func (c *conn) voucher(id uint64, s *session) *channel {
	if s != nil {
		ch := &channel{session: s, c: c, bound: true}
		if s.another(ch) != nil {
			return nil
		}
		return ch
	}
	c.mu.Lock()
	late := c.late
	c.mu.Unlock()
	if late == nil || late.id != id {
		return nil
	}
	return &channel{session: late.session, c: c, signer: late.signer, verifier: late.verifier}
}

// another gives a channel signers with the session's own key, as long as it is
// valid.
func (s *session) another(ch *channel) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state != valid || s.keys == nil {
		return crypt.ErrKey
	}
	if ch.signer, err = s.keys.Signer(s.begun.suite); err != nil {
		return err
	}
	ch.verifier, err = s.keys.Signer(s.begun.suite)
	return err
}

// bindable goes through what has to be true of a session that is to be bound to
// this connection, nil for none, and of the request, [MS-SMB2] 3.3.5.5. vouched
// says that the request is signed with the session's key. Servers tell AES-GMAC
// from the other signatures before anything else.
func (c *conn) bindable(r *request, s *session, vouched bool) smb2.Status {
	if s == nil {
		return smb2.StatusUserSessionDeleted
	}
	if !s.isValid() {
		return smb2.StatusRequestNotAccepted
	}
	here, there := &c.terms, &s.begun
	switch gmac := there.suite.Signing == crypt.AESGMAC; {
	case !gmac && here.suite.Signing == crypt.AESGMAC:
		return smb2.StatusNotSupported
	case gmac && here.suite.Signing != crypt.AESGMAC:
		return smb2.StatusRequestOutOfSequence
	case here.suite.Dialect < smb2.Dialect30:
		return smb2.StatusRequestNotAccepted
	case !r.header().Has(smb2.FlagSigned), here.suite.Dialect != there.suite.Dialect, here.suite.Cipher != there.suite.Cipher:
		return smb2.StatusInvalidParameter
	case here.client.ClientGUID != there.client.ClientGUID:
		return smb2.StatusUserSessionDeleted
	case s.user.Anonymous || s.user.Guest:
		return smb2.StatusNotSupported
	case !vouched:
		return smb2.StatusAccessDenied
	case s.expired():
		return smb2.StatusNetworkSessionExpired
	case !c.admits(s):
		return smb2.StatusRequestNotAccepted
	}
	return 0
}

// admits says that a session keeps what this listener demands, and that nothing
// of it that QUIC protects would leave QUIC.
func (c *conn) admits(s *session) bool {
	return c.Secure == s.secure && (s.encrypt || c.Encryption != EncryptionRequired) && (s.signing || !c.RequireSigning)
}

// newBinding begins the log-in that binds a session to this connection.
func (c *conn) newBinding(s *session) (*channel, smb2.Status) {
	ch := &channel{session: s, c: c, bound: true}
	if s.another(ch) != nil {
		return nil, smb2.StatusUserSessionDeleted
	}
	c.begins(ch)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.crowded() {
		return nil, smb2.StatusRequestNotAccepted
	}
	c.enlist(ch)
	return ch, 0
}

// finishBinding makes the connection a channel of the session, if it is the
// same user who has logged in, [MS-SMB2] 3.3.5.5.3.
func (c *conn) finishBinding(r *request, ch *channel, token []byte, done *auth.Result) {
	if !ch.belongsTo(done.Identity) {
		c.fail(r, ch, smb2.StatusAccessDenied)
		return
	}
	if j, ok := c.space.Space.(Joiner); ok && !j.Join(ch.space.Space, ch.client) {
		c.fail(r, ch, smb2.StatusAccessDenied)
		return
	}
	if status := ch.attach(done.Key); status != 0 {
		c.fail(r, ch, status)
		return
	}
	ch.acceptor = nil
	c.greet(ch)
	c.log.Info("bound", "user", ch.user.User, "dialect", c.terms.suite.Dialect)
	var flags smb2.SessionFlags
	if ch.encrypt {
		flags = smb2.SessionEncrypt
	}
	r.channel = ch
	c.answer(r, c.setupResponse(r, ch, flags, token))
}

// attach gives a channel its keys and makes it one of its session's.
func (ch *channel) attach(key auth.Secret) smb2.Status {
	s, c := ch.session, ch.c
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.state != valid:
		return smb2.StatusUserSessionDeleted
	case len(s.channels) >= maxChannels:
		return smb2.StatusInsufficientResources
	case ch.derive(key) != nil:
		return smb2.StatusAccessDenied
	}
	s.channels = append(s.channels, ch)
	c.mu.Lock()
	c.raise(ch)
	c.mu.Unlock()
	return 0
}

// derive makes the keys that are the channel's own: those to sign with. What
// seals is the session's. session.mu is held.
func (ch *channel) derive(key auth.Secret) error {
	hash, err := ch.sum()
	if err != nil {
		return err
	}
	signer, err := ch.keys.Bind(ch.c.terms.suite, key.Bytes(), hash)
	if err != nil {
		return err
	}
	verifier, err := ch.keys.Bind(ch.c.terms.suite, key.Bytes(), hash)
	if err != nil {
		return err
	}
	if err := ch.protect(); err != nil {
		return err
	}
	ch.signer, ch.verifier = signer, verifier
	return nil
}
