package auth

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// A Secret is a key, or a hash that is as good as a password. However it is
// printed, logged or encoded it shows nothing, not even its length. The zero
// Secret holds none.
type Secret struct {
	// b is behind two pointers because the methods below are not consulted for a
	// Secret in somebody's unexported field: there fmt prints what a slice has,
	// with some verbs also behind one pointer, but of a pointer to a pointer the
	// address.
	b **[]byte
}

// NewSecret makes a secret of a copy of b.
func NewSecret(b []byte) Secret {
	own := new(bytes.Clone(b))
	return Secret{&own}
}

// Bytes is the secret itself, not to be changed. Whoever calls this answers for
// where it goes.
func (s Secret) Bytes() []byte {
	if s.b == nil {
		return nil
	}
	return **s.b
}

// None says that there is no secret.
func (s Secret) None() bool { return len(s.Bytes()) == 0 }

// Equal compares in a time that depends on nothing but the lengths.
func (s Secret) Equal(other Secret) bool {
	return subtle.ConstantTimeCompare(s.Bytes(), other.Bytes()) == 1
}

const concealed = "[secret]"

func (Secret) String() string { return concealed }

func (Secret) GoString() string { return concealed }

// Format covers all verbs: %x asks for no String.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, concealed) }

func (Secret) LogValue() slog.Value { return slog.StringValue(concealed) }

// MarshalText keeps JSON and its like from looking inside.
func (Secret) MarshalText() ([]byte, error) { return []byte(concealed), nil }
