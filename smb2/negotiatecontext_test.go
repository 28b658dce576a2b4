package smb2

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
)

func TestNegotiateContexts(t *testing.T) {
	t.Parallel()
	base := NegotiateRequest{Dialects: []Dialect{Dialect302, Dialect311}}
	posix := NegotiateContext{ContextPOSIX, []byte(TagPOSIX)}
	list := []NegotiateContext{{ContextNetName, []byte("a\x00b\x00c\x00")}, {ContextTransport, nil}, posix, {0xabcd, []byte{1}}}
	good := base.Append(NewHeader(CommandNegotiate, 0), list)
	parse := func(b []byte) ([]NegotiateContext, error) {
		r, err := ParseNegotiateRequest(b)
		if err != nil {
			return nil, err
		}
		return r.Contexts(nil, b)
	}
	got, err := parse(good)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(list) {
		t.Fatalf("%v, %v, want %v", got, err, list)
	}
	const offset, count = HeaderSize + 28, HeaderSize + 32
	for _, c := range []struct {
		name string
		at   int
		v    uint16
		ok   bool
	}{
		{"as it is", count, 4, true},
		{"fewer", count, 3, true},
		{"none", count, 0, true},
		{"more than there are", count, 5, false},
		{"more than MaxNegotiateContexts", count, MaxNegotiateContexts + 1, false},
		{"offset in the dialects", offset, 96, false},
		{"offset in the header", offset, 8, false},
		{"offset not a multiple of 8", offset, 108, false},
		{"offset past the end", offset, 0xfff8, false},
		{"offset far past the end", offset + 2, 0xffff, false},
		{"DataLength past the end", 104 + 2, 0xffff, false},
	} {
		b := bytes.Clone(good)
		binary.LittleEndian.PutUint16(b[c.at:], c.v)
		if _, err := parse(b); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	old := NegotiateRequest{Dialects: []Dialect{Dialect302}, ContextOffset: 0x12345678, ContextCount: 0xffff} // a time
	if list, err := old.Contexts(nil, good); err != nil || len(list) != 0 {
		t.Errorf("contexts of 3.0.2: %v, %v", list, err)
	}
	if list, err := (&NegotiateResponse{Dialect: Dialect302, ContextOffset: 3, ContextCount: 3}).Contexts(nil, good); err != nil || len(list) != 0 {
		t.Errorf("contexts of 3.0.2: %v, %v", list, err)
	}
}

// A list of algorithms has at least one, and not more than the data holds.
func TestAlgorithms(t *testing.T) {
	t.Parallel()
	for n := range 200 {
		data := make([]byte, 2+2*MaxAlgorithms+50)
		binary.LittleEndian.PutUint16(data, uint16(n))
		_, a := ParseEncryptionContext(data)
		_, b := ParseSigningContext(data)
		_, c := ParseEncryptionContext(data[:min(len(data), 2+2*n)])
		if ok := n > 0 && n <= MaxAlgorithms; (a == nil) != ok || (b == nil) != ok || (c == nil) != ok {
			t.Errorf("%d algorithms: %v, %v, %v", n, a, b, c)
		}
	}
	// What a Linux client sends: one algorithm, padded.
	x, err := ParseSigningContext([]byte{1, 0, 1, 0, 0, 0, 0, 0})
	if err != nil || len(x.Algorithms) != 1 || x.Algorithms[0] != SigningAESCMAC {
		t.Errorf("%+v, %v", x, err)
	}
}
