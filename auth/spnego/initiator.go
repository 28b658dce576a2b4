package spnego

import (
	"bytes"
	"slices"

	"github.com/smbgw/smbgw/auth"
)

// An Initiator is the client's side of one log-in.
type Initiator struct {
	mechanisms []Mechanism
	rounds     int
	over       bool

	offered []Mechanism // in the order of list
	list    []byte      // as sent
	inner   auth.Initiator
	settled bool         // the server has chosen, or gone on without a word
	mustMIC bool         // the choice is not our first
	done    *auth.Result // of inner
	micSent bool
}

var _ auth.Initiator = (*Initiator)(nil)

// NewInitiator begins a log-in by one of the mechanisms.
func NewInitiator(mechanisms []Mechanism) *Initiator { return &Initiator{mechanisms: mechanisms} }

// Initiate takes the server's hint or nothing the first time, then its tokens.
func (i *Initiator) Initiate(token []byte) ([]byte, *auth.Result, error) {
	if i.over {
		return nil, nil, fail(auth.OutOfSequence, "a token after the last one")
	}
	i.over = true // until it goes on
	i.rounds++
	reply, done, err := i.step(token)
	if err != nil {
		return nil, nil, err
	}
	i.over = done != nil
	return reply, done, nil
}

func (i *Initiator) step(token []byte) ([]byte, *auth.Result, error) {
	switch {
	case len(token) > auth.MaxToken:
		return nil, nil, fail(auth.Malformed, "a token of more than 64 KiB")
	case i.rounds > maxRounds:
		return nil, nil, fail(auth.OutOfSequence, "too many tokens")
	case i.rounds == 1:
		return i.first(token)
	case len(token) == 0:
		// Success, without a word.
		return i.conclude(Resp{State: AcceptCompleted})
	}
	m, err := ParseResp(token)
	if err != nil {
		return nil, nil, malformed(err)
	}
	if m.State == Reject {
		return nil, nil, fail(auth.LogonFailure, "the server has rejected the log-in")
	}
	if err := i.settle(&m); err != nil {
		return nil, nil, err
	}
	if i.done != nil {
		return i.conclude(m)
	}
	return i.proceed(m)
}

// first offers what both sides have, and of the first already its token.
func (i *Initiator) first(hint []byte) ([]byte, *auth.Result, error) {
	if err := i.offer(hint); err != nil {
		return nil, nil, err
	}
	m := Init{}
	for _, row := range i.offered {
		m.Mechanisms = append(m.Mechanisms, row.OIDs[0])
	}
	i.list = appendList(nil, m.Mechanisms)
	i.inner = i.offered[0].Initiate()
	var err error
	if m.Token, i.done, err = i.inner.Initiate(nil); err != nil {
		return nil, nil, err
	}
	return m.AppendTo(nil), nil, nil
}

func (i *Initiator) offer(hint []byte) error {
	var theirs []OID
	if len(hint) > 0 {
		m, err := ParseInit(hint)
		if err != nil {
			return malformed(err)
		}
		theirs = m.Mechanisms
	}
	for _, row := range i.mechanisms {
		named := func(oid OID) bool { return slices.Contains(theirs, oid) }
		if row.Initiate != nil && (len(hint) == 0 || slices.ContainsFunc(row.OIDs, named)) {
			i.offered = append(i.offered, row)
		}
	}
	if len(i.offered) == 0 {
		return fail(auth.Unsupported, "the server has no mechanism that is here: "+listed(theirs))
	}
	return nil
}

// settle follows the server's choice, which it makes once.
func (i *Initiator) settle(m *Resp) error {
	if m.State == RequestMIC {
		i.mustMIC = true
	}
	if i.settled {
		return nil
	}
	i.settled = true
	if m.Mechanism == "" {
		return nil
	}
	at := slices.IndexFunc(i.offered, func(row Mechanism) bool { return slices.Contains(row.OIDs, m.Mechanism) })
	switch {
	case at < 0:
		return fail(auth.Unsupported, "the server has chosen "+shown(m.Mechanism)+", which was not offered")
	case at == 0:
		return nil
	}
	i.mustMIC, i.done = true, nil
	i.inner = i.offered[at].Initiate()
	if len(m.Token) == 0 {
		return nil
	}
	return fail(auth.Malformed, "the server has answered a mechanism that did not speak yet")
}

// proceed gives the mechanism the server's token and signs the list as soon as
// there is a key.
func (i *Initiator) proceed(m Resp) ([]byte, *auth.Result, error) {
	if m.State == AcceptCompleted && m.Token == nil {
		return nil, nil, fail(auth.Malformed, "the server is through before the mechanism")
	}
	reply, done, err := i.inner.Initiate(m.Token)
	if err != nil {
		return nil, nil, err
	}
	i.done = done
	if done != nil && len(reply) == 0 {
		return i.conclude(Resp{State: m.State, MIC: m.MIC})
	}
	out := Resp{State: NoState, Token: present(reply)}
	if done != nil && done.Integrity != nil && (i.mustMIC || done.Sealed) {
		out.MIC, i.micSent = done.Integrity.MIC(bytes.Clone(i.list)), true
	}
	return out.AppendTo(nil), nil, nil
}

// conclude follows [RFC 4178] 5, once the mechanism is through.
func (i *Initiator) conclude(m Resp) ([]byte, *auth.Result, error) {
	if i.done == nil {
		return nil, nil, fail(auth.Malformed, "the server is through before the mechanism")
	}
	if len(m.Token) > 0 {
		return nil, nil, fail(auth.OutOfSequence, "a token for a mechanism that is through")
	}
	integrity := i.done.Integrity
	switch {
	case m.MIC != nil && integrity == nil:
		return nil, nil, fail(auth.LogonFailure, "a signature (mechListMIC) by a mechanism without a key")
	case m.MIC != nil:
		if err := integrity.Verify(i.list, m.MIC); err != nil {
			return nil, nil, err
		}
	case i.mustMIC && integrity != nil && m.State == AcceptCompleted:
		return nil, nil, fail(auth.LogonFailure, "the mechanism is not our first choice, and the server's mechListMIC is missing")
	}
	if m.State == AcceptCompleted || m.State == NoState && m.MIC != nil {
		return nil, i.done, nil
	}
	if i.micSent || integrity == nil {
		return nil, nil, fail(auth.OutOfSequence, "the server waits for what it has been sent")
	}
	i.micSent = true
	out := Resp{State: NoState, MIC: integrity.MIC(i.list)}
	if m.MIC != nil {
		return out.AppendTo(nil), i.done, nil
	}
	return out.AppendTo(nil), nil, nil
}
