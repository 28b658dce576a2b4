package crypt

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

var suites = []Suite{
	{smb2.Dialect21, HMACSHA256, NoCipher},
	{smb2.Dialect302, AESCMAC, AES128CCM},
	{smb2.Dialect311, HMACSHA256, AES128GCM},
	{smb2.Dialect311, AESCMAC, AES256CCM},
	{smb2.Dialect311, AESGMAC, AES256GCM},
}

// pair is both ends of a session; another seed is another session.
func pair(t testing.TB, s Suite, seed byte) (client, server *Session) {
	t.Helper()
	key, hash := bytes.Repeat([]byte{seed}, 32), bytes.Repeat([]byte{seed + 1}, PreauthSize)
	client, err := NewSession(s, Client, key, hash)
	if err != nil {
		t.Fatal(err)
	}
	server, err = NewSession(s, Server, key, hash)
	if err != nil {
		t.Fatal(err)
	}
	return client, server
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func request(n int) []byte {
	b := append(smb2.NewHeader(smb2.CommandWrite, 7), make([]byte, n)...)
	for i := smb2.HeaderSize; i < len(b); i++ {
		b[i] = byte(i * 7)
	}
	return b
}

// Every length is signed by one side and verified by the other, with what the
// message had as a signature before being no matter; no bit may change.
func TestSignTampered(t *testing.T) {
	t.Parallel()
	for _, s := range suites {
		c, v := pair(t, s, 1)
		_, stranger := pair(t, s, 9)
		signer, verifier, other := must(c.Signer(s)), must(v.Signer(s)), must(stranger.Signer(s))
		for _, n := range []int{0, 1, 15, 16, 17, 100, 300, copyLimit - 64, copyLimit - 63, copyLimit, 70_001} {
			b := request(n)
			if err := signer.Sign(b); err != nil {
				t.Fatal(err)
			}
			if err := verifier.Verify(b); err != nil {
				t.Fatalf("%v, %d bytes: %v", s, n, err)
			}
			if err := other.Verify(b); !errors.Is(err, ErrSignature) {
				t.Errorf("%v: another session's: %v", s, err)
			}
			if err := verifier.Verify(b[:len(b)-1]); err == nil {
				t.Errorf("%v: a byte less is accepted", s)
			}
			step := 1 + len(b)*8/200
			for bit := 0; bit < len(b)*8; bit += step {
				b[bit/8] ^= 1 << (bit % 8)
				if verifier.Verify(b) == nil {
					t.Fatalf("%v, %d bytes: bit %d may change", s, n, bit)
				}
				b[bit/8] ^= 1 << (bit % 8)
			}
		}
	}
}

// What must not be signed is refused and stays as it is.
func TestUnsignable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		patch func(smb2.Header)
		gmac  bool // refused with GMAC alone
	}{
		{"interim", func(h smb2.Header) { h.SetStatus(smb2.StatusPending) }, false},
		{"oplock break", func(h smb2.Header) { h.SetMessageID(smb2.Unsolicited) }, false},
		{"response to CANCEL", func(h smb2.Header) { h.SetCommand(smb2.CommandCancel) }, false},
		{"MessageId 0", func(h smb2.Header) { h.SetMessageID(0) }, true},
	} {
		for _, s := range suites {
			_, server := pair(t, s, 1)
			b := request(20)
			h := smb2.Header(b)
			h.SetFlags(smb2.FlagReply)
			c.patch(h)
			before := bytes.Clone(b)
			err := must(server.Signer(s)).Sign(b)
			if c.gmac && s.Signing != AESGMAC {
				if err != nil {
					t.Errorf("%s, %v: %v", c.name, s, err)
				}
				continue
			}
			if !errors.Is(err, ErrUnsignable) || !bytes.Equal(b, before) {
				t.Errorf("%s, %v: %v", c.name, s, err)
			}
		}
	}
}

