package ntlm

import (
	"bytes"
	"crypto/rand"
	"io"
	"time"

	"github.com/smbgw/smbgw/auth"
)

// Users are the accounts that a Server knows.
type Users interface {
	// Lookup finds the account of a name, whatever its case. The error of a name
	// that is not known is auth.ErrNoUser, any other means that nobody can be
	// found now.
	Lookup(name string) (auth.Account, error)
}

// A Server is what the log-ins of one server have in common. It is not changed
// once NewAcceptor was called, and Users then serves many goroutines.
type Server struct {
	Users  Users
	Groups auth.Groups // for Identity; may be nil

	Computer    string // NetBIOS name, at most 15 letters; needed
	Domain      string // NetBIOS name of the domain; Computer when empty
	DNSComputer string // may be empty
	DNSDomain   string // may be empty

	Anonymous bool // let in who names nobody
	Guest     bool // let in whose name is not known

	Rand io.Reader        // of challenges; crypto/rand when nil
	Now  func() time.Time // time.Now when nil
}

// NewAcceptor begins a log-in.
func (s *Server) NewAcceptor() *Acceptor { return &Acceptor{server: s} }

func (s *Server) now() Time {
	if s.Now == nil {
		return timeOf(time.Now())
	}
	return timeOf(s.Now())
}

func (s *Server) random(b []byte) error { return fill(s.Rand, b) }

// fill reads random bytes from r, or from crypto/rand when there is none.
func fill(r io.Reader, b []byte) error {
	if r == nil {
		r = rand.Reader
	}
	if _, err := io.ReadFull(r, b); err != nil {
		return &auth.Error{Kind: auth.Unavailable, Mechanism: "NTLM", Problem: "no random numbers", Err: err}
	}
	return nil
}

// pairs are the target information of a CHALLENGE. Clients that sign refuse one
// without the two NetBIOS names, and send a MIC when there is a time.
func (s *Server) pairs() Pairs {
	domain := s.Domain
	if domain == "" {
		domain = s.Computer
	}
	return Pairs{
		{PairNetBIOSDomain, encode(clip(domain))},
		{PairNetBIOSComputer, encode(clip(s.Computer))},
		{PairDNSDomain, encode(s.DNSDomain)},
		{PairDNSComputer, encode(s.DNSComputer)},
		{PairTimestamp, le64(nil, uint64(s.now()))},
	}
}

// clip is a name as long as NetBIOS has it.
func clip(name string) string {
	letters := []rune(name)
	return string(letters[:min(len(letters), maxNetBIOS)])
}

// An Acceptor is the server's side of one log-in.
type Acceptor struct {
	server *Server
	step   step

	negotiate, challenge []byte // as they were sent, for the MIC
	random               [8]byte
	flags                Flags // granted
	sent                 Pairs
}

// step is what an exchange waits for.
type step uint8

const (
	stepFirst step = iota
	stepSecond
	stepOver
)

var _ auth.Acceptor = (*Acceptor)(nil)

// Accept takes NEGOTIATE and answers CHALLENGE, then takes AUTHENTICATE. A
// challenge is good for one AUTHENTICATE, whatever becomes of it.
func (a *Acceptor) Accept(token []byte) ([]byte, *auth.Result, error) {
	at := a.step
	a.step = stepOver
	kind := typeOf(token)
	switch {
	case len(token) > auth.MaxToken:
		return nil, nil, fail(auth.Malformed, "a message of more than 64 KiB")
	case at == stepFirst && kind == typeAuthenticate, at == stepOver:
		return nil, nil, fail(auth.OutOfSequence, "a message that no challenge was sent for")
	case at == stepSecond && kind == typeNegotiate:
		return nil, nil, fail(auth.OutOfSequence, "a second NEGOTIATE")
	case at == stepFirst:
		return a.begin(token)
	}
	done, err := a.finish(token)
	return nil, done, err
}

func (a *Acceptor) begin(token []byte) ([]byte, *auth.Result, error) {
	m, err := ParseNegotiate(token)
	if err != nil {
		return nil, nil, malformed(err)
	}
	if missing := needed &^ m.Flags; missing != 0 {
		return nil, nil, fail(auth.Unsupported, "the client does without "+missing.String())
	}
	if err := a.server.random(a.random[:]); err != nil {
		return nil, nil, err
	}
	a.flags = m.Flags&granted | FlagTargetInfo
	var target []byte
	if m.Flags&FlagRequestTarget != 0 {
		a.flags |= FlagTargetServer
		target = encode(clip(a.server.Computer))
	}
	a.sent = a.server.pairs()
	c := newChallenge(a.flags, a.random, target, a.sent.AppendTo(nil))
	a.negotiate, a.challenge = bytes.Clone(token), c.AppendTo(nil)
	a.step = stepSecond
	return bytes.Clone(a.challenge), nil, nil
}
