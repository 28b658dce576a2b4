package spnego

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/auth"
)

// A steps is a mechanism that is through after so many tokens of the peer, and
// signs with its name.
type steps struct {
	name   string
	left   int
	server bool
	silent bool // says nothing with its last step
	sealed bool
	keyed  bool
	spoken int
}

func (s *steps) step(token []byte) ([]byte, *auth.Result, error) {
	if s.spoken > 0 || s.server {
		if !strings.HasPrefix(string(token), s.name) {
			return nil, nil, fail(auth.Malformed, fmt.Sprintf("%q is not for %s", token, s.name))
		}
	}
	s.spoken++
	s.left--
	reply := fmt.Appendf(nil, "%s %d", s.name, s.spoken)
	if s.left > 0 {
		return reply, nil, nil
	}
	if s.silent {
		reply = nil
	}
	r := &auth.Result{Key: auth.NewSecret([]byte(s.name)), Sealed: s.sealed}
	if s.keyed {
		r.Integrity = namedKey{s.name, s.server}
	}
	return reply, r, nil
}

func (s *steps) Accept(token []byte) ([]byte, *auth.Result, error)   { return s.step(token) }
func (s *steps) Initiate(token []byte) ([]byte, *auth.Result, error) { return s.step(token) }

type namedKey struct {
	name   string
	server bool
}

func (k namedKey) sum(message []byte, server bool) []byte {
	h := hmac.New(sha256.New, fmt.Append(nil, k.name, server))
	h.Write(message)
	return h.Sum(nil)
}

func (k namedKey) MIC(message []byte) []byte { return k.sum(message, k.server) }

func (k namedKey) Verify(message, mic []byte) error {
	if !bytes.Equal(mic, k.sum(message, !k.server)) {
		return fail(auth.LogonFailure, "wrong signature")
	}
	return nil
}

// countdown is a row: the client speaks first and last, in n tokens, as NTLM
// does with two. Its OID is its name too.
func countdown(oid OID, n int, keyed bool) Mechanism {
	name := fmt.Sprintf("m%x", string(oid))
	return Mechanism{
		Name: name, OIDs: []OID{oid, oid + "\x09"},
		Accept: func() auth.Acceptor {
			return &steps{name: name, left: n, server: true, silent: true, keyed: keyed}
		},
		Initiate: func() auth.Initiator { return &steps{name: name, left: n, keyed: keyed} },
	}
}

// answering is a row in which the server speaks last.
func answering(oid OID) Mechanism {
	name := fmt.Sprintf("m%x", string(oid))
	return Mechanism{
		Name: name, OIDs: []OID{oid},
		Accept:   func() auth.Acceptor { return &steps{name: name, left: 1, server: true, keyed: true} },
		Initiate: func() auth.Initiator { return &steps{name: name, left: 2, silent: true, keyed: true} },
	}
}

// A wire is what a test does to the tokens on their way.
type wire struct {
	init   func(*Init)
	client func(n int, m *Resp) // the client's later tokens, from 1
	server func(n int, m *Resp)
}

func (w wire) toServer(t *testing.T, n int, token []byte) []byte {
	switch {
	case n == 0 && w.init != nil:
		m, err := ParseInit(token)
		if err != nil {
			t.Fatal(err)
		}
		w.init(&m)
		return m.AppendTo(nil)
	case n > 0 && w.client != nil:
		return edited(t, token, n, w.client)
	}
	return token
}

func edited(t *testing.T, token []byte, n int, edit func(int, *Resp)) []byte {
	m, err := ParseResp(token)
	if err != nil {
		t.Fatal(err)
	}
	edit(n, &m)
	return m.AppendTo(nil)
}

// An outcome is what both sides came to.
type outcome struct {
	client, server       *auth.Result
	clientErr, serverErr error
	trail                string // negState of each answer, + where it was signed
}