func TestSealTampered(t *testing.T) {
	t.Parallel()
	for _, s := range suites {
		if s.Cipher == NoCipher {
			continue
		}
		c, v := pair(t, s, 1)
		_, stranger := pair(t, s, 9)
		sealer, opener, other, back := must(c.Sealer()), must(v.Opener()), must(stranger.Opener()), must(c.Opener())
		for _, n := range []int{0, 1, 15, 16, 17, 200, 70_001} {
			for _, room := range []int{0, 15, 16, 100} {
				plain := request(n)
				size := TransformSize + len(plain)
				b := append(make([]byte, TransformSize, size+room), plain...)[: size : size+room]
				if err := sealer.Seal(b, 5); err != nil {
					t.Fatal(err)
				}
				sealed := bytes.Clone(b)
				again := func() []byte { return append(make([]byte, 0, size+room), sealed...)[: size : size+room] }
				if got, err := opener.Open(b); err != nil || !bytes.Equal(got, plain) {
					t.Fatalf("%v, %d bytes, room %d: %v", s, n, room, err)
				}
				for _, o := range []*Opener{other, back} {
					if _, err := o.Open(again()); !errors.Is(err, ErrTag) {
						t.Errorf("%v: another key: %v", s, err)
					}
				}
				step := 1 + len(b)*8/60
				for bit := 0; bit < len(b)*8; bit += step {
					x := again()
					x[bit/8] ^= 1 << (bit % 8)
					if got, err := opener.Open(x); err == nil || got != nil {
						t.Fatalf("%v, %d bytes: bit %d may change", s, n, bit)
					} else if errors.Is(err, ErrTag) && !bytes.Equal(x[TransformSize:], make([]byte, len(plain))) {
						t.Fatalf("%v: plaintext is left", s)
					}
				}
				for _, short := range []int{0, 3, 51, 52, size - 1} {
					if _, err := opener.Open(again()[:short]); err == nil {
						t.Errorf("%v: %d of %d bytes are opened", s, short, size)
					}
				}
			}
		}
	}
}

// Sealers of one session never share a nonce, and end before one repeats.
func TestNonces(t *testing.T) {
	t.Parallel()
	c, _ := pair(t, suites[4], 1)
	seen := map[string]bool{}
	for range 4 {
		sealer := must(c.Sealer())
		for range 1000 {
			b := make([]byte, TransformSize+64)
			if err := sealer.Seal(b, 1); err != nil {
				t.Fatal(err)
			}
			seen[string(smb2.Transform(b).Nonce())] = true
		}
	}
	if len(seen) != 4000 {
		t.Errorf("%d nonces for 4000 messages", len(seen))
	}
	c.nonces.blocks.Store(maxBlocks - 6)
	if err := must(c.Sealer()).Seal(make([]byte, TransformSize+64), 1); err != nil {
		t.Errorf("the last message: %v", err)
	}
	if err := must(c.Sealer()).Seal(make([]byte, TransformSize+64), 1); !errors.Is(err, ErrExhausted) {
		t.Errorf("beyond the last message: %v", err)
	}
}

// What is no sealed message is refused before a key is asked for, with the
// field that is wrong, by the opener and by the search for it.
func TestSealedFor(t *testing.T) {
	t.Parallel()
	c, v := pair(t, suites[2], 1)
	good := append(make([]byte, TransformSize), request(20)...)
	if err := must(c.Sealer()).Seal(good, 0x1122334455667788); err != nil {
		t.Fatal(err)
	}
	if id, err := SealedFor(good); err != nil || id != 0x1122334455667788 {
		t.Errorf("%#x, %v", id, err)
	}
	if plain, err := must(c.Reopener()).Open(bytes.Clone(good)); err != nil || !bytes.Equal(plain, request(20)) {
		t.Errorf("who has sealed it cannot open it: %v", err)
	}
	opener := must(v.Opener())
	for at, field := range map[int]string{0: "ProtocolId", 36: "OriginalMessageSize", 42: "Flags"} {
		b := bytes.Clone(good)
		b[at]++
		_, err := SealedFor(b)
		_, err2 := opener.Open(b)
		for _, err := range []error{err, err2} {
			if p, ok := errors.AsType[*smb2.ParseError](err); !ok || !strings.Contains(p.Problem, field) {
				t.Errorf("%s: %v", field, err)
			}
		}
	}
}

