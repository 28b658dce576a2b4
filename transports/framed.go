package transports

import "errors"

// A Framed is a Conn over a stream of bytes in the framing of Framer. Between
// two of them a relay can pass on what there is of a message before it is
// whole, which holds less memory and keeps it in the processor's cache. Found
// by assertion.
type Framed interface {
	Conn

	// ReceiveFrames blocks until something has arrived, and returns as much as
	// is there, with its prefixes: any number of messages, of which the first
	// may have begun earlier and the last may go on later. n is how many bytes
	// of it are messages, without prefixes. Every prefix in it has met every
	// limit. The caller owns m. Errors are Receive's, which is not called any
	// more once this has been.
	ReceiveFrames() (m *Message, n int, err error)

	// SendFrames sends what ReceiveFrames of another connection has returned,
	// as Send does a message.
	SendFrames(m *Message) error
}

// ErrNotFramed is the answer of a Framer whose stream is no Filler. Nothing has
// been read.
var ErrNotFramed = errors.New("the stream cannot be read in frames")

// A Filler is a stream that takes memory for a read only once there is
// something to read.
type Filler interface {
	// Fill blocks until there is something to read, then reads what there is, at
	// most n bytes, into a message of a that the caller owns. An idle stream
	// holds no memory.
	Fill(a *Arena, n int) (*Message, error)
}

// frameWalk is where ReceiveFrames is in the stream. It belongs to Receive.
type frameWalk struct {
	window int  // how much to read at once
	left   int  // bytes of the current message that have not come
	begun  bool // Receive is over, ReceiveFrames has begun
	kept   [PrefixSize]byte
	held   int // of kept: the beginning of a prefix
}

// ReceiveFrames is Framed's.
func (f *Framer) ReceiveFrames() (m *Message, n int, err error) {
	filler, ok := f.r.(Filler)
	switch {
	case !ok:
		return nil, 0, ErrNotFramed
	case !f.walk.begun:
		f.walk.begun = true
		if m := f.takeAhead(); m != nil {
			if n := f.check(m); m.Len() > 0 {
				return m, n, nil
			}
			m.Release()
		}
	}
	for f.recvErr == nil {
		m, err := f.fillFrames(filler)
		if err != nil {
			f.recvErr = f.walk.ended(err)
			break
		}
		if n := f.check(m); m.Len() > 0 {
			return m, n, nil
		}
		m.Release() // a part of a prefix, or none that is good
	}
	return nil, 0, f.recvErr
}

// takeAhead is what Receive has read ahead, or nil.
func (f *Framer) takeAhead() *Message {
	if f.at == f.end {
		return nil
	}
	m := f.arena.New(f.end - f.at)
	copy(m.Bytes(), f.ahead[f.at:f.end])
	f.at, f.end = 0, 0
	return m
}

// fillFrames fills a message, behind what there is of a prefix. The window
// follows what the stream has to give.
func (f *Framer) fillFrames(filler Filler) (*Message, error) {
	w := &f.walk
	w.window = max(w.window, minFrameWindow)
	m, err := filler.Fill(f.arena, w.window)
	if err != nil {
		return nil, err
	}
	switch n := m.Len(); {
	case n == w.window:
		w.window = min(2*w.window, maxFrameWindow)
	case n < w.window/4:
		w.window /= 2
	}
	copy(m.Prepend(w.held), w.kept[:w.held])
	w.held = 0
	return m, nil
}

// check follows the prefixes in m. What may not pass yet or at all is cut off:
// the beginning of a prefix is kept, a wrong one becomes the stream's error. It
// returns how many bytes of m are messages.
func (f *Framer) check(m *Message) (n int) {
	w, b := &f.walk, m.Bytes()
	for at := 0; ; {
		part := min(w.left, len(b)-at)
		at, n, w.left = at+part, n+part, w.left-part
		if at == len(b) {
			return n
		}
		if len(b)-at < PrefixSize {
			w.held = copy(w.kept[:], b[at:])
			m.Resize(at)
			return n
		}
		size, err := f.length([PrefixSize]byte(b[at:]))
		if err != nil {
			f.recvErr = err
			m.Resize(at)
			return n
		}
		w.left = size
		at += PrefixSize
	}
}

// ended is what the stream's end means where it is.
func (w *frameWalk) ended(err error) error {
	if w.left > 0 || w.held > 0 {
		return insideFrame(err)
	}
	return err
}

// SendFrames is Framed's.
func (f *Framer) SendFrames(m *Message) error {
	defer m.Release()
	if f.sendErr == nil {
		_, f.sendErr = f.w.Write(m.Bytes())
	}
	return f.sendErr
}
