package smb2

import (
	"bytes"
	"reflect"
	"slices"
	"testing"
)

// FuzzBodies reads any bytes as any structure. What is understood is built and
// read again to the same, and the second time builds the same bytes.
func FuzzBodies(f *testing.F) {
	for _, g := range slices.Concat(golden, rows) {
		f.Add(unhex(f, g.hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, c := range codecs {
			v, err := c.parse(b)
			if err != nil {
				continue
			}
			once := c.put(bytes.Clone(b[:HeaderSize]), v)
			again, err := c.parse(once)
			if err != nil || !reflect.DeepEqual(v, again) {
				t.Fatalf("%s: %+v became %+v, %v", c.name, v, again, err)
			}
			if twice := c.put(bytes.Clone(b[:HeaderSize]), again); !bytes.Equal(once, twice) {
				t.Fatalf("%s: built\n%x, then\n%x", c.name, once, twice)
			}
			checkSpans(t, b, v)
		}
	})
}

// checkSpans follows every offset: a span is inside the element, behind the
// header.
func checkSpans(t *testing.T, b []byte, v any) {
	t.Helper()
	check := func(s []byte, err error) {
		if err == nil && len(s) > 0 && len(s) > len(b)-HeaderSize {
			t.Fatalf("%d bytes of %d", len(s), len(b))
		}
	}
	switch r := v.(type) {
	case ReadRequest:
		info, err := r.ChannelInfo(b)
		check(info, err)
		if err == nil {
			ParseDescriptors(nil, info)
		}
	case WriteRequest:
		check(r.Data(b))
		check(r.ChannelInfo(b))
	case ReadResponse:
		check(r.Data(b))
	case ErrorResponse:
		check(r.Data(b))
	}
}

// FuzzSplit takes any bytes apart: it ends, and the elements are the message.
func FuzzSplit(f *testing.F) {
	two := append(append([]byte(nil), NewHeader(CommandEcho, 1)...), make([]byte, 8)...)
	Header(two).SetNextCommand(72)
	f.Add(append(two, NewHeader(CommandEcho, 2)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		var all []byte
		for rest := b; len(rest) > 0; {
			element, after, err := Split(rest)
			if err != nil {
				return
			}
			if len(element) < HeaderSize {
				t.Fatalf("element of %d bytes", len(element))
			}
			all = append(all, element...)
			rest = after
		}
		if !bytes.Equal(all, b) {
			t.Fatal("elements are not the message")
		}
	})
}

func BenchmarkParseReadRequest(b *testing.B) {
	element := unhex(b, readRequestHex)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseReadRequest(element); err != nil {
			b.Fatal(err)
		}
	}
}
