package ntlm

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
)

// put writes at an offset of a copy.
func put(at int, with ...byte) func([]byte) []byte {
	return func(b []byte) []byte {
		b = bytes.Clone(b)
		copy(b[at:], with)
		return b
	}
}

// flip turns bits of one byte.
func flip(at int, bits byte) func([]byte) []byte {
	return func(b []byte) []byte {
		b = bytes.Clone(b)
		b[at] ^= bits
		return b
	}
}

// Where the fields of an AUTHENTICATE are.
const (
	lmAt, ntAt, domainAt, userAt, workstationAt, keyAt, flagsAt = 12, 20, 28, 36, 44, 52, 60
)

// What arrives changed is refused, by kind.
func TestTampered(t *testing.T) {
	t.Parallel()
	short := func(at, n int) func([]byte) []byte { return put(at, byte(n), byte(n>>8)) }
	for _, c := range []struct {
		name                               string
		negotiate, challenge, authenticate func([]byte) []byte
		kind                               auth.Kind
	}{
		{"nothing first", func([]byte) []byte { return nil }, nil, nil, auth.Malformed},
		{"not NTLM", put(0, 'X'), nil, nil, auth.Malformed},
		{"a CHALLENGE first", put(8, 2), nil, nil, auth.Malformed},
		{"AUTHENTICATE first", put(8, 3), nil, nil, auth.OutOfSequence},
		{"NEGOTIATE without flags", func(b []byte) []byte { return b[:15] }, nil, nil, auth.Malformed},
		{"64 KiB", func(b []byte) []byte { return append(b, make([]byte, 1<<16)...) }, nil, nil, auth.Malformed},
		{"without Unicode", flip(12, 0x01), nil, nil, auth.Unsupported},
		{"without NTLM", flip(13, 0x02), nil, nil, auth.Unsupported},
		{"without session security", flip(14, 0x08), nil, nil, auth.Unsupported},
		{"without 128", flip(15, 0x20), nil, nil, auth.Unsupported},
		{"sealing asked for on the way", flip(12, 0x20), nil, nil, auth.LogonFailure},
		{"version of NEGOTIATE", flip(32, 1), nil, nil, auth.LogonFailure},

		{"CHALLENGE without session security", nil, flip(22, 0x08), nil, auth.Unsupported},
		{"CHALLENGE without 128", nil, flip(23, 0x20), nil, auth.Unsupported},
		{"CHALLENGE without target information flag", nil, flip(22, 0x80), nil, auth.Unsupported},
		{"CHALLENGE of this machine", nil, flip(21, 0x40), nil, auth.Unsupported},
		{"another challenge", nil, flip(24, 1), nil, auth.LogonFailure},
		{"empty target information", nil, short(40, 0), nil, auth.Malformed},
		{"target information outside", nil, put(44, 0xff, 0xff, 0xff, 0xff), nil, auth.Malformed},
		{"target information in the header", nil, put(44, 8, 0, 0, 0), nil, auth.Malformed},
		{"target information cut", nil, short(40, 20), nil, auth.Malformed},
		{"a name in the target information", nil, func(b []byte) []byte { return flip(bytes.LastIndex(b, encode("GATEWAY")), 1)(b) }, nil, auth.LogonFailure},

		{"NEGOTIATE twice", nil, nil, put(8, 1), auth.OutOfSequence},
		{"CHALLENGE back", nil, nil, put(8, 2), auth.Malformed},
		{"proof", nil, nil, func(b []byte) []byte { return flip(contentAt(b, ntAt), 1)(b) }, auth.LogonFailure},
		{"MIC", nil, nil, flip(micOffset, 1), auth.LogonFailure},
		{"MIC of zeros", nil, nil, put(micOffset, make([]byte, 16)...), auth.LogonFailure},
		{"version of AUTHENTICATE", nil, nil, flip(64, 1), auth.LogonFailure},
		{"workstation", nil, nil, func(b []byte) []byte { return flip(contentAt(b, workstationAt), 1)(b) }, auth.LogonFailure},
		{"AUTHENTICATE without Unicode", nil, nil, flip(flagsAt, 0x01), auth.Unsupported},
		{"AUTHENTICATE without session security", nil, nil, flip(flagsAt+2, 0x08), auth.Unsupported},
		{"AUTHENTICATE without 128", nil, nil, flip(flagsAt+3, 0x20), auth.Unsupported},
		{"key exchange taken out", nil, nil, flip(flagsAt+3, 0x40), auth.LogonFailure},
		{"flags that were not granted", nil, nil, flip(flagsAt+1, 0x20), auth.LogonFailure}, // the MIC covers them
		{"no response", nil, nil, short(ntAt, 0), auth.LogonFailure},
		{"response of 8", nil, nil, short(ntAt, 8), auth.LogonFailure},
		{"response of 15", nil, nil, short(ntAt, 15), auth.LogonFailure},
		{"response of 16", nil, nil, short(ntAt, 16), auth.LogonFailure},
		{"NTLMv1", nil, nil, short(ntAt, 24), auth.LogonFailure},
		{"response of 43", nil, nil, short(ntAt, 43), auth.Malformed},
		{"response of 47", nil, nil, short(ntAt, 47), auth.Malformed},
		{"response type", nil, nil, func(b []byte) []byte { return flip(contentAt(b, ntAt)+proofSize, 2)(b) }, auth.Malformed},
		{"no key", nil, nil, short(keyAt, 0), auth.Malformed},
		{"key of 15", nil, nil, short(keyAt, 15), auth.Malformed},
		{"key of 65535", nil, nil, short(keyAt, 0xffff), auth.Malformed},
		{"key of 17", nil, nil, func(b []byte) []byte { return short(keyAt, 17)(append(b, 0)) }, auth.Malformed},
		{"user outside", nil, nil, put(userAt+4, 0xff, 0xff, 0xff, 0xff), auth.Malformed},
		{"user in the header", nil, nil, put(userAt+4, 63, 0, 0, 0), auth.Malformed},
		{"user of an odd length", nil, nil, short(userAt, 9), auth.Malformed},
		{"user too long", nil, nil, func(b []byte) []byte {
			b = append(bytes.Clone(b), make([]byte, maxName+2)...)
			return short(userAt, maxName+2)(b)
		}, auth.Malformed},
		{"domain", nil, nil, func(b []byte) []byte { return flip(contentAt(b, domainAt), 1)(b) }, auth.LogonFailure},
		{"LM outside", nil, nil, put(lmAt+4, 0xff, 0xff), auth.Malformed},
		{"payload over the MIC", nil, nil, put(domainAt+4, 72, 0, 0, 0), auth.LogonFailure},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig()
			r.negotiate, r.challenge, r.authenticate = c.negotiate, c.challenge, c.authenticate
			_, server, err := r.run(t)
			if server != nil || auth.KindOf(err) != c.kind {
				t.Errorf("%v, %v, want %v", server, err, c.kind)
			}
		})
	}
}

