package access

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// An Entry allows or denies certificates with a mark.
type Entry struct {
	Deny  bool
	Place string // where it is written, for people: FILE:LINE

	mark   mark
	sha256 [sha256.Size]byte
	issuer name
	text   string // of an issuer, as it is written
}

// A mark is what an entry knows certificates by.
type mark uint8

const (
	leaf mark = 1 + iota
	chain
	issuer
)

var marks = map[string]mark{"leaf": leaf, "chain": chain, "issuer": issuer}

// New makes an entry of a mark: leaf:SHA256, chain:SHA256 or issuer:NAME.
func New(deny bool, text, place string) (Entry, error) {
	e := Entry{Deny: deny, Place: place}
	kind, value, _ := strings.Cut(text, ":")
	e.mark = marks[strings.TrimSpace(kind)]
	var err error
	switch e.mark {
	case leaf, chain:
		e.sha256, err = digest(value)
	case issuer:
		e.text = strings.TrimSpace(value)
		e.issuer, err = parseName(e.text)
	default:
		return Entry{}, fmt.Errorf("%q is neither leaf:SHA256, chain:SHA256 nor issuer:NAME", text)
	}
	if err != nil {
		return Entry{}, fmt.Errorf("%s: %w", kind, err)
	}
	return e, nil
}

// digest reads a SHA-256.
func digest(text string) (sum [sha256.Size]byte, err error) {
	const digits = 2 * sha256.Size
	text = strings.NewReplacer(":", "", " ", "").Replace(text)
	for _, r := range text {
		if !strings.ContainsRune("0123456789abcdefABCDEF", r) {
			return sum, fmt.Errorf("%q is no hexadecimal digit; a SHA-256 is written with %d of them", r, digits)
		}
	}
	switch len(text) {
	case digits:
	case 0:
		return sum, fmt.Errorf("is followed by the SHA-256 of a certificate, %d hexadecimal digits", digits)
	case 40:
		return sum, fmt.Errorf("has 40 digits, as a SHA-1; a SHA-256 has %d", digits)
	default:
		return sum, fmt.Errorf("has %d digits; a SHA-256 has %d", len(text), digits)
	}
	_, err = hex.Decode(sum[:], []byte(text))
	return sum, err
}

// String is the entry as a line of a file has it.
func (e *Entry) String() string {
	verb := "allow"
	if e.Deny {
		verb = "deny"
	}
	switch e.mark {
	case leaf:
		return fmt.Sprintf("%s leaf:%x", verb, e.sha256)
	case chain:
		return fmt.Sprintf("%s chain:%x", verb, e.sha256)
	}
	return fmt.Sprintf("%s issuer:%s", verb, e.text)
}

// Allows says that an entry lets somebody in.
func Allows(entries []Entry) bool {
	for i := range entries {
		if !entries[i].Deny {
			return true
		}
	}
	return false
}

var errVerb = errors.New(`does not begin with allow or deny`)

// Parse reads a file of entries. The error names the first line that is wrong.
func Parse(file, text string) ([]Entry, error) {
	var entries []Entry
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		e, err := parseLine(line, fmt.Sprintf("%s:%d", file, number))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func parseLine(line, place string) (Entry, error) {
	verb, rest := line, ""
	if i := strings.IndexAny(line, " \t"); i >= 0 {
		verb, rest = line[:i], strings.TrimSpace(line[i:])
	}
	if verb != "allow" && verb != "deny" {
		return Entry{}, errVerb
	}
	return New(verb == "deny", rest, place)
}
