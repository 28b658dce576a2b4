package crypt

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

// A recorded session of testdata/sessions.txt.
type recorded struct {
	name                           string
	suite                          Suite
	bind                           bool
	gss, hash                      []byte
	signing, application, c2s, s2c []byte
	signed, sealed, wrong          []recordedMessage
	plain                          [][]byte // SHA-256 of what is sealed
}

type recordedMessage struct {
	from  Role
	bytes []byte
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func number(t testing.TB, s string, base int) uint16 {
	t.Helper()
	n, err := strconv.ParseUint(s, base, 16)
	if err != nil {
		t.Fatal(err)
	}
	return uint16(n)
}

func sessions(t testing.TB) (all []*recorded) {
	t.Helper()
	text, err := os.ReadFile("testdata/sessions.txt")
	if err != nil {
		t.Fatal(err)
	}
	var r *recorded
	for line := range strings.Lines(string(text)) {
		w := strings.Fields(line)
		if len(w) < 2 || w[0] == "#" {
			continue
		}
		if w[0] == "session" {
			r = &recorded{name: w[1], bind: len(w) > 5, suite: Suite{
				smb2.Dialect(number(t, w[2], 16)), Signing(number(t, w[3], 10)), Cipher(number(t, w[4], 10))}}
			all = append(all, r)
			continue
		}
		r.add(t, w)
	}
	return all
}

func (r *recorded) add(t testing.TB, w []string) {
	t.Helper()
	b := unhex(t, w[len(w)-1])
	m := recordedMessage{Client, b}
	if w[1] == "server" {
		m.from = Server
	}
	switch w[0] {
	case "gss":
		r.gss = b
	case "hash":
		r.hash = b
	case "signing":
		r.signing = b
	case "application":
		r.application = b
	case "c2s":
		r.c2s = b
	case "s2c":
		r.s2c = b
	case "signed":
		r.signed = append(r.signed, m)
	case "wrong":
		r.wrong = append(r.wrong, m)
	case "sealed":
		r.sealed = append(r.sealed, m)
	case "plain":
		r.plain = append(r.plain, b)
	default:
		t.Fatalf("%s: no word %q", r.name, w[0])
	}
}

// other is the side that receives what r sends.
func (r Role) other() Role { return 1 - r }

func (r *recorded) session(t testing.TB, role Role) *Session {
	t.Helper()
	s, err := NewSession(r.suite, role, r.gss, r.hash)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every key of every recorded session comes out, on both sides.
func TestGoldenKeys(t *testing.T) {
	t.Parallel()
	for _, r := range sessions(t) {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			client, server := r.session(t, Client), r.session(t, Server)
			check := func(what string, s Secret, want []byte) {
				t.Helper()
				if want != nil && !bytes.Equal(s.Bytes(), want) {
					t.Errorf("%s is %x, want %x", what, s.Bytes(), want)
				}
			}
			check("signing key", client.signing, r.signing)
			if r.bind { // the ciphers' keys are the session's
				return
			}
			check("application key", client.application, r.application)
			check("client's sealing key", client.seal, r.c2s)
			check("client's opening key", client.open, r.s2c)
			check("server's sealing key", server.seal, r.s2c)
			check("server's opening key", server.open, r.c2s)
		})
	}
}

// Recorded signatures are verified by the one who received them and made again
// by the one who sent them.
func TestGoldenSigned(t *testing.T) {
	t.Parallel()
	seen := map[Suite]bool{}
	for _, r := range sessions(t) {
		for _, m := range r.signed {
			seen[r.suite] = true
			checkSigned(t, r, m)
		}
		for _, m := range r.wrong {
			signer := must(r.session(t, m.from.other()).Signer(r.suite))
			if err := signer.Verify(m.bytes); !errors.Is(err, ErrSignature) {
				t.Errorf("%s: %v", r.name, err)
			}
		}
	}
	for _, s := range []Suite{
		{smb2.Dialect21, HMACSHA256, NoCipher}, {smb2.Dialect302, AESCMAC, AES128CCM},
		{smb2.Dialect311, HMACSHA256, AES128GCM}, {smb2.Dialect311, AESCMAC, AES128GCM}, {smb2.Dialect311, AESGMAC, AES128GCM},
	} {
		if !seen[s] {
			t.Errorf("no recorded signature of %v", s)
		}
	}
}

func checkSigned(t *testing.T, r *recorded, m recordedMessage) {
	t.Helper()
	for _, receiver := range []Role{m.from, m.from.other()} {
		signer, err := r.session(t, receiver).Signer(r.suite)
		if err != nil {
			t.Fatal(err)
		}
		before := bytes.Clone(m.bytes)
		err = signer.Verify(m.bytes)
		if receiver == m.from {
			if !errors.Is(err, ErrReflected) {
				t.Errorf("%s: its own message: %v", r.name, err)
			}
			again := bytes.Clone(m.bytes)
			clear(again[signatureAt:signatureEnd])
			if err := signer.Sign(again); err != nil || !bytes.Equal(again, m.bytes) {
				t.Errorf("%s: signed, %v,\n%x, want\n%x", r.name, err, again, m.bytes)
			}
		} else if err != nil {
			t.Errorf("%s: %v", r.name, err)
		}
		if !bytes.Equal(before, m.bytes) {
			t.Errorf("%s: Verify has changed the message", r.name)
		}
	}
}

// Recorded messages are opened by the one who received them, and sealed again
// with the nonce of the one who sent them.
func TestGoldenSealed(t *testing.T) {
	t.Parallel()
	seen := map[Cipher]int{}
	for _, r := range sessions(t) {
		for i, m := range r.sealed {
			seen[r.suite.Cipher]++
			for _, room := range []int{0, tagSize} {
				checkSealed(t, r, m, r.plain[i], room)
			}
		}
	}
	for c := range ciphers {
		if seen[c] < 2 {
			t.Errorf("%d recorded messages of %v", seen[c], c)
		}
	}
}

func checkSealed(t *testing.T, r *recorded, m recordedMessage, want []byte, room int) {
	t.Helper()
	b := append(make([]byte, 0, len(m.bytes)+room), m.bytes...)[: len(m.bytes) : len(m.bytes)+room]
	opener, err := r.session(t, m.from.other()).Opener()
	if err != nil {
		t.Fatal(err)
	}
	plain, err := opener.Open(b)
	if sum := sha256.Sum256(plain); err != nil || !bytes.Equal(sum[:], want) {
		t.Fatalf("%s: opened %x, %v", r.name, plain, err)
	}
	sealer, err := r.session(t, m.from).Sealer()
	if err != nil {
		t.Fatal(err)
	}
	x := newTransform(b, smb2.Transform(m.bytes).SessionID())
	copy(x.Nonce(), smb2.Transform(m.bytes).Nonce())
	sealer.aead.seal(x)
	if !bytes.Equal(b, m.bytes) {
		t.Errorf("%s, room %d: sealed\n%x, want\n%x", r.name, room, b, m.bytes)
	}
}
