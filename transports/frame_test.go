package transports

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/iotest"
)

// A wire is what one side has written.
type wire struct {
	bytes.Buffer
	writes int
}

func (w *wire) Write(b []byte) (int, error) {
	w.writes++
	return w.Buffer.Write(b)
}

func framed(messages ...[]byte) []byte {
	var b []byte
	for _, m := range messages {
		b = append(AppendPrefix(b, len(m)), m...)
	}
	return b
}

func body(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

// Whatever pieces the stream comes in, the messages are the same.
func TestReceivePieces(t *testing.T) {
	sizes := []int{1, 3, readAhead - PrefixSize - 1, readAhead - PrefixSize, readAhead - PrefixSize + 1, readAhead, 5, 70_000, 2, 2, 2, 100_000}
	var messages [][]byte
	for _, n := range sizes {
		messages = append(messages, body(n))
	}
	stream := framed(messages...)
	for name, pieces := range map[string]func(io.Reader) io.Reader{
		"whole":   func(r io.Reader) io.Reader { return r },
		"bytes":   iotest.OneByteReader,
		"halves":  iotest.HalfReader,
		"end too": iotest.DataErrReader,
	} {
		arena := new(Arena)
		f := NewFramer(pieces(bytes.NewReader(stream)), io.Discard, arena)
		for i, want := range messages {
			m, err := f.Receive()
			if err != nil {
				t.Fatalf("%s: message %d: %v", name, i, err)
			}
			if !bytes.Equal(m.Bytes(), want) || m.Headroom() < Headroom {
				t.Errorf("%s: message %d of %d bytes differs", name, i, len(want))
			}
			m.Release()
		}
		for range 2 {
			if _, err := f.Receive(); err != io.EOF {
				t.Errorf("%s: at the end: %v, want io.EOF", name, err)
			}
		}
		if n := arena.InUse(); n != 0 {
			t.Errorf("%s: %d messages in use", name, n)
		}
	}
}

// A stream that ends inside a message, wherever that is.
func TestReceiveTruncated(t *testing.T) {
	stream := framed(body(20), body(2000))
	for n := 1; n < len(stream); n++ {
		if n == 24 {
			continue // between the two
		}
		arena := new(Arena)
		f := NewFramer(bytes.NewReader(stream[:n]), io.Discard, arena)
		var err error
		for err == nil {
			var m *Message
			if m, err = f.Receive(); err == nil {
				m.Release()
			}
		}
		if err != io.ErrUnexpectedEOF || arena.InUse() != 0 {
			t.Fatalf("after %d bytes: %v, %d messages in use", n, err, arena.InUse())
		}
	}
}

// [MS-SMB2] 2.1: a zero and 24 bits; [RFC 1002] 4.3.1: a type and 17 bits.
func TestParsePrefix(t *testing.T) {
	for _, c := range []struct {
		width  Width
		prefix [4]byte
		want   int // 0: refused
	}{
		{DirectTCP, [4]byte{0, 0, 0, 1}, 1},
		{DirectTCP, [4]byte{0, 1, 2, 3}, 0x010203},
		{DirectTCP, [4]byte{0, 0xff, 0xff, 0xff}, MaxMessage},
		{DirectTCP, [4]byte{0, 0, 0, 0}, 0},
		{DirectTCP, [4]byte{1, 0, 0, 1}, 0},
		{DirectTCP, [4]byte{0x85, 0, 0, 0}, 0}, // keep-alive of the session service
		{DirectTCP, [4]byte{0xfe, 'S', 'M', 'B'}, 0},
		{NetBIOS, [4]byte{0, 1, 0xff, 0xff}, MaxNetBIOSMessage},
		{NetBIOS, [4]byte{0, 2, 0, 0}, 0},
		{NetBIOS, [4]byte{0x81, 0, 0, 1}, 0},
	} {
		n, err := c.width.ParsePrefix(c.prefix)
		if n != c.want || (err == nil) != (c.want > 0) || err != nil && !errors.Is(err, ErrFraming) {
			t.Errorf("%d bits, % x: %d, %v, want %d", c.width, c.prefix, n, err, c.want)
		}
	}
}

// A prefix beyond the limit ends the stream before any memory is taken.
func TestReceiveLimit(t *testing.T) {
	arena := new(Arena)
	f := NewFramer(bytes.NewReader(framed(body(100), body(101), body(102))), io.Discard, arena)
	f.SetLimit(100)
	m, err := f.Receive()
	if err != nil {
		t.Fatal(err)
	}
	m.Release()
	f.SetLimit(101)
	if m, err = f.Receive(); err != nil {
		t.Fatalf("after raising the limit: %v", err)
	}
	m.Release()
	want := MessageSizeError{Size: 102, Limit: 101, Remote: true}
	for range 2 {
		_, err = f.Receive()
		if got, ok := errors.AsType[*MessageSizeError](err); !ok || *got != want {
			t.Errorf("beyond the limit: %v, want %v", err, &want)
		}
	}
	if arena.InUse() != 0 {
		t.Error("messages in use")
	}
}

// With headroom one write, without one gathering; the bytes are the same.
func TestSend(t *testing.T) {
	for headroom := range 8 {
		for _, shared := range []bool{false, true} {
			arena, w := new(Arena), new(wire)
			f := NewFramer(nil, w, arena)
			m := arena.NewWithHeadroom(300, headroom)
			copy(m.Bytes(), body(300))
			if shared {
				m.Retain()
			}
			if err := f.Send(m); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(w.Bytes(), framed(body(300))) {
				t.Errorf("headroom %d: % x", headroom, w.Bytes()[:10])
			}
			if once := headroom >= PrefixSize && !shared; once != (w.writes == 1) {
				t.Errorf("headroom %d, shared %v: %d writes", headroom, shared, w.writes)
			}
			if shared {
				if m.Headroom() != headroom || !bytes.Equal(m.Bytes(), body(300)) {
					t.Error("Send changed a shared message")
				}
				m.Release()
			}
			if arena.InUse() != 0 {
				t.Error("message in use after Send")
			}
		}
	}
}

func TestSendRefuses(t *testing.T) {
	arena, w := new(Arena), new(wire)
	f := NewFramer(nil, w, arena)
	f.SetWidth(NetBIOS)
	if err := f.Send(arena.New(0)); err != ErrEmpty {
		t.Errorf("empty: %v", err)
	}
	err := f.Send(arena.New(MaxNetBIOSMessage + 1))
	if got, ok := errors.AsType[*MessageSizeError](err); !ok || got.Remote || got.Limit != MaxNetBIOSMessage {
		t.Errorf("overlong: %v", err)
	}
	if w.Len() != 0 {
		t.Error("refused messages left something on the wire")
	}
	if err := f.Send(arena.New(MaxNetBIOSMessage)); err != nil {
		t.Errorf("after that: %v", err)
	}
	if arena.InUse() != 0 {
		t.Error("messages in use")
	}
}

// After a failed write the stream has lost its place.
func TestSendAfterFailure(t *testing.T) {
	arena, failure := new(Arena), errors.New("no more")
	w := &failing{err: failure}
	f := NewFramer(nil, w, arena)
	for range 3 {
		if err := f.Send(arena.New(10)); err != failure {
			t.Errorf("Send: %v", err)
		}
	}
	if w.writes != 1 || arena.InUse() != 0 {
		t.Errorf("%d writes, %d messages in use", w.writes, arena.InUse())
	}
}

type failing struct {
	err    error
	writes int
}

func (f *failing) Write([]byte) (int, error) { f.writes++; return 1, f.err }

func FuzzReceive(f *testing.F) {
	f.Add(framed(body(1), body(800), body(3)), 100)
	f.Add([]byte{0, 0xff, 0xff, 0xff, 1}, 0)
	f.Add([]byte{0x85, 0, 0, 0}, 0)
	f.Fuzz(func(t *testing.T, stream []byte, limit int) {
		arena := new(Arena)
		fr := NewFramer(bytes.NewReader(stream), io.Discard, arena)
		fr.SetLimit(limit)
		var again []byte
		for {
			m, err := fr.Receive()
			if err != nil {
				break
			}
			if m.Len() == 0 || limit > 0 && limit <= MaxMessage && m.Len() > limit {
				t.Fatalf("message of %d bytes, limit %d", m.Len(), limit)
			}
			again = append(AppendPrefix(again, m.Len()), m.Bytes()...)
			m.Release()
		}
		if !bytes.HasPrefix(stream, again) {
			t.Fatalf("messages are not a prefix of the stream")
		}
		if arena.InUse() != 0 {
			t.Fatal("messages in use")
		}
	})
}

// Framing itself allocates nothing, with and without headroom.
func BenchmarkFramer(b *testing.B) {
	for _, size := range []int{100, 4 << 10, 1 << 20} {
		for _, headroom := range []int{Headroom, 0} {
			b.Run(fmt.Sprintf("%d/headroom=%d", size, headroom), func(b *testing.B) {
				arena := new(Arena)
				f := NewFramer(&endless{frame: framed(body(size))}, io.Discard, arena)
				b.ReportAllocs()
				b.SetBytes(int64(size))
				for b.Loop() {
					m, err := f.Receive()
					if err != nil {
						b.Fatal(err)
					}
					if headroom == 0 {
						m.Prepend(m.Headroom())
						m.Resize(size)
					}
					if err := f.Send(m); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// An endless stream repeats a frame.
type endless struct {
	frame []byte
	at    int
}

func (e *endless) Read(b []byte) (int, error) {
	n := copy(b, e.frame[e.at:])
	e.at = (e.at + n) % len(e.frame)
	return n, nil
}
