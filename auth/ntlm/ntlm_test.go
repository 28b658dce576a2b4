package ntlm

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/smbgw/smbgw/auth"
)

// [MS-NLMP] 4.2.4: User, Domain, Password, and what follows.
func TestPublishedVector(t *testing.T) {
	t.Parallel()
	challenge := [8]byte{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}
	client := ClientChallenge{
		Challenge: [8]byte{0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa},
		Pairs:     Pairs{{PairNetBIOSDomain, encode("Domain")}, {PairNetBIOSComputer, encode("Server")}},
		Padding:   make([]byte, 4),
	}
	owner := ownerKey(Hash("Password"), "User", encode("Domain"))
	proof := prove(owner, challenge, client.AppendTo(nil))
	base := baseKey(owner, proof)
	for _, c := range []struct {
		name string
		got  []byte
		want string
	}{
		{"NTOWFv1", Hash("Password").Bytes(), "a4f49c406510bdcab6824ee7c30fd852"},
		{"NTOWFv2", owner, "0c868a403bfd7a93a3001ef22ef02e3f"},
		{"NTProofStr", proof, "68cd0ab851e51c96aabc927bebef6a1c"},
		{"SessionBaseKey", base, "8de40ccadbc14a82f15cb0ad0de95ca3"},
		{"EncryptedRandomSessionKey", scramble(base, bytes.Repeat([]byte{0x55}, 16)), "c5dad2544fc9799094ce1ce90bc9d03e"},
	} {
		if got := hex.EncodeToString(c.got); got != c.want {
			t.Errorf("%s %s, want %s", c.name, got, c.want)
		}
	}
}

func TestLogin(t *testing.T) {
	t.Parallel()
	r := newRig()
	client, server, err := r.run(t)
	if err != nil {
		t.Fatal(err)
	}
	want := auth.Identity{User: "Alice", Claimed: "alice", Domain: "LAB", Workstation: "DESK"}
	if server.Identity != want {
		t.Errorf("%+v, want %+v", server.Identity, want)
	}
	if !client.Key.Equal(server.Key) || len(client.Key.Bytes()) != keySize {
		t.Error("the keys differ")
	}
	if !client.Sealed || !server.Sealed {
		t.Errorf("MIC: client %v, server %v", client.Sealed, server.Sealed)
	}
	text := []byte("text")
	if err := server.Integrity.Verify(text, client.Integrity.MIC(text)); err != nil {
		t.Error(err)
	}
	if err := client.Integrity.Verify(text, server.Integrity.MIC(text)); err != nil {
		t.Error(err)
	}
	if err := client.Integrity.Verify([]byte("Text"), server.Integrity.MIC(text)); auth.KindOf(err) != auth.LogonFailure {
		t.Errorf("another text: %v", err)
	}
}

// What a server lets in and whom it does not.
func TestUsers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*rig)
		kind   auth.Kind // 0: in
		user   string
		guest  bool
	}{
		{"another case", func(r *rig) { r.client.User = "aLICE" }, 0, "Alice", false},
		{"no domain", func(r *rig) { r.client.Domain = "" }, 0, "Alice", false},
		{"another domain", func(r *rig) { r.client.Domain = "ELSEWHERE" }, 0, "Alice", false},
		{"wrong password", func(r *rig) { r.client.Hash = Hash("opensesam") }, auth.LogonFailure, "", false},
		{"wrong password, guests allowed", func(r *rig) { r.client.Hash, r.server.Guest = Hash("x"), true }, auth.LogonFailure, "", false},
		{"unknown", func(r *rig) { r.client.User = "mallory" }, auth.LogonFailure, "", false},
		{"unknown, guests allowed", func(r *rig) { r.client.User, r.server.Guest = "mallory", true }, 0, "", true},
		{"disabled", func(r *rig) { r.client.User = "bob" }, auth.Disabled, "", false},
		{"disabled, wrong password", func(r *rig) { r.client.User, r.client.Hash = "bob", Hash("x") }, auth.LogonFailure, "", false},
		{"no hash", func(r *rig) { r.client.User, r.client.Hash = "carol", Hash("") }, auth.LogonFailure, "", false},
		{"no hash, hash of zeros", func(r *rig) { r.client.User, r.client.Hash = "carol", noHash }, auth.LogonFailure, "", false},
		{"no hash, guests allowed", func(r *rig) { r.client.User, r.server.Guest = "carol", true }, auth.LogonFailure, "", false},
		{"unknown, hash of zeros", func(r *rig) { r.client.User, r.client.Hash = "mallory", noHash }, auth.LogonFailure, "", false},
		{"anonymous", func(r *rig) { r.client = Client{} }, auth.LogonFailure, "", false},
		{"anonymous, guests allowed", func(r *rig) { r.client, r.server.Guest = Client{}, true }, auth.LogonFailure, "", false},
		{"no accounts", func(r *rig) { r.server.Users = broken{} }, auth.Unavailable, "", false},
		{"no random numbers", func(r *rig) { r.server.Rand = bytes.NewReader(nil) }, auth.Unavailable, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig()
			c.change(r)
			_, server, err := r.run(t)
			if c.kind != 0 {
				if auth.KindOf(err) != c.kind || server != nil {
					t.Errorf("%v, %v, want %v", server, err, c.kind)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if id := server.Identity; id.User != c.user || id.Guest != c.guest || id.Anonymous {
				t.Errorf("%+v", id)
			}
			if c.guest && (!server.Key.None() || server.Integrity != nil) {
				t.Error("a guest has a key")
			}
		})
	}
}

