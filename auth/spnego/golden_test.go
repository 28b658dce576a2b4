package spnego

import (
	"bytes"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/auth"
)

// An exchange is a log-in that was on the wire.
type exchange struct {
	name                 string
	hint, client, server []string
}

func exchanges(t testing.TB) []exchange {
	t.Helper()
	text, err := os.ReadFile("testdata/exchanges.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []exchange
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\n"), " ")
		if key == "exchange" {
			list = append(list, exchange{name: value})
			continue
		}
		if len(list) == 0 {
			continue
		}
		e := &list[len(list)-1]
		switch key {
		case "hint":
			e.hint = append(e.hint, value)
		case "client":
			e.client = append(e.client, value)
		case "server":
			e.server = append(e.server, value)
		}
	}
	if len(list) != 7 {
		t.Fatalf("%d exchanges", len(list))
	}
	return list
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tokens are all that is not bare NTLM.
func tokens(t testing.TB) (list [][]byte) {
	for _, e := range exchanges(t) {
		for _, group := range [][]string{e.hint, e.client, e.server} {
			for _, s := range group {
				if b := unhex(t, s); len(b) > 0 && !isNTLM(b) {
					list = append(list, b)
				}
			}
		}
	}
	return list
}

func isNTLM(b []byte) bool { return bytes.HasPrefix(b, []byte("NTLMSSP\x00")) }

// rebuild reads a token of either kind and builds it again.
func rebuild(b []byte) ([]byte, error) {
	if len(b) > 0 && tag(b[0]) == tagApplication {
		m, err := ParseInit(b)
		if err != nil {
			return nil, err
		}
		return m.AppendTo(nil), nil
	}
	m, err := ParseResp(b)
	if err != nil {
		return nil, err
	}
	return m.AppendTo(nil), nil
}

// Every token of a real peer is built again as it was, and is refused when it
// is cut off or something trails it.
func TestGoldenTokens(t *testing.T) {
	t.Parallel()
	list := tokens(t)
	if len(list) < 20 {
		t.Fatalf("%d tokens", len(list))
	}
	for _, b := range list {
		if again, err := rebuild(b); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%v, built\n%x, want\n%x", err, again, b)
		}
		for n := range b {
			if _, err := rebuild(b[:n:n]); err == nil {
				t.Errorf("%x is read from %d bytes", b, n)
			}
		}
		if _, err := rebuild(append(bytes.Clone(b), 0)); err == nil {
			t.Errorf("%x and a byte more is read", b)
		}
	}
}

// The servers' hints are what Hint makes of their mechanisms.
func TestGoldenHints(t *testing.T) {
	t.Parallel()
	accept := func() auth.Acceptor { return nil }
	smbd := Hint([]Mechanism{{OIDs: []OID{NTLM}, Accept: accept}})
	ksmbd := Hint([]Mechanism{{OIDs: []OID{Kerberos, KerberosMistaken}, Accept: accept}, {OIDs: []OID{NegoEx}}, {OIDs: []OID{NTLM}, Accept: accept}})
	for _, e := range exchanges(t) {
		want := smbd
		if strings.HasSuffix(e.name, "-ksmbd") {
			want = ksmbd
		}
		if got := unhex(t, e.hint[0]); !bytes.Equal(got, want) {
			t.Errorf("%s: hint\n%x, made\n%x", e.name, got, want)
		}
	}
}

// A recorded is a mechanism that says what NTLM said in an exchange, in either
// role.
type recorded struct {
	t      *testing.T
	heard  [][]byte // expected from the peer
	say    [][]byte
	result *auth.Result
}

func (r *recorded) Accept(token []byte) ([]byte, *auth.Result, error) {
	r.t.Helper()
	if len(r.heard) == 0 || !bytes.Equal(token, r.heard[0]) {
		r.t.Fatalf("the mechanism was given %x", token)
	}
	r.heard = r.heard[1:]
	var reply []byte
	if len(r.say) > 0 {
		reply, r.say = r.say[0], r.say[1:]
	}
	if len(r.heard) == 0 {
		return reply, r.result, nil
	}
	return reply, nil, nil
}