// meet lets a client and a server talk until one is in trouble or both are
// through.
func meet(t *testing.T, client, server []Mechanism, w wire) (o outcome) {
	t.Helper()
	i, a := NewInitiator(client), NewAcceptor(server)
	var answer []byte
	for n := range 2 * maxRounds {
		var token []byte
		if o.client == nil {
			if token, o.client, o.clientErr = i.Initiate(answer); o.clientErr != nil {
				return o
			}
		}
		if o.server != nil {
			break
		}
		if answer, o.server, o.serverErr = a.Accept(w.toServer(t, n, token)); o.serverErr != nil {
			return o
		}
		if w.server != nil {
			answer = edited(t, answer, n, w.server)
		}
		m, err := ParseResp(answer)
		if err != nil {
			t.Fatal(err)
		}
		o.trail += " " + m.State.String()
		if m.MIC != nil {
			o.trail += "+"
		}
		if o.client != nil && o.server != nil {
			break
		}
	}
	return o
}

func TestNegotiation(t *testing.T) {
	t.Parallel()
	one, two, three := countdown("\x01", 2, true), countdown("\x02", 2, true), countdown("\x03", 2, true)
	last := answering("\x04")
	sealed := countdown("\x05", 2, true)
	sealed.Initiate = func() auth.Initiator { return &steps{name: sealed.Name, left: 2, keyed: true, sealed: true} }
	keyless := countdown("\x06", 2, false)
	alias := one
	alias.OIDs = []OID{one.OIDs[1]}
	for _, c := range []struct {
		name           string
		client, server []Mechanism
		wire           wire
		chosen         string
		trail          string
		clientKind     auth.Kind
		serverKind     auth.Kind
	}{
		{"one", []Mechanism{one}, []Mechanism{one}, wire{}, "m01", " accept-incomplete accept-completed", 0, 0},
		{"by another name", []Mechanism{alias}, []Mechanism{one}, wire{}, "m01", " accept-incomplete accept-completed", 0, 0},
		{"a mechanism with a MIC of its own", []Mechanism{sealed}, []Mechanism{sealed}, wire{}, "m05", " accept-incomplete accept-completed+", 0, 0},
		{"the client's first", []Mechanism{one, two}, []Mechanism{two, one}, wire{}, "m01", " accept-incomplete accept-completed", 0, 0},
		{"the client's second", []Mechanism{one, two}, []Mechanism{two}, wire{}, "m02", " request-mic accept-incomplete accept-completed+", 0, 0},
		{"the client's third", []Mechanism{one, two, three}, []Mechanism{three}, wire{}, "m03", " request-mic accept-incomplete accept-completed+", 0, 0},
		{"the server speaks last", []Mechanism{last}, []Mechanism{last}, wire{}, "m04", " accept-completed", 0, 0},
		{"second, the server speaks last", []Mechanism{one, last}, []Mechanism{last}, wire{}, "m04", " request-mic accept-incomplete+ accept-completed", 0, 0},
		{"second, without a key", []Mechanism{one, keyless}, []Mechanism{keyless}, wire{}, "m06", " request-mic accept-incomplete accept-completed", 0, 0},
		{"a signature asked for", []Mechanism{one}, []Mechanism{one}, wire{server: func(n int, m *Resp) {
			if n == 0 {
				m.State = RequestMIC
			}
		}}, "m01", " request-mic accept-completed+", 0, 0},
		{"a signature asked for and none given", []Mechanism{one}, []Mechanism{one}, wire{server: func(n int, m *Resp) {
			if n == 0 {
				m.State = RequestMIC
			}
			m.MIC = nil
		}}, "", "", auth.LogonFailure, 0},
		{"without the first token", []Mechanism{one}, []Mechanism{one}, wire{init: func(m *Init) { m.Token = nil }}, "", " accept-incomplete", auth.Malformed, 0},
		{"nothing in common", []Mechanism{one}, []Mechanism{two}, wire{}, "", "", 0, auth.Unsupported},

		// A man in the middle takes the better mechanism away.
		{"first taken away", []Mechanism{one, two}, []Mechanism{one, two}, wire{init: func(m *Init) {
			m.Mechanisms, m.List, m.Token = m.Mechanisms[1:], nil, nil
		}}, "", "", 0, auth.LogonFailure},
		{"first taken away, signature too", []Mechanism{one, two}, []Mechanism{one, two}, wire{
			init:   func(m *Init) { m.Mechanisms, m.List, m.Token = m.Mechanisms[1:], nil, nil },
			client: func(_ int, m *Resp) { m.MIC = nil },
		}, "", "", auth.LogonFailure, 0},
		{"order changed", []Mechanism{one, two}, []Mechanism{one, two}, wire{init: func(m *Init) {
			m.Mechanisms[0], m.Mechanisms[1], m.List, m.Token = m.Mechanisms[1], m.Mechanisms[0], nil, nil
		}}, "", "", 0, auth.LogonFailure},
		{"client's signature missing", []Mechanism{one, two}, []Mechanism{two}, wire{client: func(_ int, m *Resp) { m.MIC = nil }}, "", "", 0, auth.LogonFailure},
		{"client's signature wrong", []Mechanism{sealed}, []Mechanism{sealed}, wire{client: func(_ int, m *Resp) { m.MIC[0] ^= 1 }}, "", "", 0, auth.LogonFailure},
		{"client's signature short", []Mechanism{sealed}, []Mechanism{sealed}, wire{client: func(_ int, m *Resp) { m.MIC = m.MIC[:4] }}, "", "", 0, auth.LogonFailure},
		{"client's signature empty", []Mechanism{sealed}, []Mechanism{sealed}, wire{client: func(_ int, m *Resp) { m.MIC = []byte{} }}, "", "", 0, auth.LogonFailure},
		{"signature without a key", []Mechanism{keyless}, []Mechanism{keyless}, wire{client: func(_ int, m *Resp) { m.MIC = []byte{1} }}, "", "", 0, auth.LogonFailure},
		{"server's signature missing", []Mechanism{one, two}, []Mechanism{two}, wire{server: func(_ int, m *Resp) { m.MIC = nil }}, "", "", auth.LogonFailure, 0},
		{"server's signature wrong", []Mechanism{sealed}, []Mechanism{sealed}, wire{server: func(_ int, m *Resp) {
			if m.MIC != nil {
				m.MIC[0] ^= 1
			}
		}}, "", "", auth.LogonFailure, 0},
		{"server's signature missing with one mechanism", []Mechanism{sealed}, []Mechanism{sealed}, wire{server: func(_ int, m *Resp) { m.MIC = nil }}, "m05", " accept-incomplete accept-completed", 0, 0},
		{"last signature of the client missing", []Mechanism{one, last}, []Mechanism{last}, wire{client: func(_ int, m *Resp) { m.MIC = nil }}, "", "", 0, auth.LogonFailure},

		{"the server chooses what was not offered", []Mechanism{one}, []Mechanism{one}, wire{server: func(_ int, m *Resp) { m.Mechanism = "\x07" }}, "", "", auth.Unsupported, 0},
		{"the server chooses second and answers the first", []Mechanism{one, two}, []Mechanism{one}, wire{server: func(_ int, m *Resp) { m.Mechanism = "\x02" }}, "", "", auth.Malformed, 0},
		{"the server rejects", []Mechanism{one}, []Mechanism{one}, wire{server: func(_ int, m *Resp) { m.State = Reject }}, "", "", auth.LogonFailure, 0},
		{"the client rejects", []Mechanism{one}, []Mechanism{one}, wire{client: func(_ int, m *Resp) { m.State = Reject }}, "", "", 0, auth.LogonFailure},
		{"success too early", []Mechanism{one}, []Mechanism{one}, wire{server: func(_ int, m *Resp) { m.State, m.Token = AcceptCompleted, nil }}, "", "", auth.Malformed, 0},
		{"never success", []Mechanism{sealed}, []Mechanism{sealed}, wire{server: func(_ int, m *Resp) { m.State = AcceptIncomplete }}, "", "", auth.OutOfSequence, 0},
		{"a token behind the last", []Mechanism{sealed}, []Mechanism{sealed}, wire{server: func(n int, m *Resp) {
			if n == 1 {
				m.Token = []byte("m05 more")
			}
		}}, "", "", auth.OutOfSequence, 0},
		{"a token for another", []Mechanism{one}, []Mechanism{one}, wire{client: func(_ int, m *Resp) { m.Token = []byte("m02 2") }}, "", "", 0, auth.Malformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := meet(t, c.client, c.server, c.wire)
			if kind(o.clientErr) != c.clientKind || kind(o.serverErr) != c.serverKind {
				t.Fatalf("client %v, server %v", o.clientErr, o.serverErr)
			}
			if c.trail != "" && o.trail != c.trail {
				t.Errorf("the server answered%s", o.trail)
			}
			if c.chosen == "" {
				if o.client != nil && o.server != nil {
					t.Error("both are content")
				}
				return
			}
			if o.client == nil || o.server == nil || string(o.client.Key.Bytes()) != c.chosen || !o.client.Key.Equal(o.server.Key) {
				t.Errorf("client %v, server %v, want %s", o.client, o.server, c.chosen)
			}
		})
	}
}

