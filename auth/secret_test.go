package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// A holder has a value where fmt may not ask for its methods.
type holder[T any] struct{ v T }

func hold[T any](v T) holder[T] { return holder[T]{v} }

// However a secret is printed, alone or inside something, nothing of it shows.
func TestSecretShowsNothing(t *testing.T) {
	t.Parallel()
	key := []byte("A\x5bsecret-key-16b")
	s := NewSecret(key)
	result := Result{Key: s, Identity: Identity{User: "alice"}}
	account := Account{Name: "alice", Hash: s}
	failure := &Error{LogonFailure, "NTLM", "", fmt.Errorf("with %v", s)}
	for _, v := range []any{
		s, &s, []any{s}, []Secret{s}, [1]Secret{s}, map[string]Secret{"k": s}, map[Secret]int{s: 1},
		result, &result, account, &account, failure,
		struct{ Secret }{s}, hold(s), new(hold(s)), hold(&s), new(hold(&s)), hold[any](s), hold[any](&s), hold(hold(s)), hold(new(hold(s))),
		hold([]Secret{s}), hold(&[]Secret{s}), hold([1]Secret{s}), hold(&[1]Secret{s}), hold(map[string]Secret{"k": s}), hold(map[Secret]int{s: 1}),
		hold(result), hold(&result), hold(account), hold(&account), hold(failure),
	} {
		for verb := range verbs {
			checkSilent(t, verb, v, fmt.Sprintf(verb, v), key)
		}
		for name, text := range encoded(v) {
			checkSilent(t, name, v, text, key)
		}
	}
}

// Alone, a secret is the same word for whoever asks; of %T, %p and %w fmt knows
// the answer itself.
func TestSecretIsOneWord(t *testing.T) {
	t.Parallel()
	for _, v := range []any{NewSecret([]byte("key")), new(NewSecret([]byte("key"))), Secret{}} {
		for verb := range verbs {
			if got := fmt.Sprintf(verb, v); got != concealed && !strings.ContainsAny(verb, "Tpw") {
				t.Errorf("%s of %T is %s", verb, v, got)
			}
		}
		if b, err := json.Marshal(v); err != nil || string(b) != `"`+concealed+`"` {
			t.Errorf("%s, %v", b, err)
		}
	}
	if s := (Secret{}); s.LogValue().String() != concealed || s.GoString() != concealed || s.String() != concealed {
		t.Error("LogValue, GoString or String")
	}
}

// verbs are all that fmt has, and all that it does not have.
func verbs(yield func(string) bool) {
	for _, flags := range []string{"%", "%+", "%#", "% ", "%+#", "%0", "%40.3"} {
		for c := 'a'; c <= 'z'; c++ {
			if !yield(flags+string(c)) || !yield(flags+strings.ToUpper(string(c))) {
				return
			}
		}
	}
}

// encoded is v as the encoders have it that look into structs.
func encoded(v any) map[string]string {
	object, _ := json.Marshal(v)
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).With("with", v).Info("message", "v", v, slog.Group("g", "v", v))
	}
	return map[string]string{"JSON": string(object), "slog": log.String()}
}

func checkSilent(t *testing.T, how string, v any, text string, key []byte) {
	t.Helper()
	if form := shown(how, text, key); form != "" {
		t.Errorf("%s of %T shows %s", how, v, form)
	}
}

// shown looks for a key's first bytes in the form that the same verb gives to a
// slice, and in those of encoders.
func shown(how, text string, key []byte) string {
	first := key[:6]
	forms := []string{string(first), hex.EncodeToString(first), fmt.Sprint(first), fmt.Sprintf("%#v", first)[len("[]byte{"):], base64.StdEncoding.EncodeToString(first)}
	if strings.HasPrefix(how, "%") {
		forms = append(forms, fmt.Sprintf(how, first))
	}
	text = strings.ToLower(text)
	for _, form := range forms {
		form = strings.ToLower(strings.Trim(form, "[]{}\"` "))
		if len(form) >= len(first) && strings.Contains(text, form) {
			return form
		}
	}
	return ""
}

// The check finds what has no protection.
func TestSecretCheck(t *testing.T) {
	t.Parallel()
	key := []byte("A\x5bsecret-key-16b")
	for _, v := range []any{key, &key, hold(key), new(hold(key))} {
		for _, verb := range []string{"%v", "%#v", "%s", "%x", "%X", "%d", "%o", "%b", "%c", "%U", "%t", "%z"} {
			if text := fmt.Sprintf(verb, v); shown(verb, text, key) == "" {
				t.Errorf("%s of %T: %s passes", verb, v, text)
			}
		}
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
