package spnego

import (
	"bytes"

	"github.com/smbgw/smbgw/auth"
)

// An Acceptor is the server's side of one log-in.
type Acceptor struct {
	mechanisms []Mechanism
	rounds     int
	over       bool

	inner   auth.Acceptor // nil until something is chosen
	raw     bool          // nothing around the inner tokens
	list    []byte        // the client's, as sent
	answer  OID           // to be sent as supportedMech, once
	mustMIC bool          // the choice is not the client's first
	done    *auth.Result  // of inner
	micSent bool
}

var _ auth.Acceptor = (*Acceptor)(nil)

// NewAcceptor begins a log-in by one of the mechanisms.
func NewAcceptor(mechanisms []Mechanism) *Acceptor { return &Acceptor{mechanisms: mechanisms} }

// Accept takes the client's next token.
func (a *Acceptor) Accept(token []byte) ([]byte, *auth.Result, error) {
	if a.over {
		return nil, nil, fail(auth.OutOfSequence, "a token after the last one")
	}
	a.over = true // until it goes on
	a.rounds++
	reply, done, err := a.step(token)
	if err != nil {
		return nil, nil, err
	}
	a.over = done != nil
	return reply, done, nil
}

func (a *Acceptor) step(token []byte) ([]byte, *auth.Result, error) {
	switch {
	case len(token) == 0:
		return nil, nil, fail(auth.Malformed, "an empty token")
	case len(token) > auth.MaxToken:
		return nil, nil, fail(auth.Malformed, "a token of more than 64 KiB")
	case a.rounds > maxRounds:
		return nil, nil, fail(auth.OutOfSequence, "too many tokens")
	case a.raw:
		return a.inner.Accept(token)
	case a.rounds == 1:
		return a.first(token)
	}
	m, err := ParseResp(token)
	if err != nil {
		return nil, nil, malformed(err)
	}
	if m.State == Reject {
		return nil, nil, fail(auth.LogonFailure, "the client has rejected the mechanism")
	}
	return a.proceed(m.Token, m.MIC)
}

func (a *Acceptor) first(token []byte) ([]byte, *auth.Result, error) {
	if row := bare(a.mechanisms, token); row != nil {
		a.inner, a.raw = row.Accept(), true
		return a.inner.Accept(token)
	}
	m, err := ParseInit(token)
	if err != nil {
		return nil, nil, malformed(err)
	}
	a.list = bytes.Clone(m.List)
	for i, oid := range m.Mechanisms {
		row := acceptable(a.mechanisms, oid)
		if row == nil {
			continue
		}
		a.inner, a.answer, a.mustMIC = row.Accept(), oid, i > 0
		if a.mustMIC {
			// The token is of another mechanism.
			return a.respond(Resp{State: RequestMIC}), nil, nil
		}
		if m.Token == nil {
			return a.respond(Resp{State: AcceptIncomplete}), nil, nil
		}
		return a.proceed(m.Token, m.MIC)
	}
	return nil, nil, fail(auth.Unsupported, "the client has no mechanism that is here: "+listed(m.Mechanisms))
}

// respond names the mechanism in the first answer.
func (a *Acceptor) respond(m Resp) []byte {
	m.Mechanism, a.answer = a.answer, ""
	return m.AppendTo(nil)
}

// proceed gives the mechanism its token, if it is not through, and then looks
// at the signature of the list.
func (a *Acceptor) proceed(token, mic []byte) ([]byte, *auth.Result, error) {
	var reply []byte
	if a.done == nil {
		var err error
		if reply, a.done, err = a.inner.Accept(token); err != nil {
			return nil, nil, err
		}
		if a.done == nil {
			return a.respond(Resp{State: AcceptIncomplete, Token: present(reply)}), nil, nil
		}
	} else if len(token) > 0 {
		return nil, nil, fail(auth.OutOfSequence, "a token for a mechanism that is through")
	}
	return a.conclude(reply, mic)
}

// conclude follows [RFC 4178] 5. Where the mechanism has no key nothing can be
// signed, and nothing be required.
func (a *Acceptor) conclude(reply, mic []byte) ([]byte, *auth.Result, error) {
	integrity := a.done.Integrity
	m := Resp{State: AcceptCompleted}
	if len(reply) > 0 {
		m.Token = reply
	}
	switch {
	case mic != nil && integrity == nil:
		return nil, nil, fail(auth.LogonFailure, "a signature (mechListMIC) by a mechanism without a key")
	case mic != nil:
		if err := integrity.Verify(a.list, mic); err != nil {
			return nil, nil, err
		}
		if !a.micSent {
			m.MIC = integrity.MIC(a.list)
		}
	case !a.mustMIC || integrity == nil:
	case len(reply) == 0:
		// The client has sent the last token, and could have signed.
		return nil, nil, fail(auth.LogonFailure, "the mechanism is not the client's first choice, and mechListMIC is missing")
	default:
		m.State, m.MIC, a.micSent = AcceptIncomplete, integrity.MIC(a.list), true
		return a.respond(m), nil, nil
	}
	return a.respond(m), a.done, nil
}

// listed is what a peer offers, for an error.
func listed(oids []OID) string {
	var text string
	for i, oid := range oids {
		if i > 0 {
			text += ", "
		}
		if i == 8 {
			return text + "..."
		}
		text += shown(oid)
	}
	return text
}
