package access

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A name is a distinguished name in a form that can be compared: its attributes
// sorted, because tools write them in either order.
type name string

// ParseName reads a distinguished name as entries have it, into a form in which
// equal names are equal strings; Issuer has that of a certificate's.
func ParseName(text string) (string, error) {
	n, err := parseName(text)
	return string(n), err
}

// Issuer is the name of who has issued a certificate, in the form of ParseName.
func Issuer(c *x509.Certificate) string { return string(nameOf(&c.Issuer)) }

// attributes are the words for types of attributes, RFC 4519 and what openssl
// writes.
var attributes = map[string]string{
	"CN": "2.5.4.3", "SN": "2.5.4.4", "SERIALNUMBER": "2.5.4.5", "C": "2.5.4.6", "L": "2.5.4.7",
	"ST": "2.5.4.8", "S": "2.5.4.8", "STREET": "2.5.4.9", "O": "2.5.4.10", "OU": "2.5.4.11",
	"POSTALCODE": "2.5.4.17", "GN": "2.5.4.42", "UID": "0.9.2342.19200300.100.1.1",
	"DC": "0.9.2342.19200300.100.1.25", "EMAILADDRESS": "1.2.840.113549.1.9.1", "E": "1.2.840.113549.1.9.1",
}

var dotted = regexp.MustCompile(`^[0-9]+(\.[0-9]+)+$`)

var errNoName = errors.New("is followed by a distinguished name: CN=ca, O=example")

// parseName reads a name as RFC 4514 and openssl write it.
func parseName(text string) (name, error) {
	if strings.TrimSpace(text) == "" {
		return "", errNoName
	}
	var list []string
	for _, part := range split(text) {
		word, value, ok := cut(part)
		kind := attributes[strings.ToUpper(word)]
		if dotted.MatchString(word) {
			kind = word
		}
		switch {
		case !ok:
			return "", fmt.Errorf("%q is no attribute of a distinguished name, as CN=ca is one", part)
		case kind == "":
			return "", fmt.Errorf("attribute %q is unknown; write its number, as in 2.5.4.3=ca", word)
		}
		value, err := unquote(value)
		if err != nil {
			return "", fmt.Errorf("%s: %w", word, err)
		}
		list = append(list, attribute(kind, value))
	}
	return join(list), nil
}

// nameOf is the name in a certificate.
func nameOf(n *pkix.Name) name {
	list := make([]string, len(n.Names))
	for i, a := range n.Names {
		list[i] = attribute(a.Type.String(), fmt.Sprint(a.Value))
	}
	return join(list)
}

// attribute is one without what does not count, RFC 5280 7.1: case, and how many
// spaces there are.
func attribute(kind, value string) string {
	return kind + "=" + strings.ToLower(strings.Join(strings.Fields(value), " "))
}

// join puts a zero between attributes, which no value has that people write.
func join(list []string) name {
	slices.Sort(list)
	return name(strings.Join(list, "\x00"))
}

// split cuts a name between its attributes, which those of one component have a
// plus sign between.
func split(text string) (parts []string) {
	quoted, escaped, begin := false, false, 0
	for i := range len(text) {
		switch c := text[i]; {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == '+' || c == ';'):
			parts = append(parts, strings.TrimSpace(text[begin:i]))
			begin = i + 1
		}
	}
	return append(parts, strings.TrimSpace(text[begin:]))
}

// cut parts an attribute into type and value, neither of which is empty.
func cut(part string) (word, value string, ok bool) {
	word, value, ok = strings.Cut(part, "=")
	word, value = strings.TrimSpace(word), strings.TrimSpace(value)
	return word, value, ok && word != "" && value != ""
}

// unquote takes quotes and backslashes away, and reads a value that is written
// as # and its encoding.
func unquote(value string) (string, error) {
	if digits, ok := strings.CutPrefix(value, "#"); ok {
		return encoded(digits)
	}
	if value[0] == '"' {
		inside, ok := strings.CutSuffix(value[1:], `"`)
		if !ok {
			return "", errors.New("a quotation mark is missing")
		}
		value = inside
	}
	var b []byte
	for i := 0; i < len(value); i++ {
		if value[i] != '\\' {
			b = append(b, value[i])
			continue
		}
		i++
		switch {
		case i == len(value):
			return "", errors.New(`nothing follows a \`)
		case i+1 < len(value) && isHex(value[i:i+2]):
			c, _ := hex.DecodeString(value[i : i+2])
			b = append(b, c...)
			i++
		default:
			b = append(b, value[i])
		}
	}
	return string(b), nil
}

func isHex(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil
}

func encoded(digits string) (string, error) {
	b, err := hex.DecodeString(digits)
	if err != nil {
		return "", errors.New("# is followed by hexadecimal digits")
	}
	var value any
	rest, err := asn1.Unmarshal(b, &value)
	if err != nil || len(rest) > 0 {
		return "", errors.New("# is followed by what is no value in DER")
	}
	return fmt.Sprint(value), nil
}