func kind(err error) auth.Kind {
	if err == nil {
		return 0
	}
	return auth.KindOf(err)
}

// A client offers what the server has, in its own order.
func TestHintChooses(t *testing.T) {
	t.Parallel()
	one, two, three := countdown("\x01", 2, true), countdown("\x02", 2, true), countdown("\x03", 2, true)
	serverOnly := countdown("\x08", 2, true)
	serverOnly.Initiate = nil
	client := []Mechanism{serverOnly, one, two, three}
	first, _, err := NewInitiator(client).Initiate(Hint([]Mechanism{three, two, serverOnly}))
	if err != nil {
		t.Fatal(err)
	}
	m, err := ParseInit(first)
	if err != nil || len(m.Mechanisms) != 2 || m.Mechanisms[0] != "\x02" || m.Mechanisms[1] != "\x03" || string(m.Token) != "m02 1" {
		t.Errorf("%+v, %v", m, err)
	}
	for _, hint := range [][]byte{Hint([]Mechanism{countdown("\x07", 1, true)}), Hint([]Mechanism{serverOnly})} {
		if _, _, err := NewInitiator(client).Initiate(hint); kind(err) != auth.Unsupported {
			t.Error(err)
		}
	}
	if _, _, err := NewInitiator(client).Initiate([]byte("hint")); kind(err) != auth.Malformed {
		t.Error(err)
	}
}

