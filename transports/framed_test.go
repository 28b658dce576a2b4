package transports

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

// A pieces is a Filler that has its stream in pieces of a given length.
type pieces struct {
	stream []byte
	size   int
	err    error // at the end
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.stream) == 0 {
		return 0, p.err
	}
	n := copy(b, p.stream[:min(p.size, len(p.stream))])
	p.stream = p.stream[n:]
	return n, nil
}

func (p *pieces) Fill(a *Arena, n int) (*Message, error) {
	m := a.New(n)
	got, err := p.Read(m.Bytes())
	if err != nil {
		m.Release()
		return nil, err
	}
	m.Resize(got)
	return m, nil
}

// passAll relays frames from f until its error, and returns what came out.
func passAll(f *Framer, out *wire) (messages int, err error) {
	to := NewFramer(nil, out, f.arena)
	for {
		m, n, err := f.ReceiveFrames()
		if err != nil {
			return messages, err
		}
		if m.Len() == 0 {
			return messages, errors.New("empty frames")
		}
		messages += n
		if err := to.SendFrames(m); err != nil {
			return messages, err
		}
	}
}

// What passes in frames is the stream, however it is cut.
func TestFramesPass(t *testing.T) {
	t.Parallel()
	arena := new(Arena)
	stream := framed(body(1), body(500), body(3), body(70000), body(64))
	for _, size := range []int{1, 2, 3, 4, 5, 63, 500, 4096, len(stream)} {
		out := new(wire)
		n, err := passAll(NewFramer(&pieces{stream, size, io.EOF}, nil, arena), out)
		if err != io.EOF || !bytes.Equal(out.Bytes(), stream) {
			t.Errorf("pieces of %d: %v, %d of %d bytes", size, err, out.Len(), len(stream))
		}
		if n != 1+500+3+70000+64 {
			t.Errorf("pieces of %d: %d bytes of messages counted", size, n)
		}
	}
	if arena.InUse() != 0 {
		t.Errorf("%d messages in use", arena.InUse())
	}
}

// A stream that ends inside a message says so, and one that ends inside a
// prefix passes nothing of it.
func TestFramesTruncated(t *testing.T) {
	t.Parallel()
	arena := new(Arena)
	whole := framed(body(10), body(20))
	for n := range len(whole) {
		out := new(wire)
		_, err := passAll(NewFramer(&pieces{whole[:n], 7, io.EOF}, nil, arena), out)
		want, passed := io.ErrUnexpectedEOF, n
		switch {
		case n == 0 || n == 14:
			want = io.EOF
		case n < 4:
			passed = 0
		case n > 14 && n < 18:
			passed = 14
		}
		if err != want || !bytes.Equal(out.Bytes(), whole[:passed]) {
			t.Errorf("cut at %d: %v, %d bytes passed, want %v and %d", n, err, out.Len(), want, passed)
		}
	}
}

// What stands before a prefix that is refused still passes; nothing of what
// follows does, also not later.
func TestFramesRefused(t *testing.T) {
	t.Parallel()
	good := framed(body(10))
	for name, bad := range map[string][]byte{
		"type":  {0x81, 0, 0, 10},
		"empty": {0, 0, 0, 0},
		"limit": {0, 0, 4, 1},
	} {
		for _, size := range []int{1, 12, 100} {
			arena, out := new(Arena), new(wire)
			f := NewFramer(&pieces{append(bytes.Clone(good), append(bad, good...)...), size, io.EOF}, nil, arena)
			f.SetLimit(1024)
			_, err := passAll(f, out)
			var tooLong *MessageSizeError
			if !errors.Is(err, ErrFraming) && !errors.As(err, &tooLong) {
				t.Errorf("%s in pieces of %d: %v", name, size, err)
			}
			if _, _, again := f.ReceiveFrames(); again != err {
				t.Errorf("%s: then %v", name, again)
			}
			if !bytes.Equal(out.Bytes(), good) || arena.InUse() != 0 {
				t.Errorf("%s in pieces of %d: passed % x, %d messages in use", name, size, out.Bytes(), arena.InUse())
			}
		}
	}
}

// What Receive has read ahead is not lost.
func TestFramesAfterReceive(t *testing.T) {
	t.Parallel()
	arena, out := new(Arena), new(wire)
	f := NewFramer(&pieces{framed(body(10), body(20), body(30)), 40, io.EOF}, nil, arena)
	m, err := f.Receive()
	if err != nil {
		t.Fatal(err)
	}
	m.Release()
	if n, err := passAll(f, out); err != io.EOF || n != 50 || !bytes.Equal(out.Bytes(), framed(body(20), body(30))) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// A stream that is no Filler has nothing taken from it.
func TestFramesUnsupported(t *testing.T) {
	t.Parallel()
	r := bytes.NewReader(framed(body(10)))
	f := NewFramer(r, nil, new(Arena))
	if _, _, err := f.ReceiveFrames(); err != ErrNotFramed || r.Len() != 14 {
		t.Errorf("%v, %d bytes left", err, r.Len())
	}
	if m, err := f.Receive(); err != nil || m.Len() != 10 {
		t.Errorf("then Receive: %v", err)
	}
}

// SendFrames keeps its first error.
func TestFramesAfterFailure(t *testing.T) {
	t.Parallel()
	arena := new(Arena)
	w := &failing{err: io.ErrClosedPipe}
	f := NewFramer(nil, w, arena)
	for range 2 {
		if err := f.SendFrames(arena.New(10)); err != io.ErrClosedPipe {
			t.Errorf("%v", err)
		}
	}
	if w.writes != 1 || arena.InUse() != 0 {
		t.Errorf("%d writes, %d messages in use", w.writes, arena.InUse())
	}
}

// Whatever comes, what passes is a prefix of it in which every frame begins
// well, and both ways of reading agree on where it ends.
func FuzzReceiveFrames(f *testing.F) {
	f.Add(framed(body(10), body(2000)), uint8(3))
	f.Add([]byte{0, 0, 0, 0}, uint8(1))
	f.Add([]byte{0, 0, 0, 9, 1, 0x85}, uint8(5))
	f.Fuzz(func(t *testing.T, stream []byte, size uint8) {
		const limit = 4000
		arena, out := new(Arena), new(wire)
		frames := NewFramer(&pieces{stream, int(size) + 1, io.EOF}, nil, arena)
		frames.SetLimit(limit)
		_, err := passAll(frames, out)
		if !bytes.HasPrefix(stream, out.Bytes()) {
			t.Fatalf("passed % x of % x", out.Bytes(), stream)
		}
		whole := NewFramer(bytes.NewReader(stream), nil, arena)
		whole.SetLimit(limit)
		for {
			m, other := whole.Receive()
			if other != nil {
				if other.Error() != err.Error() {
					t.Fatalf("%v in frames, %v in messages", err, other)
				}
				break
			}
			m.Release()
		}
		if arena.InUse() != 0 {
			t.Fatalf("%d messages in use", arena.InUse())
		}
	})
}
