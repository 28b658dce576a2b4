package smb2

import (
	"fmt"
	"testing"
)

// Offsets and lengths of a peer never reach beyond its message, however their
// sum comes out.
func TestSpans(t *testing.T) {
	t.Parallel()
	element := make([]byte, 200)
	for i := range element {
		element[i] = byte(i)
	}
	const none = -1
	for _, c := range []struct {
		off, n uint32
		first  int // byte of the span, or none
	}{
		{112, 88, 112}, {199, 1, 199}, {112, 1, 112},
		{112, 89, none}, {200, 1, none}, {111, 10, none}, {0, 10, none}, {0xffff, 1, none},
		{112, 0xffffffff, none}, {0xffff, 0xffffffff, none},
	} {
		t.Run(fmt.Sprintf("%d+%d", c.off, c.n), func(t *testing.T) {
			t.Parallel()
			check := func(what string, b []byte, err error) {
				if ok := err == nil; ok != (c.first != none) {
					t.Errorf("%s: %v", what, err)
				} else if ok && (len(b) != int(c.n) || cap(b) != len(b) || int(b[0]) != c.first) {
					t.Errorf("%s: %d bytes from %d", what, len(b), b[0])
				}
			}
			w := WriteRequest{DataOffset: uint16(c.off), Length: c.n}
			b, err := w.Data(element)
			check("WRITE data", b, err)
			if c.n <= 0xffff {
				w = WriteRequest{ChannelInfoOffset: uint16(c.off), ChannelInfoLength: uint16(c.n)}
				b, err = w.ChannelInfo(element)
				check("WRITE channel", b, err)
				r := ReadRequest{ChannelInfoOffset: uint16(c.off), ChannelInfoLength: uint16(c.n)}
				b, err = r.ChannelInfo(element)
				check("READ channel", b, err)
			}
			if c.off == 112 || c.off == 199 {
				r := ReadResponse{DataOffset: uint8(c.off), DataLength: c.n}
				b, err = r.Data(element)
				check("READ data", b, err)
			}
		})
	}
	if b, err := (&ReadResponse{DataOffset: 79, DataLength: 1}).Data(element); err == nil {
		t.Errorf("data inside the fixed part: %v", b)
	}
	if b, err := (&ReadResponse{}).Data(element); err != nil || b != nil {
		t.Errorf("no data: %v, %v", b, err)
	}
	if b, err := (&WriteRequest{}).Data(element); err != nil || b != nil {
		t.Errorf("no data: %v, %v", b, err)
	}
	for n, ok := range map[uint32]bool{0: true, 128: true, 129: false, 1<<32 - 1: false} {
		if _, err := (&ErrorResponse{ByteCount: n}).Data(element); (err == nil) != ok {
			t.Errorf("error data of %d bytes: %v", n, err)
		}
	}
}

func TestDescriptors(t *testing.T) {
	t.Parallel()
	for n, ok := range map[int]bool{
		0: false, 1: false, 15: false, 16: true, 17: false, 32: true,
		MaxDescriptors * 16: true, (MaxDescriptors + 1) * 16: false,
	} {
		list, err := ParseDescriptors(nil, make([]byte, n))
		if (err == nil) != ok || ok && len(list) != n/16 {
			t.Errorf("%d bytes: %d descriptors, %v", n, len(list), err)
		}
	}
}

func TestDialects(t *testing.T) {
	t.Parallel()
	for n, ok := range map[int]bool{0: false, 1: true, MaxDialects: true, MaxDialects + 1: false, 0xffff: false} {
		b := NewHeader(CommandNegotiate, 0)
		b = (&NegotiateRequest{}).AppendBody(b)
		b[66], b[67] = byte(n), byte(n>>8)
		b = append(b, make([]byte, 2*n)...)
		if r, err := ParseNegotiateRequest(b); (err == nil) != ok || ok && len(r.Dialects) != n {
			t.Errorf("%d dialects: %v", n, err)
		}
	}
}