type broken struct{}

func (broken) Lookup(string) (auth.Account, error) {
	return auth.Account{}, errors.New("no accounts today")
}

func TestAnonymous(t *testing.T) {
	t.Parallel()
	r := newRig()
	r.client = Client{Rand: new(counter)}
	r.server.Anonymous = true
	client, server, err := r.run(t)
	if err != nil {
		t.Fatal(err)
	}
	if !server.Identity.Anonymous || server.Integrity != nil || client.Integrity != nil {
		t.Errorf("%+v", server)
	}
	if !client.Key.Equal(server.Key) || len(client.Key.Bytes()) != keySize {
		t.Error("the keys differ")
	}
}

// Without a key exchange the base key is the session's, and the signature is
// not scrambled.
func TestNoKeyExchange(t *testing.T) {
	t.Parallel()
	r := newRig()
	r.negotiate = func(b []byte) []byte { b[15] &^= 0x40; return b }
	if _, server, err := r.run(t); server != nil || auth.KindOf(err) != auth.LogonFailure {
		t.Fatalf("a changed NEGOTIATE passes the MIC: %v, %v", server, err)
	}
	a := answer{client: &r.client, flags: needed | FlagSign}
	if key, encrypted := a.keys([]byte("base")); string(key) != "base" || encrypted != nil {
		t.Errorf("%q, %x", key, encrypted)
	}
	one, other := newSession(make([]byte, keySize), needed, true), newSession(make([]byte, keySize), needed, false)
	if err := one.Verify(mechList, other.MIC(mechList)); err != nil {
		t.Error(err)
	}
	with := newSession(make([]byte, keySize), needed|FlagKeyExchange, false)
	if bytes.Equal(with.MIC(mechList), other.MIC(mechList)) {
		t.Error("the exchange of keys changes no signature")
	}
}

// A server that sends no time gets no MIC, and the client's own time.
func TestServerWithoutTime(t *testing.T) {
	t.Parallel()
	r := newRig()
	list := Pairs{{PairNetBIOSDomain, encode("D")}, {PairNetBIOSComputer, encode("S")}, {PairFlags, []byte{3, 0, 0, 0}}}
	c := newChallenge(needsToo, [8]byte{1}, nil, list.AppendTo(nil))
	i := r.client.NewInitiator()
	if _, _, err := i.Initiate(nil); err != nil {
		t.Fatal(err)
	}
	reply, done, err := i.Initiate(c.AppendTo(nil))
	if err != nil || done.Sealed {
		t.Fatalf("%v, %v", done, err)
	}
	m, err := ParseAuthenticate(reply)
	if err != nil {
		t.Fatal(err)
	}
	blob, err := ParseClientChallenge(m.Content(m.NT)[proofSize:])
	if err != nil || blob.Time != timeOf(captured()) {
		t.Errorf("time %v, %v", blob.Time, err)
	}
	if bits, _, _ := blob.Pairs.flags(); bits != 1 || !bytes.Equal(reply[micOffset:authenticatePayload], make([]byte, micSize)) {
		t.Error("a MIC is announced or sent")
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	if got := timeOf(time.Date(1601, 1, 1, 0, 0, 0, 100, time.UTC)); got != 1 {
		t.Errorf("100 ns after the epoch is %d", got)
	}
	if got := timeOf(time.Unix(1, 0)); got != epoch+10_000_000 {
		t.Errorf("1970 and a second is %d", got)
	}
}

func TestFlagsString(t *testing.T) {
	t.Parallel()
	if got := (FlagUnicode | Flag128 | 0x100).String(); got != "UNICODE|128|0x100" {
		t.Error(got)
	}
	if got := Flags(0).String(); got != "0x0" {
		t.Error(got)
	}
}

// Nothing that a program holds of a log-in shows a key or a hash, whatever it is
// printed with.
func TestNothingShows(t *testing.T) {
	t.Parallel()
	r := newRig()
	client, server, err := r.run(t)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, v := range []any{client, *client, server, *server, client.Integrity, server.Integrity, r.client, &r.server, r.server.Users, r.server.NewAcceptor(), r.client.NewInitiator()} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%t"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	r.client.Hash = Hash("x")
	_, _, err = r.run(t)
	text := out.String() + fmt.Sprintf("%v %+v", err, err)
	own := client.Integrity.(*session).own
	for _, secret := range [][]byte{client.Key.Bytes(), Hash("opensesame").Bytes(), own.sign.Bytes(), own.seal.Bytes()} {
		for _, form := range []string{string(secret), fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), strings.Trim(fmt.Sprint(secret), "[]"), strings.TrimSuffix(fmt.Sprintf("%#v", secret)[len("[]byte{"):], "}")} {
			if strings.Contains(text, form) {
				t.Errorf("%q shows", form)
			}
		}
	}
}

// BenchmarkLogin is both sides of one log-in.
func BenchmarkLogin(b *testing.B) {
	r := newRig()
	b.ReportAllocs()
	for b.Loop() {
		i, a := r.client.NewInitiator(), r.server.NewAcceptor()
		negotiate, _, _ := i.Initiate(nil)
		challenge, _, _ := a.Accept(negotiate)
		authenticate, _, _ := i.Initiate(challenge)
		if _, done, err := a.Accept(authenticate); err != nil || done == nil {
			b.Fatal(err)
		}
	}
}
