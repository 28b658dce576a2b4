package ntlm

import (
	"bytes"
	"io"
	"time"

	"github.com/smbgw/smbgw/auth"
)

// A Client is what a user logs in with. Without a User and a Hash the log-in is
// anonymous. It is not changed once NewInitiator was called.
type Client struct {
	User        string
	Domain      string
	Workstation string
	Hash        auth.Secret // of the password
	Target      string      // service and host, cifs/nas1; may be empty

	Rand io.Reader        // of challenges and keys; crypto/rand when nil
	Now  func() time.Time // for servers that send no time; time.Now when nil
}

// NewInitiator begins a log-in.
func (c *Client) NewInitiator() *Initiator { return &Initiator{client: c} }

func (c *Client) anonymous() bool { return c.User == "" && c.Hash.None() }

// An Initiator is the client's side of one log-in.
type Initiator struct {
	client    *Client
	step      step
	negotiate []byte
}

var _ auth.Initiator = (*Initiator)(nil)

// Initiate makes NEGOTIATE, and AUTHENTICATE from a CHALLENGE.
func (i *Initiator) Initiate(token []byte) ([]byte, *auth.Result, error) {
	at := i.step
	i.step = stepOver
	switch {
	case at == stepFirst:
		m := newNegotiate(asked)
		i.negotiate = m.AppendTo(nil)
		i.step = stepSecond
		return bytes.Clone(i.negotiate), nil, nil
	case at == stepOver:
		return nil, nil, fail(auth.OutOfSequence, "a message after the last one")
	case len(token) > auth.MaxToken:
		return nil, nil, fail(auth.Malformed, "a message of more than 64 KiB")
	}
	return i.answer(token)
}

// needsToo is what a CHALLENGE has to have besides: without target information
// there is no NTLMv2 that is bound to the server.
const needsToo = needed | FlagTargetInfo

func (i *Initiator) answer(token []byte) ([]byte, *auth.Result, error) {
	m, err := ParseChallenge(token)
	if err != nil {
		return nil, nil, malformed(err)
	}
	if missing := needsToo &^ m.Flags; missing != 0 {
		return nil, nil, fail(auth.Unsupported, "the server does without "+missing.String())
	}
	if m.Flags&FlagLocalCall != 0 {
		return nil, nil, fail(auth.Unsupported, "the server takes itself for this machine")
	}
	pairs, _, err := ParsePairs(m.info())
	if err != nil {
		return nil, nil, malformed(err)
	}
	a := answer{client: i.client, negotiate: i.negotiate, challenge: token, random: m.ServerChallenge, flags: asked & m.Flags}
	if err := a.draw(); err != nil {
		return nil, nil, err
	}
	if i.client.anonymous() {
		reply, done := a.anonymous()
		return reply, done, nil
	}
	if i.client.Hash.None() {
		return nil, nil, fail(auth.Unavailable, "there is no hash of the user's password")
	}
	return a.authenticate(pairs)
}
