package ntlm

import (
	"bytes"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
)

// An exchange is a log-in that was on the wire, with what follows from it.
type exchange struct {
	name   string
	values map[string]string
}

func (e exchange) hex(t testing.TB, key string) []byte {
	t.Helper()
	b, err := hex.DecodeString(e.values[key])
	if err != nil {
		t.Fatalf("%s: %s: %v", e.name, key, err)
	}
	return b
}

func (e exchange) anonymous() bool { return e.values["user"] == "" }

// owner is NTOWFv2 of the user.
func (e exchange) owner(t testing.TB) []byte {
	if e.values["owner"] != "" {
		return e.hex(t, "owner")
	}
	return ownerKey(Hash("secret"), e.values["user"], encode(e.values["domain"]))
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
		switch {
		case key == "exchange":
			list = append(list, exchange{value, map[string]string{}})
		case key != "" && key != "#":
			if len(list) > 0 {
				list[len(list)-1].values[key] = value
			}
		}
	}
	if len(list) != 8 {
		t.Fatalf("%d exchanges", len(list))
	}
	return list
}

func each(t *testing.T, f func(*testing.T, exchange)) {
	t.Helper()
	t.Parallel()
	for _, e := range exchanges(t) {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			f(t, e)
		})
	}
}

// Every message of a real peer is built again as it was, byte for byte, and
// what was cut off is refused.
func TestGoldenMessages(t *testing.T) {
	each(t, func(t *testing.T, e exchange) {
		for _, c := range codecs {
			b := e.hex(t, c.name)
			again, err := c.rebuild(b)
			if err != nil || !bytes.Equal(again, b) {
				t.Errorf("%s: %v, built\n%x, want\n%x", c.name, err, again, b)
			}
			for n := range c.fixed {
				if _, err := c.rebuild(b[:n:n]); err == nil {
					t.Errorf("%s is read from %d bytes", c.name, n)
				}
			}
		}
		m, err := ParseAuthenticate(e.hex(t, "authenticate"))
		if err != nil {
			t.Fatal(err)
		}
		if got := decode(m.Content(m.User)); got != e.values["user"] {
			t.Errorf("user %q", got)
		}
		if got := decode(m.Content(m.Domain)); got != e.values["domain"] {
			t.Errorf("domain %q", got)
		}
		nt := m.Content(m.NT)
		if e.anonymous() {
			if !m.anonymous() || len(nt) > 0 {
				t.Errorf("not taken for anonymous")
			}
			return
		}
		c, err := ParseClientChallenge(nt[proofSize:])
		if again := c.AppendTo(nil); err != nil || !bytes.Equal(again, nt[proofSize:]) {
			t.Errorf("response: %v, built\n%x, want\n%x", err, again, nt[proofSize:])
		}
	})
}

// Payload cut off makes a field point nowhere.
func TestGoldenTruncated(t *testing.T) {
	each(t, func(t *testing.T, e exchange) {
		for _, name := range []string{"challenge", "authenticate"} {
			b := e.hex(t, name)
			c := codecOf(t, name)
			for n := range len(b) {
				if _, err := c.rebuild(b[:n:n]); err == nil {
					t.Errorf("%s is read from %d of %d bytes", name, n, len(b))
				}
			}
		}
	})
}

// All keys follow from the password and the messages.
func TestGoldenKeys(t *testing.T) {
	each(t, func(t *testing.T, e exchange) {
		challenge, err := ParseChallenge(e.hex(t, "challenge"))
		if err != nil {
			t.Fatal(err)
		}
		m, err := ParseAuthenticate(e.hex(t, "authenticate"))
		if err != nil {
			t.Fatal(err)
		}
		base := make([]byte, keySize)
		if !e.anonymous() {
			owner, nt := e.owner(t), m.Content(m.NT)
			proof := prove(owner, challenge.ServerChallenge, nt[proofSize:])
			base = baseKey(owner, proof)
			if !bytes.Equal(proof, nt[:proofSize]) || !bytes.Equal(proof, e.hex(t, "proof")) {
				t.Errorf("proof %x", proof)
			}
		}
		if !bytes.Equal(base, e.hex(t, "base")) {
			t.Errorf("base key %x", base)
		}
		flags := m.Flags & challenge.Flags
		key := sessionKey(base, &m, flags)
		if !bytes.Equal(key, e.hex(t, "key")) {
			t.Errorf("session key %x, want %x", key, e.hex(t, "key"))
		}
		if want := e.hex(t, "mic"); len(want) > 0 {
			got := messageMIC(key, e.hex(t, "negotiate"), e.hex(t, "challenge"), e.hex(t, "authenticate"))
			if !bytes.Equal(got, want) || !m.hasMIC() {
				t.Errorf("MIC %x, want %x (room for it: %v)", got, want, m.hasMIC())
			}
		}
		checkListMICs(t, e, key, flags)
	})
}

