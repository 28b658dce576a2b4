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
		if err == nil && len(s) > 0 && (len(s) > len(b)-HeaderSize || cap(s) != len(s)) {
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
	case CreateRequest:
		check(r.Name(b))
		check(r.Contexts(b))
	case IoctlResponse:
		check(r.Input(b))
		check(r.Output(b))
	case interface{ Data([]byte) ([]byte, error) }:
		check(r.Data(b))
	}
}

// FuzzElements reads any bytes as a message, to the last context of the last
// element. What is understood is built, and that is read and built again to the
// same bytes.
func FuzzElements(f *testing.F) {
	for _, m := range messages(f) {
		f.Add(m.b)
	}
	for _, r := range rows {
		f.Add(unhex(f, r.hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := Elements(nil, b)
		if err != nil {
			return
		}
		for _, element := range list {
			Payload(element)
			if id := FileIDOf(element); id != nil && len(id) != len(FileID{}) {
				t.Fatalf("a FileId of %d bytes", len(id))
			}
			once, err := rebuild(element[:len(element):len(element)])
			if err != nil {
				continue
			}
			if twice, err := rebuild(once); err != nil || !bytes.Equal(once, twice) {
				t.Fatalf("%v: built\n%x, then\n%x, %v", Header(element).Command(), once, twice, err)
			}
		}
	})
}

// FuzzData reads any bytes as the data of each context and IOCTL.
func FuzzData(f *testing.F) {
	for _, r := range dataRows {
		f.Add(unhex(f, r.hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, r := range dataRows {
			v, err := r.codec.parse(b)
			if err != nil {
				continue
			}
			once := r.codec.put(nil, v)
			again, err := r.codec.parse(append(bytes.Clone(once), b[min(len(b), len(once)):]...))
			if err != nil || !reflect.DeepEqual(again, v) {
				t.Fatalf("%s: %+v became %+v, %v", r.name, v, again, err)
			}
			if twice := r.codec.put(nil, again); !bytes.Equal(once, twice) {
				t.Fatalf("%s: built\n%x, then\n%x", r.name, once, twice)
			}
		}
	})
}

// FuzzLists reads any bytes as each list and chain.
func FuzzLists(f *testing.F) {
	f.Add(AppendNetworkInterfaces(nil, make([]NetworkInterface, 2)))
	f.Add(AppendCreateContexts(nil, []CreateContext{{[]byte(TagDiskID), nil}, {[]byte(TagApple), []byte("data")}}))
	f.Add(AppendErrorContexts(nil, []ErrorContext{{0, []byte("a")}, {1, []byte("b")}}))
	f.Add((&CopyChunkRequest{}).Append(nil, make([]Chunk, 2)))
	f.Fuzz(func(t *testing.T, b []byte) {
		stable(t, b, func(b []byte) ([]NetworkInterface, error) { return ParseNetworkInterfaces(nil, b) }, AppendNetworkInterfaces)
		stable(t, b, func(b []byte) ([]CreateContext, error) { return ParseCreateContexts(nil, b) }, AppendCreateContexts)
		stable(t, b, func(b []byte) ([]ErrorContext, error) { return ParseErrorContexts(nil, b, 2) }, AppendErrorContexts)
		stable(t, b, func(b []byte) ([]Chunk, error) {
			r, err := ParseCopyChunkRequest(b)
			if err != nil {
				return nil, err
			}
			return r.Chunks(nil, b)
		}, (&CopyChunkRequest{}).Append)
		stable(t, b, payloads, func(b []byte, list []CompressedPayload) []byte {
			for i := range list {
				b = list[i].Append(b, i == 0)
			}
			return b
		})
	})
}

func payloads(b []byte) (list []CompressedPayload, err error) {
	for len(b) > 0 {
		var p CompressedPayload
		if p, b, err = NextCompressedPayload(b); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

func stable[T any](t *testing.T, b []byte, parse func([]byte) ([]T, error), put func([]byte, []T) []byte) {
	t.Helper()
	list, err := parse(b)
	if err != nil {
		return
	}
	once := put(nil, list)
	again, err := parse(once)
	if err != nil || !reflect.DeepEqual(list, again) {
		t.Fatalf("%+v became %+v, %v", list, again, err)
	}
	if twice := put(nil, again); !bytes.Equal(once, twice) {
		t.Fatalf("built\n%x, then\n%x", once, twice)
	}
}

// FuzzSealed reads any bytes as an encrypted message and as one of SMB1.
func FuzzSealed(f *testing.F) {
	f.Add(named(f, "tcp-smb311-multiprotocol/0"))
	f.Add(named(f, "tcp-smb311-lease-encrypted/sealed"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, err := ParseTransform(b); err == nil {
			again := AppendTransform(nil, s.Nonce(), s.OriginalSize(), s.SessionID())
			copy(again[4:], s.Signature())
			copy(again[40:], b[40:42]) // reserved
			if again = append(again, s.Message()...); !bytes.Equal(again, b) {
				t.Fatalf("%x became %x", b, again)
			}
		}
		m, err := ParseMultiProtocol(b)
		if err != nil {
			return
		}
		var list []string
		for d := range m.Dialects() {
			if list = append(list, string(d)); !m.Has(string(d)) {
				t.Fatalf("%q is not among %q", d, list)
			}
		}
		again, err := ParseMultiProtocol(AppendMultiProtocol(nil, list...))
		if err != nil || !bytes.Equal(again.dialects, m.dialects) {
			t.Fatalf("%q became %q, %v", m.dialects, again.dialects, err)
		}
	})
}

// FuzzUTF16 decodes any bytes. What is a string is the same bytes again.
func FuzzUTF16(f *testing.F) {
	f.Add(AppendUTF16(nil, "a☃😀"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, ok := DecodeUTF16(b); ok && !bytes.Equal(AppendUTF16(nil, s), b) {
			t.Fatalf("%x is %q", b, s)
		}
	})
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
