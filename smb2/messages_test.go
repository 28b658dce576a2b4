package smb2

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// A message is a line of testdata/messages.txt.
type message struct {
	name string
	b    []byte
}

func messages(t testing.TB) (list []message) {
	t.Helper()
	text, err := os.ReadFile("testdata/messages.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		name, hex, _ := strings.Cut(line, " ")
		list = append(list, message{name, unhex(t, hex)})
	}
	if len(list) < 50 {
		t.Fatalf("%d messages", len(list))
	}
	return list
}

// named returns the bytes of one message.
func named(t testing.TB, name string) []byte {
	t.Helper()
	for _, m := range messages(t) {
		if m.name == name {
			return m.b
		}
	}
	t.Fatalf("no message %q", name)
	return nil
}

// notOurs are messages that say the same as ours would in other bytes.
var notOurs = map[string]string{
	"tcp-smb302-signed/8":       "OutputOffset without output",
	"tcp-smb311-sharelist/10":   "OutputOffset without output",
	"tcp-smb311-cmac-cancel/21": "the byte of no ErrorData is not zero",
	"linux-smb311-signed/10":    "8 bytes for no name, padding behind the last context",
	"linux-smb311-signed/32":    "as /10; no byte for no input",
	"linux-smb311-signed/34":    "as /32",
	"linux-smb311-signed/36":    "as /10",
	"linux-smb311-signed/42":    "padding behind the last context",
}

// rebuildMessage builds all elements of a message again.
func rebuildMessage(m []byte) ([]byte, error) {
	list, err := Elements(nil, m)
	if err != nil {
		return nil, err
	}
	var b []byte
	at := 0
	for i, element := range list {
		if i > 0 {
			b = Link(b, at)
			at = len(b)
		}
		again, err := rebuild(element)
		if err != nil {
			return nil, err
		}
		b = append(b, again...)
	}
	if n := len(b) - at; len(list) > 1 && len(list[len(list)-1]) == n+Pad(n) {
		b = zeros(b, Pad(n)) // servers pad the last element too
	}
	return b, nil
}

// What peers said is read to the last context and built again to the same
// bytes, or where they have other habits to what reads and builds the same.
func TestMessages(t *testing.T) {
	t.Parallel()
	for _, m := range messages(t) {
		if KindOf(m.b) != KindSMB2 {
			continue
		}
		once, err := rebuildMessage(m.b)
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
			continue
		}
		if same := bytes.Equal(once, m.b); same != (notOurs[m.name] == "") {
			t.Errorf("%s (%s): equal is %v\n%x, built\n%x", m.name, notOurs[m.name], same, m.b, once)
		}
		if twice, err := rebuildMessage(once); err != nil || !bytes.Equal(once, twice) {
			t.Errorf("%s: built\n%x, then\n%x, %v", m.name, once, twice, err)
		}
	}
}

// However short a message is cut, reading it ends with an error, or what was
// cut off is zeros that say nothing.
func TestMessagesCut(t *testing.T) {
	t.Parallel()
	for _, m := range messages(t) {
		if KindOf(m.b) != KindSMB2 || notOurs[m.name] != "" {
			continue
		}
		for n := range m.b {
			once, err := rebuildMessage(m.b[:n:n])
			if err == nil && (!bytes.HasPrefix(m.b, once) || len(bytes.Trim(m.b[min(n, len(once)):], "\x00")) > 0) {
				t.Errorf("%s: %d of %d bytes built\n%x", m.name, n, len(m.b), once)
			}
		}
	}
}

func TestSMB1AndSealed(t *testing.T) {
	t.Parallel()
	b := named(t, "tcp-smb311-multiprotocol/0")
	m, err := ParseMultiProtocol(b)
	if err != nil || !m.Has(DialectStringWild) || !m.Has(DialectString202) || m.Has("SMB 3") {
		t.Fatalf("%+v, %v", m, err)
	}
	var dialects []string
	for d := range m.Dialects() {
		dialects = append(dialects, string(d))
	}
	again := AppendMultiProtocol(nil, dialects...)
	copy(again[5:smb1HeaderSize], b[5:]) // SMB1's flags and ids
	if !bytes.Equal(again, b) {
		t.Errorf("built\n%x, want\n%x", again, b)
	}
	for n := range b {
		if _, err := ParseMultiProtocol(b[:n:n]); err == nil {
			t.Errorf("parsed from %d bytes", n)
		}
	}

	b = named(t, "tcp-smb311-lease-encrypted/sealed")
	s, err := ParseTransform(b)
	if err != nil {
		t.Fatal(err)
	}
	again = AppendTransform(nil, s.Nonce(), s.OriginalSize(), s.SessionID())
	copy(Transform(again).Signature(), s.Signature())
	if again = append(again, s.Message()...); !bytes.Equal(again, b) || !bytes.Equal(s.Associated(), b[20:52]) {
		t.Errorf("built\n%x, want\n%x", again, b)
	}
	for n := range b {
		if _, err := ParseTransform(b[:n:n]); err == nil {
			t.Errorf("parsed from %d bytes", n)
		}
	}
}