func (r *recorded) Initiate(token []byte) ([]byte, *auth.Result, error) { return r.Accept(token) }

// stamps are the signatures that were on the wire.
type stamps struct {
	t         *testing.T
	own, peer []byte
}

func (s stamps) check(message []byte) {
	if want := appendList(nil, []OID{NTLM}); !bytes.Equal(message, want) {
		s.t.Errorf("what is signed is %x, not the list", message)
	}
}

func (s stamps) MIC(message []byte) []byte {
	s.check(message)
	return s.own
}

func (s stamps) Verify(message, mic []byte) error {
	s.check(message)
	if !bytes.Equal(mic, s.peer) {
		return fail(auth.LogonFailure, "wrong")
	}
	return nil
}

// inner are the NTLM messages and the signature of each side's tokens.
func inner(t *testing.T, list []string) (messages [][]byte, mic []byte) {
	t.Helper()
	for _, s := range list {
		b := unhex(t, s)
		switch {
		case len(b) == 0:
		case isNTLM(b):
			messages = append(messages, b)
		case tag(b[0]) == tagApplication:
			m, err := ParseInit(b)
			if err != nil {
				t.Fatal(err)
			}
			messages = append(messages, m.Token)
		default:
			m, err := ParseResp(b)
			if err != nil {
				t.Fatal(err)
			}
			if m.Token != nil {
				messages = append(messages, m.Token)
			}
			mic = m.MIC
		}
	}
	return messages, mic
}

// row is a table with the mechanism alone.
func row(r *recorded) []Mechanism {
	return []Mechanism{{
		Name: "NTLM", OIDs: []OID{NTLM}, Raw: isNTLM,
		Accept:   func() auth.Acceptor { return r },
		Initiate: func() auth.Initiator { return r },
	}}
}

// Given the tokens of a real client, our server's are those of the real one,
// byte for byte.
func TestGoldenAcceptor(t *testing.T) {
	t.Parallel()
	for _, e := range exchanges(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			heard, clientMIC := inner(t, e.client)
			say, serverMIC := inner(t, e.server)
			result := &auth.Result{}
			if !strings.HasPrefix(e.name, "anonymous") {
				result.Integrity = stamps{t, serverMIC, clientMIC}
			}
			a := NewAcceptor(row(&recorded{t: t, heard: heard, say: say, result: result}))
			for n := range e.client {
				reply, done, err := a.Accept(unhex(t, e.client[n]))
				if err != nil || !bytes.Equal(reply, unhex(t, e.server[n])) {
					t.Fatalf("%v, answer\n%x, want\n%s", err, reply, e.server[n])
				}
				if (done != nil) != (n == len(e.client)-1) {
					t.Errorf("token %d: done %v", n, done)
				}
			}
			if _, _, err := a.Accept(unhex(t, e.client[0])); auth.KindOf(err) != auth.OutOfSequence {
				t.Errorf("a log-in more: %v", err)
			}
		})
	}
}

// Given the tokens of a real server, our client's are those of smbclient, byte
// for byte.
func TestGoldenInitiator(t *testing.T) {
	t.Parallel()
	for _, e := range exchanges(t) {
		if strings.HasPrefix(e.name, "cifs") {
			continue // speaks bare NTLM
		}
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			say, clientMIC := inner(t, e.client)
			heard, serverMIC := inner(t, e.server)
			result := &auth.Result{Sealed: clientMIC != nil}
			if !strings.HasPrefix(e.name, "anonymous") {
				result.Integrity = stamps{t, clientMIC, serverMIC}
			}
			i := NewInitiator(row(&recorded{t: t, heard: append([][]byte{nil}, heard...), say: say, result: result}))
			heardFromServer := append([]string{e.hint[0]}, e.server...)
			for n, s := range heardFromServer {
				reply, done, err := i.Initiate(unhex(t, s))
				var want []byte
				if n < len(e.client) {
					want = unhex(t, e.client[n])
				}
				if err != nil || !bytes.Equal(reply, want) {
					t.Fatalf("%v, answer\n%x, want\n%x", err, reply, want)
				}
				if (done != nil) != (n == len(e.server)) {
					t.Errorf("token %d: done %v", n, done)
				}
			}
		})
	}
}
