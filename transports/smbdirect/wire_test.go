package smbdirect

import (
	"bytes"
	"encoding"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"github.com/smbgw/smbgw/transports"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What Linux 7.3 sends: its client's request, its server's answers, its
// client's first data message, its keepalive and the reply to one.
var (
	linuxRequest = NegotiateRequest{
		MinVersion: Version, MaxVersion: Version, CreditsRequested: 255,
		PreferredSendSize: 1364, MaxReceiveSize: 1364, MaxFragmentedSize: 173910,
	}
	linuxResponse = NegotiateResponse{
		MinVersion: Version, MaxVersion: Version, NegotiatedVersion: Version,
		CreditsRequested: 255, CreditsGranted: 255, MaxReadWriteSize: 8 << 20,
		PreferredSendSize: 1364, MaxReceiveSize: 1364, MaxFragmentedSize: 173910,
	}
)

var goldens = []struct {
	name string
	hex  string
	want any
}{
	{"request of cifs", "00010001 0000ff00 54050000 54050000 56a70200", linuxRequest},
	{"request for one credit", "00010001 00000100 54050000 54050000 56a70200", func() any {
		r := linuxRequest
		r.CreditsRequested = 1
		return r
	}()},
	{"response of ksmbd", "00010001 00010000 ff00ff00 00000000 00008000 54050000 54050000 56a70200", linuxResponse},
	{"failure of ksmbd", "00010001 00000000 00000000 bb0000c0 00000000 00000000 00000000 00000000", refusal(StatusNotSupported)},
	{"keepalive of ksmbd", "ff000100 01000000 00000000 00000000 00000000",
		DataTransfer{CreditsRequested: 255, CreditsGranted: 1, Flags: FlagResponseRequested}},
	{"reply to a keepalive", "ff000000 00000000 00000000 00000000 00000000", DataTransfer{CreditsRequested: 255}},
	{"descriptor", "bc9a785634120000 33221100 00200000",
		[]transports.Descriptor{{Offset: 0x123456789abc, Token: 0x00112233, Length: 8192}}},
	{"three descriptors", "bc9a785634120000 33221100 64000000 0100000000007777 ddccbbaa 88130000 0500000000000000 04030201 10270000",
		[]transports.Descriptor{
			{Offset: 0x123456789abc, Token: 0x00112233, Length: 100},
			{Offset: 0x7777000000000001, Token: 0xaabbccdd, Length: 5000},
			{Offset: 5, Token: 0x01020304, Length: 10000},
		}},
}

func parseLike(want any, b []byte) (any, error) {
	switch want.(type) {
	case NegotiateRequest:
		return ParseNegotiateRequest(b)
	case NegotiateResponse:
		return ParseNegotiateResponse(b)
	case DataTransfer:
		d, _, err := ParseDataTransfer(b)
		return d, err
	}
	return ParseDescriptors(nil, b)
}

func appendLike(v any) []byte {
	if list, ok := v.([]transports.Descriptor); ok {
		return AppendDescriptors(nil, list...)
	}
	b, _ := v.(encoding.BinaryAppender).AppendBinary(nil)
	return b
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, g := range goldens {
		b := unhex(t, g.hex)
		got, err := parseLike(g.want, b)
		if err != nil || !reflect.DeepEqual(got, g.want) {
			t.Errorf("%s: parsed %+v, %v, want %+v", g.name, got, err, g.want)
		}
		if got := appendLike(g.want); !bytes.Equal(got, b) {
			t.Errorf("%s: appended %x, want %x", g.name, got, b)
		}
		if _, ok := g.want.([]transports.Descriptor); ok {
			continue
		}
		for n := range b {
			if _, err := parseLike(g.want, b[:n]); err == nil {
				t.Errorf("%s cut to %d bytes: no error", g.name, n)
			}
		}
	}
}

// The first data message of cifs: a header, and 224 bytes of SMB2 NEGOTIATE.
func TestGoldenPayload(t *testing.T) {
	t.Parallel()
	head := unhex(t, "ff00ff00 00000000 00000000 18000000 e0000000 00000000")
	b := append(bytes.Clone(head), bytes.Repeat([]byte{0xfe}, 224)...)
	d, data, err := ParseDataTransfer(b)
	want := DataTransfer{CreditsRequested: 255, CreditsGranted: 255, DataOffset: 24, DataLength: 224}
	if err != nil || d != want || !bytes.Equal(data, b[24:]) {
		t.Fatalf("%+v, %d bytes, %v, want %+v", d, len(data), err, want)
	}
	if got := appendLike(d); !bytes.Equal(got, head) {
		t.Errorf("appended %x, want %x", got, head)
	}
}

func TestParseDescriptorsLength(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 15, 17, 31} {
		if _, err := ParseDescriptors(nil, make([]byte, n)); err == nil {
			t.Errorf("%d bytes: no error", n)
		}
	}
}

