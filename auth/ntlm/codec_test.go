package ntlm

import (
	"bytes"
	"testing"
)

// A codec reads bytes as a structure and builds it again.
type codec struct {
	name    string // in testdata too
	fixed   int    // fewer bytes are not the structure
	rebuild func([]byte) ([]byte, error)
}

type appender interface{ AppendTo([]byte) []byte }

func rebuilder[T any, P interface {
	*T
	appender
}](parse func([]byte) (T, error)) func([]byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) {
		m, err := parse(b)
		if err != nil {
			return nil, err
		}
		return P(&m).AppendTo(nil), nil
	}
}

var codecs = []codec{
	{"negotiate", 16, rebuilder(ParseNegotiate)},
	{"challenge", challengeFixed, rebuilder(ParseChallenge)},
	{"authenticate", authenticateFixed, rebuilder(ParseAuthenticate)},
}

var clientChallengeCodec = codec{"client challenge", clientChallengeFixed + 4, rebuilder(ParseClientChallenge)}

func codecOf(t testing.TB, name string) codec {
	for _, c := range codecs {
		if c.name == name {
			return c
		}
	}
	t.Fatalf("no codec %q", name)
	return codec{}
}

// fuzz holds what every parser has to: what is read is built, read again, and
// built to the same bytes.
func fuzz(f *testing.F, c codec) {
	f.Fuzz(func(t *testing.T, b []byte) {
		once, err := c.rebuild(b)
		if err != nil {
			return
		}
		twice, err := c.rebuild(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%v: built\n%x, then\n%x", err, once, twice)
		}
	})
}

func seed(f *testing.F, name string) {
	for _, e := range exchanges(f) {
		f.Add(e.hex(f, name))
	}
}

func FuzzNegotiate(f *testing.F) {
	seed(f, "negotiate")
	fuzz(f, codecOf(f, "negotiate"))
}

func FuzzChallenge(f *testing.F) {
	seed(f, "challenge")
	fuzz(f, codecOf(f, "challenge"))
}

func FuzzAuthenticate(f *testing.F) {
	seed(f, "authenticate")
	fuzz(f, codecOf(f, "authenticate"))
}

func FuzzClientChallenge(f *testing.F) {
	for _, e := range exchanges(f) {
		m, err := ParseAuthenticate(e.hex(f, "authenticate"))
		if err != nil {
			f.Fatal(err)
		}
		if nt := m.Content(m.NT); len(nt) > proofSize {
			f.Add(nt[proofSize:])
		}
	}
	fuzz(f, clientChallengeCodec)
}

// FuzzAcceptor gives a server any two tokens: it stands, and lets nobody in.
func FuzzAcceptor(f *testing.F) {
	for _, e := range exchanges(f) {
		f.Add(e.hex(f, "negotiate"), e.hex(f, "authenticate"))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		a := (&Server{Users: people{"tester": {Name: "tester", Hash: Hash("secret")}}, Computer: "GATEWAY"}).NewAcceptor()
		for _, token := range [][]byte{first, second} {
			if _, done, err := a.Accept(token); done != nil {
				t.Fatalf("%x and %x are a log-in: %+v", first, second, done.Identity)
			} else if err != nil {
				return
			}
		}
		t.Fatal("neither in nor refused")
	})
}

// FuzzInitiator gives a client any challenge.
func FuzzInitiator(f *testing.F) {
	seed(f, "challenge")
	f.Fuzz(func(t *testing.T, challenge []byte) {
		i := (&Client{User: "tester", Hash: Hash("secret"), Now: captured}).NewInitiator()
		if _, _, err := i.Initiate(nil); err != nil {
			t.Fatal(err)
		}
		reply, done, err := i.Initiate(challenge)
		if err != nil {
			return
		}
		m, perr := ParseAuthenticate(reply)
		if perr != nil || done == nil {
			t.Fatalf("made\n%x, %v", reply, perr)
		}
		if _, perr := ParseClientChallenge(m.Content(m.NT)[proofSize:]); perr != nil {
			t.Fatalf("made\n%x, %v", reply, perr)
		}
	})
}