// Success without a last token is success, once the mechanism is through.
func TestEmptyLastToken(t *testing.T) {
	t.Parallel()
	i := NewInitiator([]Mechanism{countdown("\x01", 2, true)})
	if _, _, err := i.Initiate(nil); err != nil {
		t.Fatal(err)
	}
	answer := Resp{State: AcceptIncomplete, Mechanism: "\x01", Token: []byte("m01 1")}
	if _, _, err := i.Initiate(answer.AppendTo(nil)); err != nil {
		t.Fatal(err)
	}
	if _, done, err := i.Initiate(nil); err != nil || done == nil {
		t.Errorf("%v, %v", done, err)
	}

	i = NewInitiator([]Mechanism{countdown("\x01", 2, true)})
	i.Initiate(nil)
	if _, done, err := i.Initiate(nil); kind(err) != auth.Malformed || done != nil {
		t.Errorf("before: %v, %v", done, err)
	}
}

// Tokens that a server must survive, and what it says of them.
func TestHostileTokens(t *testing.T) {
	t.Parallel()
	deep := []byte{}
	for range 1000 {
		deep = wrap(nil, tagSequence, deep)
	}
	many := Init{Mechanisms: make([]OID, maxMechanisms+1)}
	for i := range many.Mechanisms {
		many.Mechanisms[i] = "\x01"
	}
	long := Init{Mechanisms: []OID{OID(strings.Repeat("\x01", maxOID+1))}}
	unknown := Init{Mechanisms: []OID{Kerberos, NegoEx, "\x2a"}, Token: []byte("NTLMSSP\x00")}
	good := Init{Mechanisms: []OID{"\x01"}, Token: []byte("m01 1")}
	big := (&Init{Mechanisms: []OID{"\x01"}, Token: []byte("m01" + strings.Repeat(" ", 130))}).AppendTo(nil)
	inner := func(seq []byte) []byte {
		body := wrap(wrap(nil, tagOID, []byte(SPNEGO)), tagContext, wrap(nil, tagSequence, seq))
		return wrap(nil, tagApplication, body)
	}
	list := wrap(nil, tagContext, appendList(nil, []OID{"\x01"}))
	for _, c := range []struct {
		name  string
		token []byte
		kind  auth.Kind
	}{
		{"good", good.AppendTo(nil), 0},
		{"flags, to be ignored", inner(append(bytes.Clone(list), wrap(nil, tagContext+1, wrap(nil, tagBits, []byte{1, 0x7e}))...)), 0},
		{"nothing", nil, auth.Malformed},
		{"more than 64 KiB", make([]byte, 1<<16), auth.Malformed},
		{"indefinite length", []byte{0x60, 0x80, 0x06, 0x00, 0x00, 0x00}, auth.Malformed},
		{"length of 4 GiB", []byte{0x60, 0x84, 0xff, 0xff, 0xff, 0xff}, auth.Malformed},
		{"length of 16 MiB", []byte{0x60, 0x83, 0xff, 0xff, 0xff}, auth.Malformed},
		{"length of 127 bytes", append([]byte{0x60, 0xff}, make([]byte, 200)...), auth.Malformed},
		{"length not the shortest", append([]byte{0x60, 0x81, byte(len(good.AppendTo(nil)) - 2)}, good.AppendTo(nil)[2:]...), auth.Malformed},
		{"length of two bytes", big, 0},
		{"length with a zero before", append([]byte{0x60, 0x82, 0x00}, big[2:]...), auth.Malformed},
		{"nested 1000 deep", deep, auth.Malformed},
		{"not SPNEGO", wrap(nil, tagApplication, wrap(nil, tagOID, []byte(Kerberos))), auth.Malformed},
		{"no OID", wrap(nil, tagApplication, nil), auth.Malformed},
		{"a later token first", (&Resp{State: AcceptIncomplete}).AppendTo(nil), auth.Malformed},
		{"no mechanisms", (&Init{}).AppendTo(nil), auth.Malformed},
		{"no list", inner(nil), auth.Malformed},
		{"too many mechanisms", many.AppendTo(nil), auth.Malformed},
		{"a mechanism too long", long.AppendTo(nil), auth.Malformed},
		{"unknown mechanisms", unknown.AppendTo(nil), auth.Unsupported},
		{"something behind the list", inner(append(bytes.Clone(list), 0xa9, 0)), auth.Malformed},
		{"parts in the wrong order", inner(append(wrap(nil, tagContext+2, wrap(nil, tagOctets, nil)), list...)), auth.Malformed},
		{"a part twice", inner(append(bytes.Clone(list), list...)), auth.Malformed},
		{"two strings in a part", inner(append(bytes.Clone(list), wrap(nil, tagContext+2, []byte{4, 0, 4, 0})...)), auth.Malformed},
		{"the list is no SEQUENCE", inner(wrap(nil, tagContext, []byte{4, 0})), auth.Malformed},
		{"a mechanism is no OID", inner(wrap(nil, tagContext, wrap(nil, tagSequence, []byte{4, 0}))), auth.Malformed},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := NewAcceptor([]Mechanism{countdown("\x01", 2, true)})
			if _, done, err := a.Accept(c.token); done != nil || kind(err) != c.kind {
				t.Errorf("%v, want %v", err, c.kind)
			}
		})
	}
}