func FuzzNegotiateRequest(f *testing.F)  { fuzzLike(f, NegotiateRequest{}) }
func FuzzNegotiateResponse(f *testing.F) { fuzzLike(f, NegotiateResponse{}) }
func FuzzDescriptors(f *testing.F)       { fuzzLike(f, []transports.Descriptor{}) }

// fuzzLike checks that what parses keeps its meaning and its bytes.
func fuzzLike(f *testing.F, kind any) {
	for _, g := range goldens {
		f.Add(unhex(f, g.hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := parseLike(kind, b)
		if err != nil {
			return
		}
		once := appendLike(v)
		again, err := parseLike(kind, once)
		if err != nil || !reflect.DeepEqual(v, again) {
			t.Fatalf("%+v became %+v, %v", v, again, err)
		}
		if twice := appendLike(again); !bytes.Equal(once, twice) {
			t.Fatalf("%x became %x", once, twice)
		}
	})
}

func FuzzDataTransfer(f *testing.F) {
	for _, g := range goldens {
		f.Add(unhex(f, g.hex))
	}
	f.Add(append(unhex(f, "ff00ff00 00000000 00000000 18000000 04000000 00000000"), "data"...))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, data, err := ParseDataTransfer(b)
		if err != nil {
			return
		}
		if len(data) != int(d.DataLength) || len(data) > len(b) {
			t.Fatalf("%d bytes of payload for %+v in %d", len(data), d, len(b))
		}
		head := appendLike(d)
		if d.DataLength == 0 {
			d.DataOffset = 0 // need not be anything
			head = appendLike(d)
		}
		again, data2, err := ParseDataTransfer(append(head, data...))
		if err != nil || again != d || !bytes.Equal(data, data2) {
			t.Fatalf("%+v became %+v, %v", d, again, err)
		}
	})
}

// FuzzCore feeds a server core that is open with anything.
func FuzzCore(f *testing.F) {
	for _, g := range goldens {
		f.Add(unhex(f, g.hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		now := epoch
		o := Options{InboxMessages: 4}.withDefaults()
		c := newCore(o, true, now)
		c.posted(c.missing())
		c.established()
		request, _ := linuxRequest.AppendBinary(nil)
		if _, err := c.received(request, now); err != nil {
			t.Fatal(err)
		}
		c.posted(c.missing())
		head := make([]byte, negotiateResponseSize)
		c.next(head, now)
		for len(b) > 0 {
			n := min(len(b), max(1, int(b[0])))
			frag, err := c.received(b[:n], now)
			if err != nil {
				return
			}
			if frag.total > c.maxFragmentedReceive || len(frag.data) > n {
				t.Fatalf("fragment of %d for %d", len(frag.data), frag.total)
			}
			b = b[n:]
			c.posted(c.missing())
			for {
				if _, ok := c.next(head, now); !ok {
					break
				}
				c.sent()
			}
		}
	})
}
