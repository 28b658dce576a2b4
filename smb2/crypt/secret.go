package crypt

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"io"
)

const redacted = "[secret]"

// A Secret is key material. Copies share it, so that Clear wipes it for all of
// them. It prints as a fixed word in every form. Inside of another struct's
// unexported field fmt does not ask and follows one pointer, for some verbs:
// there are two.
type Secret struct {
	hidden
	p *material
}

type material struct{ b *[]byte }

func newSecret(b []byte) Secret { return Secret{p: &material{&b}} }

// NewSecret copies b, which stays the caller's to wipe.
func NewSecret(b []byte) Secret {
	return newSecret(bytes.Clone(b))
}

// Bytes is the key itself, valid until Clear; nil when there is none.
func (s Secret) Bytes() []byte {
	if s.p == nil {
		return nil
	}
	return *s.p.b
}

// Len is the number of bytes left.
func (s Secret) Len() int { return len(s.Bytes()) }

// Equal compares in constant time.
func (s Secret) Equal(t Secret) bool {
	return subtle.ConstantTimeCompare(s.Bytes(), t.Bytes()) == 1
}

// Clear wipes the key.
func (s Secret) Clear() {
	if s.p != nil {
		clear(*s.p.b)
		*s.p.b = nil
	}
}

// hidden makes what embeds it print as a fixed word.
type hidden struct{}

func (hidden) String() string   { return redacted }
func (hidden) GoString() string { return redacted }

// Format is for all verbs of fmt.
func (hidden) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// MarshalText is for encoders, those of log/slog among them.
func (hidden) MarshalText() ([]byte, error) { return []byte(redacted), nil }