func TestHostileLaterTokens(t *testing.T) {
	t.Parallel()
	for name, token := range map[string][]byte{
		"nothing":            nil,
		"a first one":        (&Init{Mechanisms: []OID{"\x01"}}).AppendTo(nil),
		"state 4":            (&Resp{State: 4}).AppendTo(nil),
		"state of two bytes": wrap(nil, tagContext+1, wrap(nil, tagSequence, wrap(nil, tagContext, wrap(nil, tagEnum, []byte{0, 1})))),
		"state of no bytes":  wrap(nil, tagContext+1, wrap(nil, tagSequence, wrap(nil, tagContext, wrap(nil, tagEnum, nil)))),
		"a long mechanism":   (&Resp{Mechanism: OID(strings.Repeat("\x01", maxOID+1))}).AppendTo(nil),
		"an unknown part":    wrap(nil, tagContext+1, wrap(nil, tagSequence, []byte{0xa4, 0})),
		"bare":               []byte("NTLMSSP\x00"),
	} {
		a := NewAcceptor([]Mechanism{countdown("\x01", 2, true)})
		first := Init{Mechanisms: []OID{"\x01"}, Token: []byte("m01 1")}
		if _, _, err := a.Accept(first.AppendTo(nil)); err != nil {
			t.Fatal(err)
		}
		if _, done, err := a.Accept(token); done != nil || kind(err) != auth.Malformed {
			t.Errorf("%s: %v, %v", name, done, err)
		}
		good := Resp{State: NoState, Token: []byte("m01 2")}
		if _, done, err := a.Accept(good.AppendTo(nil)); done != nil || kind(err) != auth.OutOfSequence {
			t.Errorf("%s, then a good one: %v, %v", name, done, err)
		}
	}
}

