package ntlm

import (
	"time"

	"github.com/smbgw/smbgw/auth"
)

// An answer is a client's to one CHALLENGE.
type answer struct {
	client               *Client
	negotiate, challenge []byte
	random               [8]byte // the server's
	flags                Flags

	own [8]byte       // random too
	key [keySize]byte // random: the session key, where keys are exchanged
}

// draw makes the client's random numbers.
func (a *answer) draw() error {
	if err := fill(a.client.Rand, a.own[:]); err != nil {
		return err
	}
	return fill(a.client.Rand, a.key[:])
}

// keys returns the session key and how it is sent.
func (a *answer) keys(base []byte) (key, encrypted []byte) {
	if !a.flags.exchangesKey() {
		return base, nil
	}
	return a.key[:], scramble(base, a.key[:])
}

func (a *answer) anonymous() ([]byte, *auth.Result) {
	key, encrypted := a.keys(make([]byte, keySize))
	m := newAuthenticate(a.flags|FlagAnonymous, response{lm: []byte{0}, key: encrypted})
	return m.AppendTo(nil), &auth.Result{Key: auth.NewSecret(key)}
}

// authenticate makes AUTHENTICATE, with a MIC if the server has sent a time:
// one that does not know of the MIC would not read it, 3.1.5.1.2.
func (a *answer) authenticate(server Pairs) ([]byte, *auth.Result, error) {
	now, timed, err := server.timestamp()
	if err != nil {
		return nil, nil, malformed(err)
	}
	if !timed {
		now = a.clock()
	}
	pairs, err := a.pairs(server, timed)
	if err != nil {
		return nil, nil, malformed(err)
	}
	blob := ClientChallenge{Time: now, Challenge: a.own, Pairs: pairs, Padding: make([]byte, 4)}
	client := blob.AppendTo(nil)
	domain := encode(a.client.Domain)
	owner := ownerKey(a.client.Hash, a.client.User, domain)
	proof := prove(owner, a.random, client)
	key, encrypted := a.keys(baseKey(owner, proof))
	token, err := a.message(append(proof, client...), domain, encrypted)
	if err != nil {
		return nil, nil, err
	}
	if timed {
		copy(token[micOffset:], messageMIC(key, a.negotiate, a.challenge, token))
	}
	return token, &auth.Result{Key: auth.NewSecret(key), Sealed: timed, Integrity: newSession(key, a.flags, false)}, nil
}

func (a *answer) clock() Time {
	if a.client.Now == nil {
		return timeOf(time.Now())
	}
	return timeOf(a.client.Now())
}

// lmResponse is sent for LM's: zeros, as 3.1.5.1.2 says for servers with a
// time; others take them too.
var lmResponse = make([]byte, 24)

func (a *answer) message(nt, domain, key []byte) ([]byte, error) {
	r := response{lm: lmResponse, nt: nt, domain: domain, user: encode(a.client.User), workstation: encode(a.client.Workstation), key: key}
	for _, name := range [][]byte{r.user, r.domain, r.workstation} {
		if len(name) > maxName {
			return nil, fail(auth.Unsupported, "a name of the user, the domain or the workstation is too long for NTLM")
		}
	}
	m := newAuthenticate(a.flags, r)
	return m.AppendTo(nil), nil
}

// pairs are the server's and the client's own. Those that only a client sends
// are the client's, whatever the server has sent.
func (a *answer) pairs(server Pairs, mic bool) (Pairs, error) {
	bits, _, err := server.flags()
	if err != nil {
		return nil, err
	}
	if mic {
		bits |= pairHasMIC
	} else {
		bits &^= pairHasMIC
	}
	list := server.without(PairFlags, PairTargetName, PairChannelBindings)
	if bits != 0 {
		list = append(list, Pair{PairFlags, le32(nil, bits)})
	}
	list = append(list, Pair{PairChannelBindings, make([]byte, 16)}) // none, 3.1.5.1.2
	return append(list, Pair{PairTargetName, encode(a.client.Target)}), nil
}