func contentAt(message []byte, field int) int {
	return int(binary.LittleEndian.Uint32(message[field+4:]))
}

// A forger knows the password, and makes an AUTHENTICATE of its own whose proof
// and MIC are right.
type forger struct {
	client *Client
	edit   func(Pairs) Pairs // of the response
	clock  time.Duration     // off the server's
	domain string            // sent; proven is the client's
	flags  Flags             // besides those that were granted
}

// answer is the forger's to the CHALLENGE after an ordinary NEGOTIATE.
func (f forger) answer(t *testing.T, negotiate, challenge []byte) []byte {
	t.Helper()
	m, err := ParseChallenge(challenge)
	if err != nil {
		t.Fatal(err)
	}
	server, _, err := ParsePairs(m.info())
	if err != nil {
		t.Fatal(err)
	}
	a := answer{client: f.client, negotiate: negotiate, challenge: challenge, random: m.ServerChallenge, flags: asked & m.Flags}
	pairs, err := a.pairs(server, true)
	if err != nil {
		t.Fatal(err)
	}
	if f.edit != nil {
		pairs = f.edit(pairs)
	}
	blob := ClientChallenge{Time: timeOf(captured().Add(f.clock)), Pairs: pairs}
	client := blob.AppendTo(nil)
	owner := ownerKey(f.client.Hash, f.client.User, encode(f.client.Domain))
	proof := prove(owner, a.random, client)
	key, encrypted := a.keys(baseKey(owner, proof))
	a.flags |= f.flags
	reply, err := a.message(append(proof, client...), encode(f.domain), encrypted)
	if err != nil {
		t.Fatal(err)
	}
	copy(reply[micOffset:], messageMIC(key, negotiate, challenge, reply))
	return reply
}

