package transports

import (
	"bytes"
	"errors"
	"testing"
)

// What was read in one go is known to be there, up to the last whole message.
func TestBuffered(t *testing.T) {
	arena := new(Arena)
	stream := framed(body(10), body(20), body(30))
	f := NewFramer(bytes.NewReader(stream[:len(stream)-1]), nil, arena)
	if f.Buffered() {
		t.Error("buffered before anything was read")
	}
	for i, want := range []bool{true, false} {
		m, err := f.Receive()
		if err != nil {
			t.Fatal(err)
		}
		m.Release()
		if f.Buffered() != want {
			t.Errorf("after message %d: buffered is %v", i, !want)
		}
	}
	if _, err := f.Receive(); err == nil || f.Buffered() {
		t.Errorf("truncated message: %v, buffered %v", err, f.Buffered())
	}
}

func TestSendAll(t *testing.T) {
	for _, c := range []struct {
		name     string
		headroom int
		shared   bool
		n        int
	}{
		{"one", Headroom, false, 1},
		{"several", Headroom, false, 3},
		{"most", Headroom, false, MaxGather},
		{"more", Headroom, false, MaxGather + 1},
		{"no headroom", 0, false, 3},
		{"shared", Headroom, true, 3},
	} {
		arena, w := new(Arena), new(wire)
		f := NewFramer(nil, w, arena)
		var list []*Message
		var want []byte
		for i := range c.n {
			m := arena.NewWithHeadroom(10+i, c.headroom)
			copy(m.Bytes(), body(10+i))
			if c.shared {
				m.Retain()
			}
			list = append(list, m)
			want = append(want, framed(body(10+i))...)
		}
		if err := f.SendAll(list); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if !bytes.Equal(w.Bytes(), want) {
			t.Errorf("%s: other bytes, or another order", c.name)
		}
		if c.shared {
			for _, m := range list {
				m.Release()
			}
		}
		if arena.InUse() != 0 {
			t.Errorf("%s: %d messages in use", c.name, arena.InUse())
		}
	}
}

// The first error ends it, and nothing is kept.
func TestSendAllFails(t *testing.T) {
	arena, failure := new(Arena), errors.New("no more")
	f := NewFramer(nil, &failing{err: failure}, arena)
	for range 2 {
		if err := f.SendAll([]*Message{arena.New(10), arena.New(10)}); err != failure {
			t.Errorf("SendAll: %v", err)
		}
	}
	w := new(wire)
	f = NewFramer(nil, w, arena)
	if err := f.SendAll([]*Message{arena.New(10), arena.New(0), arena.New(10)}); err != ErrEmpty || w.Len() != PrefixSize+10 {
		t.Errorf("empty message: %v, %d bytes sent", err, w.Len())
	}
	if arena.InUse() != 0 {
		t.Errorf("%d messages in use", arena.InUse())
	}
}