// A peer that always has something more to say is stopped.
func TestRounds(t *testing.T) {
	t.Parallel()
	endless := countdown("\x01", 1000, true)
	o := meet(t, []Mechanism{endless}, []Mechanism{endless}, wire{})
	if kind(o.clientErr) != auth.OutOfSequence && kind(o.serverErr) != auth.OutOfSequence {
		t.Errorf("%v, %v", o.clientErr, o.serverErr)
	}
	a := NewAcceptor([]Mechanism{endless})
	token := (&Init{Mechanisms: []OID{"\x01"}, Token: []byte("m01")}).AppendTo(nil)
	for n := range maxRounds + 1 {
		if _, _, err := a.Accept(token); (err != nil) != (n == maxRounds) {
			t.Errorf("token %d: %v", n+1, err)
		}
		token = (&Resp{State: NoState, Token: []byte("m01")}).AppendTo(nil)
	}
}

func TestOID(t *testing.T) {
	t.Parallel()
	for oid, want := range map[OID]string{
		SPNEGO: "1.3.6.1.5.5.2", NTLM: "1.3.6.1.4.1.311.2.2.10", Kerberos: "1.2.840.113554.1.2.2",
		KerberosMistaken: "1.2.840.48018.1.2.2", KerberosUser: "1.2.840.113554.1.2.2.3", NegoEx: "1.3.6.1.4.1.311.2.2.30",
		"\x88\x37\x03": "2.999.3", "": "", "\x80": "",
	} {
		if got := oid.String(); got != want {
			t.Errorf("%x is %s, want %s", string(oid), got, want)
		}
	}
}