// mechList is what both sides sign when NTLM alone is offered.
var mechList = []byte("\x30\x0c\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a")

func checkListMICs(t *testing.T, e exchange, key []byte, flags Flags) {
	t.Helper()
	client, server := newSession(key, flags, false), newSession(key, flags, true)
	if want := e.hex(t, "clientmic"); len(want) > 0 {
		if got := client.MIC(mechList); !bytes.Equal(got, want) {
			t.Errorf("client's mechListMIC %x, want %x", got, want)
		}
		if err := server.Verify(mechList, want); err != nil {
			t.Error(err)
		}
	}
	if want := e.hex(t, "servermic"); len(want) > 0 {
		if got := server.MIC(mechList); !bytes.Equal(got, want) {
			t.Errorf("server's mechListMIC %x, want %x", got, want)
		}
		if err := client.Verify(mechList, want); err != nil {
			t.Error(err)
		}
		if auth.KindOf(server.Verify(mechList, want)) != auth.LogonFailure {
			t.Error("the server takes its own signature back")
		}
	}
}

// acceptorOf is an acceptor that has sent the very CHALLENGE of the exchange.
func acceptorOf(t testing.TB, e exchange, s *Server) *Acceptor {
	t.Helper()
	challenge, err := ParseChallenge(e.hex(t, "challenge"))
	if err != nil {
		t.Fatal(err)
	}
	sent, _, err := ParsePairs(challenge.info())
	if err != nil {
		t.Fatal(err)
	}
	return &Acceptor{
		server: s, step: stepSecond,
		negotiate: e.hex(t, "negotiate"), challenge: e.hex(t, "challenge"),
		random: challenge.ServerChallenge, flags: challenge.Flags, sent: sent,
	}
}

// Real clients get in, with the session key that they had; whoever does not
// know the password does not.
func TestGoldenAcceptor(t *testing.T) {
	each(t, func(t *testing.T, e exchange) {
		if e.values["owner"] != "" {
			t.Skip("the password is not known")
		}
		server := &Server{Users: people{"Tester": {Name: "Tester", Hash: Hash("secret")}}, Anonymous: true, Now: captured}
		_, done, err := acceptorOf(t, e, server).Accept(e.hex(t, "authenticate"))
		if err != nil {
			t.Fatal(err)
		}
		if !done.Key.Equal(auth.NewSecret(e.hex(t, "key"))) {
			t.Error("another session key")
		}
		if want := e.values["mic"] != ""; done.Sealed != want {
			t.Errorf("Sealed %v, want %v", done.Sealed, want)
		}
		id := done.Identity
		if id.Anonymous != e.anonymous() || id.Claimed != e.values["user"] || id.Domain != e.values["domain"] || !id.Anonymous && id.User != "Tester" {
			t.Errorf("%+v", id)
		}
		if (done.Integrity == nil) != id.Anonymous {
			t.Errorf("integrity %v", done.Integrity)
		}

		server = &Server{Users: people{"tester": {Name: "tester", Hash: Hash("Secret")}}, Now: captured}
		if _, done, err := acceptorOf(t, e, server).Accept(e.hex(t, "authenticate")); auth.KindOf(err) != auth.LogonFailure || done != nil {
			t.Errorf("without the password, or allowance: %v, %v", done, err)
		}
	})
}

// Our client answers real servers' challenges so that they would let it in.
func TestGoldenInitiator(t *testing.T) {
	each(t, func(t *testing.T, e exchange) {
		client := &Client{User: "TESTER", Domain: "lab", Hash: Hash("secret"), Target: "cifs/vm", Now: captured}
		if e.anonymous() {
			client = &Client{Now: captured}
		}
		i := client.NewInitiator()
		negotiate, _, err := i.Initiate(nil)
		if err != nil {
			t.Fatal(err)
		}
		reply, mine, err := i.Initiate(e.hex(t, "challenge"))
		if err != nil {
			t.Fatal(err)
		}
		a := acceptorOf(t, e, &Server{Users: people{"tester": {Name: "tester", Hash: Hash("secret")}}, Anonymous: true, Now: captured})
		a.negotiate = negotiate
		if e.name == "windows" {
			a.server.Now = func() time.Time { return time.Date(2015, 6, 24, 22, 0, 0, 0, time.UTC) }
		}
		_, theirs, err := a.Accept(reply)
		if err != nil {
			t.Fatal(err)
		}
		if !mine.Key.Equal(theirs.Key) || mine.Sealed != theirs.Sealed {
			t.Errorf("client and server differ: %v %v", mine, theirs)
		}
		if timed := strings.Contains(e.values["challenge"], "07000800"); !e.anonymous() && mine.Sealed != timed {
			t.Errorf("MIC %v towards a server with time %v", mine.Sealed, timed)
		}
	})
}
