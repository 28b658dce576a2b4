package auth

import (
	"errors"
	"fmt"
	"testing"
)

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