// try is one log-in of the forger, after a NEGOTIATE with the flags.
func (f forger) try(t *testing.T, s *Server, flags Flags, last func([]byte) []byte) (*auth.Result, error) {
	t.Helper()
	a := s.NewAcceptor()
	first := newNegotiate(flags)
	negotiate := first.AppendTo(nil)
	challenge, _, err := a.Accept(negotiate)
	if err != nil {
		t.Fatal(err)
	}
	_, done, err := a.Accept(change(last, f.answer(t, negotiate, challenge)))
	return done, err
}

// The domain that is sent need not be the one that is proven, if that is none;
// flags that were not granted change nothing; a MIC needs its room.
func TestForgers(t *testing.T) {
	t.Parallel()
	r := newRig()
	r.client.Domain = ""
	if done, err := (forger{client: &r.client, domain: "LAB"}).try(t, &r.server, asked, nil); err != nil || done.Identity.Domain != "LAB" {
		t.Errorf("proof without a domain: %v, %v", done, err)
	}
	r.client.Domain = "LAB"
	if done, err := (forger{client: &r.client, domain: "lab"}).try(t, &r.server, asked, nil); auth.KindOf(err) != auth.LogonFailure {
		t.Errorf("proof with another domain: %v, %v", done, err)
	}
	f := forger{client: &r.client, domain: "LAB", flags: FlagKeyExchange}
	if done, err := f.try(t, &r.server, asked&^FlagKeyExchange, nil); err != nil || !done.Sealed {
		t.Errorf("a key exchange that was not granted: %v, %v", done, err)
	}
	f.flags = 0
	noRoom := func(b []byte) []byte {
		b = append(bytes.Clone(b[:micOffset]), b[authenticatePayload:]...)
		for at := lmAt; at < flagsAt; at += 8 {
			binary.LittleEndian.PutUint32(b[at+4:], uint32(contentAt(b, at)-micSize))
		}
		return b
	}
	if done, err := f.try(t, &r.server, asked, noRoom); done != nil || !strings.Contains(fmt.Sprint(err), "no room for the MIC") {
		t.Errorf("no room for a MIC: %v, %v", done, err)
	}
}

// Clients that know the password, and answer what was not asked.
func TestPairsOfClients(t *testing.T) {
	t.Parallel()
	same := func(p Pairs) Pairs { return p }
	for _, c := range []struct {
		name   string
		edit   func(Pairs) Pairs
		clock  time.Duration
		kind   auth.Kind
		sealed bool
	}{
		{"as it should be", same, 0, 0, true},
		{"35 hours late", same, -35 * time.Hour, 0, true},
		{"37 hours late", same, -37 * time.Hour, auth.LogonFailure, false},
		{"37 hours early", same, 37 * time.Hour, auth.LogonFailure, false},
		{"another order", func(p Pairs) Pairs { p[0], p[1] = p[1], p[0]; return p }, 0, 0, true},
		{"no flags, as Linux", func(p Pairs) Pairs { return p.without(PairFlags) }, 0, 0, false},
		{"no channel bindings", func(p Pairs) Pairs { return p.without(PairChannelBindings) }, 0, 0, true},
		{"channel bindings", func(p Pairs) Pairs {
			return append(p.without(PairChannelBindings), Pair{PairChannelBindings, bytes.Repeat([]byte{7}, 16)})
		}, 0, 0, true},
		{"a pair that nobody knows", func(p Pairs) Pairs { return append(p, Pair{0x4242, []byte("?")}) }, 0, 0, true},
		{"two flags", func(p Pairs) Pairs { return append(p, Pair{PairFlags, []byte{0, 0, 0, 0}}) }, 0, auth.LogonFailure, false},
		{"flags of 3 bytes", func(p Pairs) Pairs { return append(p.without(PairFlags), Pair{PairFlags, []byte{2, 0, 0}}) }, 0, auth.Malformed, false},
		{"no computer", func(p Pairs) Pairs { return p.without(PairNetBIOSComputer) }, 0, auth.LogonFailure, false},
		{"another domain", func(p Pairs) Pairs {
			return append(p.without(PairNetBIOSDomain), Pair{PairNetBIOSDomain, encode("EVIL")})
		}, 0, auth.LogonFailure, false},
		{"no time", func(p Pairs) Pairs { return p.without(PairTimestamp) }, 0, auth.LogonFailure, false},
		{"no pairs", func(p Pairs) Pairs { return nil }, 0, auth.LogonFailure, false},
		{"too many pairs", func(p Pairs) Pairs { return append(p, make(Pairs, maxPairs)...) }, 0, auth.Malformed, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig()
			if c.name == "too many pairs" {
				edit := c.edit
				c.edit = func(p Pairs) Pairs {
					p = edit(p)
					for i := range p {
						p[i].ID = max(p[i].ID, 100)
					}
					return p
				}
			}
			done, err := forger{client: &r.client, domain: "LAB", edit: c.edit, clock: c.clock}.try(t, &r.server, asked, nil)
			switch {
			case c.kind != 0:
				if done != nil || auth.KindOf(err) != c.kind {
					t.Errorf("%v, %v, want %v", done, err, c.kind)
				}
			case err != nil:
				t.Error(err)
			case done.Sealed != c.sealed:
				t.Errorf("Sealed %v", done.Sealed)
			}
		})
	}
}

