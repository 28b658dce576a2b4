package smb2

import (
	"bytes"
	"strings"
	"testing"
)

func TestTransformLies(t *testing.T) {
	t.Parallel()
	good := append(AppendTransform(nil, make([]byte, 40), 3, 5), 1, 2, 3)
	if s, err := ParseTransform(good); err != nil || s.SessionID() != 5 || len(s.Message()) != 3 {
		t.Fatalf("%x, %v", s, err)
	}
	for at, name := range map[int]string{0: "ProtocolId", 36: "OriginalMessageSize", 39: "OriginalMessageSize", 42: "Flags", 43: "Flags"} {
		b := bytes.Clone(good)
		b[at]++
		if _, err := ParseTransform(b); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseTransform(AppendTransform(nil, nil, 0, 5)); err == nil {
		t.Error("nothing is encrypted")
	}
}

func TestMultiProtocolLies(t *testing.T) {
	t.Parallel()
	good := AppendMultiProtocol(nil, "NT LM 0.12", DialectStringWild)
	for name, patch := range map[string]func(b []byte){
		"Command":     func(b []byte) { b[4]++ },
		"WordCount":   func(b []byte) { b[32]++ },
		"ByteCount +": func(b []byte) { b[33]++ },
		"ByteCount -": func(b []byte) { b[33]-- }, // the last NUL is gone
		"ByteCount 1": func(b []byte) { b[33] = 1 },
		"dialect":     func(b []byte) { b[35]++ },
		"ProtocolId":  func(b []byte) { b[0]-- },
	} {
		b := bytes.Clone(good)
		patch(b)
		if m, err := ParseMultiProtocol(b); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
	if m, err := ParseMultiProtocol(good); err != nil || !m.Has(DialectStringWild) || m.Has("") {
		t.Errorf("%+v, %v", m, err)
	}
}
