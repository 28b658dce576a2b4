package back

import (
	"context"
	"errors"

	"github.com/smbgw/smbgw/auth"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// A login is a SESSION_SETUP exchange under way, [MS-SMB2] 3.2.4.2.3, 3.2.5.3.
type login struct {
	c         *Conn
	initiator auth.Initiator
	old       *Session // to be authenticated again, or nil
	id        uint64
	hash      *crypt.PreauthHash
	done      *auth.Result
	flags     smb2.SessionFlags
	final     answer
}

// Login begins a session as whoever the initiator is, by [MS-SMB2] 3.2.4.2.3.
// previous is the session that it replaces, or 0.
func (c *Conn) Login(ctx context.Context, initiator auth.Initiator, previous uint64) (*Session, error) {
	s, err := c.login(ctx, initiator, previous)
	switch {
	case err == nil:
		return s, nil
	case c.perished(): // and has refused nothing
		return nil, &Error{"log in", smb2.StatusServerUnavailable, err}
	}
	return nil, &Error{"log in", smb2.StatusAccessDenied, err}
}

func (c *Conn) login(ctx context.Context, initiator auth.Initiator, previous uint64) (*Session, error) {
	l := &login{c: c, initiator: initiator}
	if c.suite.Dialect >= smb2.Dialect311 {
		hash, err := c.preauth.Session()
		if err != nil {
			return nil, err
		}
		l.hash = &hash
	}
	if err := l.run(ctx, previous); err != nil {
		return nil, err
	}
	defer l.final.m.Release()
	s, err := l.session()
	if s == nil {
		c.abort(err) // the server holds a session that we do not believe in
		return nil, err
	}
	if entered := c.enter(s); entered != nil {
		c.abort(entered)
		return nil, entered
	}
	switch {
	case err == nil:
		return s, nil
	case c.isShaky():
		c.worn.Store(true) // it stays there as it is
		return nil, err
	}
	return nil, errors.Join(err, s.Logoff(ctx))
}

// Reauthenticate proves again who the session's user is, when its time has
// expired, [MS-SMB2] 3.2.4.2.3.3. Keys stay as they are.
func (s *Session) Reauthenticate(ctx context.Context, initiator auth.Initiator) error {
	l := &login{c: s.c, initiator: initiator, old: s, id: s.id}
	if err := l.run(ctx, 0); err != nil {
		return &Error{"log in again", smb2.StatusNetworkSessionExpired, err}
	}
	l.final.m.Release()
	return nil
}

// run exchanges tokens until the server is content: one log-in at a time, because
// ksmbd has one challenge for a connection.
func (l *login) run(ctx context.Context, previous uint64) error {
	select {
	case l.c.logins <- struct{}{}:
		defer func() { <-l.c.logins }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	token := l.c.server.hint
	for range maxRounds {
		reply, done, err := l.initiator.Initiate(token)
		if err != nil {
			return err
		}
		l.done = done
		a, err := l.send(ctx, reply, previous)
		if err != nil {
			return err
		}
		token, err = l.receive(a)
		if err != nil {
			a.m.Release()
			return err
		}
		if a.header().Status() == smb2.StatusSuccess {
			l.final = a
			return l.conclude(token)
		}
		token = append([]byte(nil), token...)
		a.m.Release()
	}
	return violation("more than %d rounds", maxRounds)
}

func (l *login) send(ctx context.Context, token []byte, previous uint64) (answer, error) {
	if len(token) > auth.MaxToken {
		return answer{}, errors.New("the token is longer than a message takes")
	}
	r := smb2.SessionSetupRequest{SecurityMode: l.c.options.mode(), PreviousSessionID: previous}
	q := question{command: smb2.CommandSessionSetup, sessionID: l.id, hash: l.hash}
	if s := l.old; s != nil {
		q = s.question(smb2.CommandSessionSetup, nil)
	}
	q.body = func(b []byte) []byte { return r.Append(b, token) }
	return l.c.ask(ctx, q)
}

// receive reads the server's answer.
func (l *login) receive(a answer) (token []byte, err error) {
	h := a.header()
	s := h.Status()
	if s != smb2.StatusSuccess && s != smb2.StatusMoreProcessing {
		return nil, s
	}
	if id := h.SessionID(); l.id == 0 {
		l.id = id
	}
	if l.id == 0 || l.id == ^uint64(0) || h.SessionID() != l.id {
		return nil, violation("session id %#x in a log-in of %#x", h.SessionID(), l.id)
	}
	if l.hash != nil {
		if err := l.hash.Add(a.m.Bytes()); err != nil {
			return nil, err
		}
	}
	r, err := smb2.ParseSessionSetupResponse(a.m.Bytes())
	if err != nil {
		return nil, err
	}
	l.flags = r.Flags
	return r.Security(a.m.Bytes())
}

// conclude gives the mechanism what came with the server's success.
func (l *login) conclude(token []byte) error {
	if l.done != nil {
		return nil // what the server adds is its verdict alone
	}
	_, done, err := l.initiator.Initiate(token)
	if err != nil {
		return err
	}
	if l.done = done; done == nil {
		return violation("success before the mechanism is done")
	}
	return nil
}

// session makes the session of a log-in that the server has accepted. With an
// error it is one that nobody wants, or nil when the server is not to be believed.
func (l *login) session() (*Session, error) {
	c := l.c
	s := &Session{c: c, id: l.id}
	key := l.done.Key
	if l.flags&(smb2.SessionGuest|smb2.SessionNull) != 0 || key.None() {
		return s, l.nobody()
	}
	var sum []byte
	if l.hash != nil {
		v, err := l.hash.Sum()
		if err != nil {
			return nil, err
		}
		sum = v[:]
	}
	if err := s.protect(c.suite, key.Bytes(), sum); err != nil {
		return nil, err
	}
	s.sealing = l.flags.Has(smb2.SessionEncrypt) && c.suite.Dialect >= smb2.Dialect30 || c.options.Encrypt
	if s.sealing && s.sealer == nil {
		return nil, violation("the session is to be encrypted, and there is no cipher")
	}
	s.signing = c.options.Sign || c.server.mode.Has(smb2.SigningRequired)
	if err := l.verify(s); err != nil {
		return nil, err
	}
	return s, nil
}

// nobody judges a session without keys: only who came without credentials may
// get one. A user who is taken for a guest is one whom anybody could be.
func (l *login) nobody() error {
	switch {
	case l.done.Integrity != nil: // which neither guests nor the anonymous have
		return errGuest
	case l.c.options.Sign || l.c.options.Encrypt || l.flags.Has(smb2.SessionEncrypt):
		return errKeyless
	}
	return nil
}

// verify checks the signature of the final response: on 3.1.1 it is what
// proves that nobody has changed the negotiation, and all 3.x servers sign it.
func (l *login) verify(s *Session) error {
	element := l.final.m.Bytes()
	if !smb2.Header(element).Has(smb2.FlagSigned) && l.c.suite.Dialect < smb2.Dialect30 && !s.signing {
		return nil
	}
	if err := s.verifier.Verify(element); err != nil {
		return errors.Join(ErrDowngrade, err)
	}
	return nil
}
