package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// However a secret is printed, alone or inside something, nothing of it shows.
func TestSecretShowsNothing(t *testing.T) {
	t.Parallel()
	key := []byte("A\x5bsecret-key-16b")
	s := NewSecret(key)
	hidden := struct {
		name string
		key  Secret
		keys []Secret
		at   *Secret
	}{"x", s, []Secret{s}, &s}
	result := &Result{Key: s, Identity: Identity{User: "alice"}}
	account := Account{Name: "alice", Hash: s}
	var out bytes.Buffer
	for _, v := range []any{s, &s, hidden, &hidden, result, *result, account, []any{s}, map[string]Secret{"k": s}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%U", "%t"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		fmt.Fprintln(&out, v)
		b, err := json.Marshal(v)
		out.Write(b)
		if err != nil {
			t.Log(err)
		}
		for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(h).Info("message", "v", v)
		}
	}
	fmt.Fprintln(&out, s.String(), s.GoString(), &Error{LogonFailure, "NTLM", "", fmt.Errorf("with %v", s)})
	text := out.String()
	for _, form := range []string{string(key), "secret-key", fmt.Sprintf("%x", key), fmt.Sprintf("%X", key), strings.Trim(fmt.Sprint(key), "[]"), fmt.Sprintf("%#v", key[:2])[7:], "0x41, 0x5b", "QVtzZWNyZXQ"} {
		if strings.Contains(text, form) {
			t.Errorf("%q shows", form)
		}
	}
	if !strings.Contains(text, concealed) {
		t.Error("nothing was printed at all")
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	b := []byte{1, 2, 3}
	s := NewSecret(b)
	b[0] = 9
	if !bytes.Equal(s.Bytes(), []byte{1, 2, 3}) {
		t.Error("the secret is not a copy")
	}
	if !s.Equal(NewSecret([]byte{1, 2, 3})) || s.Equal(NewSecret([]byte{1, 2, 4})) || s.Equal(Secret{}) {
		t.Error("Equal")
	}
	if s.None() || !(Secret{}).None() || !NewSecret(nil).None() {
		t.Error("None")
	}
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("front: %w", &Error{Kind: Disabled, Mechanism: "NTLM", Problem: `user "x"`})
	if KindOf(err) != Disabled || KindOf(errors.New("x")) != Unavailable || !KindOf(nil).Local() || Disabled.Local() {
		t.Error("KindOf")
	}
	if got := err.Error(); got != `front: NTLM: account disabled: user "x"` {
		t.Error(got)
	}
	if got := Kind(200).String(); got != "0xc8" {
		t.Error(got)
	}
	cause := errors.New("cause")
	if !errors.Is(&Error{Kind: Malformed, Mechanism: "NTLM", Err: cause}, cause) {
		t.Error("the cause is lost")
	}
}

// One letter becomes one letter, as on Windows.
func TestUpper(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"alice": "ALICE", "ünal": "ÜNAL", "straße": "STRAßE", "iı": "Iı", "ſ": "ſ", "ﬁ": "ﬁ", "яна": "ЯНА", "𐐨": "𐐨", "": "",
	} {
		if got := Upper(in); got != want {
			t.Errorf("Upper(%q) is %q, want %q", in, got, want)
		}
	}
}

type staff struct{}

func (staff) Member(user, group string) bool { return user == "alice" && group == "staff" }

func TestGroups(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		id   Identity
		want bool
	}{
		{Identity{User: "alice", Groups: staff{}}, true},
		{Identity{User: "bob", Groups: staff{}}, false},
		{Identity{User: "alice"}, false},
		{Identity{User: "alice", Groups: staff{}, Guest: true}, false},
		{Identity{User: "alice", Groups: staff{}, Anonymous: true}, false},
	} {
		if got := c.id.In("staff"); got != c.want {
			t.Errorf("%+v: %v", c.id, got)
		}
	}
}