// An AUTHENTICATE is good for the challenge that it answers and for once.
func TestReplay(t *testing.T) {
	t.Parallel()
	r := newRig()
	var heard []byte
	r.authenticate = func(b []byte) []byte { heard = b; return b }
	if _, _, err := r.run(t); err != nil {
		t.Fatal(err)
	}
	r.authenticate = func([]byte) []byte { return heard }
	if _, done, err := r.run(t); done != nil || auth.KindOf(err) != auth.LogonFailure {
		t.Errorf("on another challenge: %v, %v", done, err)
	}

	a := r.server.NewAcceptor()
	i := r.client.NewInitiator()
	negotiate, _, _ := i.Initiate(nil)
	challenge, _, _ := a.Accept(negotiate)
	good, _, err := i.Initiate(challenge)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Accept(flip(micOffset, 1)(good)); auth.KindOf(err) != auth.LogonFailure {
		t.Errorf("wrong MIC: %v", err)
	}
	if _, done, err := a.Accept(good); done != nil || auth.KindOf(err) != auth.OutOfSequence {
		t.Errorf("a second try on one challenge: %v, %v", done, err)
	}
	if _, _, err := i.Initiate(challenge); auth.KindOf(err) != auth.OutOfSequence {
		t.Errorf("a second challenge: %v", err)
	}
}

// Challenges of hostile servers.
func TestHostileServers(t *testing.T) {
	t.Parallel()
	timestamp := Pair{PairTimestamp, make([]byte, 8)}
	many := make(Pairs, maxPairs+1)
	for i := range many {
		many[i] = Pair{PairDNSDomain, nil}
	}
	for _, c := range []struct {
		name  string
		pairs Pairs
		kind  auth.Kind
	}{
		{"a plain one", Pairs{timestamp}, 0},
		{"no pairs", nil, 0},
		{"pairs that a client sends", Pairs{timestamp, {PairFlags, []byte{1, 0, 0, 0}}, {PairTargetName, encode("cifs/evil")}, {PairChannelBindings, make([]byte, 16)}}, 0},
		{"time of 7 bytes", Pairs{{PairTimestamp, make([]byte, 7)}}, auth.Malformed},
		{"flags of 5 bytes", Pairs{{PairFlags, make([]byte, 5)}}, auth.Malformed},
		{"too many", many, auth.Malformed},
		{"too long", Pairs{{PairDNSDomain, make([]byte, maxTargetInfo)}}, auth.Malformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i := newRig().client.NewInitiator()
			if _, _, err := i.Initiate(nil); err != nil {
				t.Fatal(err)
			}
			m := newChallenge(needsToo, [8]byte{}, nil, c.pairs.AppendTo(nil))
			reply, done, err := i.Initiate(m.AppendTo(nil))
			if c.kind != 0 {
				if done != nil || auth.KindOf(err) != c.kind {
					t.Errorf("%v, %v, want %v", done, err, c.kind)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			checkOwnPairs(t, reply)
		})
	}
}

// checkOwnPairs: what the client vouches for is there once, and is its own.
func checkOwnPairs(t *testing.T, reply []byte) {
	t.Helper()
	m, err := ParseAuthenticate(reply)
	if err != nil {
		t.Fatal(err)
	}
	blob, err := ParseClientChallenge(m.Content(m.NT)[proofSize:])
	if err != nil {
		t.Fatal(err)
	}
	count := map[PairID]int{}
	for _, p := range blob.Pairs {
		count[p.ID]++
	}
	if count[PairTargetName] != 1 || count[PairChannelBindings] != 1 || count[PairFlags] > 1 {
		t.Errorf("pairs %v", count)
	}
	if target, _ := blob.Pairs.find(PairTargetName); decode(target) != "cifs/gateway" {
		t.Errorf("target %q", decode(target))
	}
}