func TestNested(t *testing.T) {
	t.Parallel()
	c, v := pair(t, suites[2], 1)
	b := append(make([]byte, TransformSize), "\xfdSMB and more"...)
	if err := must(c.Sealer()).Seal(b, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := must(v.Opener()).Open(b); !errors.Is(err, ErrNested) {
		t.Errorf("%v", err)
	}
}

// Nothing that has keys prints them: not by any verb, not from inside another
// struct's unexported field, not through an encoder.
func TestSecretsPrintNothing(t *testing.T) {
	t.Parallel()
	for _, s := range suites {
		c, v := pair(t, s, 1)
		secrets := [][]byte{c.signing.Bytes(), c.application.Bytes(), c.seal.Bytes(), c.open.Bytes()}
		things := []any{c.signing, &c.signing, []Secret{c.signing}, c, *c}
		signer := must(c.Signer(s))
		if m, ok := signer.mac.(*cmac); ok {
			secrets = append(secrets, m.k1[:], m.k2[:])
		}
		things = append(things, signer, *signer)
		if s.Cipher != NoCipher {
			sealer, opener := must(c.Sealer()), must(v.Opener())
			things = append(things, sealer, *sealer, opener, *opener, holder[*Sealer]{sealer}, holder[*Opener]{opener})
		}
		things = append(things, holder[Secret]{c.signing}, &holder[Secret]{c.signing}, holder[*Session]{c}, holder[Session]{*c}, holder[*Signer]{signer}, holder[Signer]{*signer})
		for _, v := range things {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d", "%t", "%c", "%U", "%e", "%z"} {
				checkSilent(t, verb, fmt.Sprintf(verb, v), v, secrets)
			}
			text, _ := json.Marshal(v)
			checkSilent(t, "%v", string(text), v, secrets)
			var log bytes.Buffer
			slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
			slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
			checkSilent(t, "%v", log.String(), v, secrets)
		}
	}
}

type holder[T any] struct{ v T }

// checkSilent looks for eight bytes of a secret in the form that the verb gives
// to a slice, and in those of encoders.
func checkSilent(t *testing.T, verb, text string, v any, secrets [][]byte) {
	t.Helper()
	for _, s := range secrets {
		if len(s) == 0 {
			continue
		}
		decimal, asked := strings.Trim(fmt.Sprint(s[:8]), "[]"), strings.Trim(strings.TrimPrefix(fmt.Sprintf(verb, s[:8]), "[]byte"), "[]{}\"")
		for _, form := range []string{string(s[:8]), hex.EncodeToString(s[:8]), decimal, asked, base64.StdEncoding.EncodeToString(s[:6])} {
			if strings.Contains(text, form) {
				t.Errorf("%T prints %s", v, text)
			}
		}
	}
}

func TestSecretClear(t *testing.T) {
	t.Parallel()
	s := NewSecret([]byte("0123456789abcdef"))
	other, bytes := s, s.Bytes()
	s.Clear()
	if other.Len() != 0 || bytes[0] != 0 || bytes[15] != 0 {
		t.Error("a copy survives Clear")
	}
	Secret{}.Clear()
	if (Secret{}).Len() != 0 || (Secret{}).Equal(NewSecret([]byte{1})) {
		t.Error("the zero Secret has a key")
	}
}

func TestAllocs(t *testing.T) {
	for _, s := range suites {
		c, v := pair(t, s, 1)
		signer, verifier := must(c.Signer(s)), must(v.Signer(s))
		for _, n := range []int{64, 4096, 1 << 20} {
			b := request(n - 64)
			checkAllocs(t, s, "sign", n, func() { signer.Sign(b) })
			checkAllocs(t, s, "verify", n, func() {
				if err := verifier.Verify(b); err != nil {
					t.Fatal(err)
				}
			})
			if s.Cipher == NoCipher {
				continue
			}
			sealer, opener := must(c.Sealer()), must(v.Opener())
			m := append(make([]byte, TransformSize), request(n-64)...)
			checkAllocs(t, s, "seal and open", n, func() {
				sealer.Seal(m, 1)
				if _, err := opener.Open(m); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

func checkAllocs(t *testing.T, s Suite, what string, n int, f func()) {
	t.Helper()
	if a := testing.AllocsPerRun(5, f); a != 0 {
		t.Errorf("%v: %s of %d bytes allocates %v times", s, what, n, a)
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(request(10))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		for _, s := range suites {
			_, v := pair(t, s, 1)
			if must(v.Signer(s)).Verify(b) == nil {
				t.Error("a forgery")
			}
		}
		if !bytes.Equal(before, b) {
			t.Error("Verify has changed the message")
		}
	})
}

func FuzzOpen(f *testing.F) {
	x := make([]byte, TransformSize+64)
	newTransform(x, 1)
	f.Add(x)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, s := range suites[1:] {
			_, v := pair(t, s, 1)
			if plain, err := must(v.Opener()).Open(bytes.Clone(b)); err == nil {
				t.Errorf("a forgery: %x", plain)
			}
		}
	})
}
