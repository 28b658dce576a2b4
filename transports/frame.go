package transports

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
)

// PrefixSize is the length of what stands in front of a message on a stream.
const PrefixSize = 4

// A Width is how many bits of the prefix are length.
type Width uint8

const (
	DirectTCP Width = 24 // port 445 and QUIC, [MS-SMB2] 2.1
	NetBIOS   Width = 17 // the session service of port 139, [RFC 1002] 4.3.1
)

// max is the longest message of the framing.
func (w Width) max() int { return 1<<w - 1 }

// ParsePrefix reads a prefix and returns the length of the message behind it,
// or a *FrameError. Other types than a session message do not occur on a
// connection without session service, and an empty message is none.
func (w Width) ParsePrefix(p [PrefixSize]byte) (int, error) {
	v := binary.BigEndian.Uint32(p[:])
	switch {
	case v>>24 != 0:
		return 0, &FrameError{p, "is no session message"}
	case v>>w != 0:
		return 0, &FrameError{p, fmt.Sprintf("has a length of more than %d bits", w)}
	case v == 0:
		return 0, &FrameError{p, "has no message behind it"}
	}
	return int(v), nil
}

// AppendPrefix appends the prefix of a message of n bytes. n is from 1 to the
// framing's maximum: Framer.Send checks it.
func AppendPrefix(b []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(b, uint32(n))
}

// A FrameError is a prefix that is none. The peer is to blame, and the rest of
// the stream means nothing. It is ErrFraming.
type FrameError struct {
	Prefix [PrefixSize]byte
	Why    string
}

func (e *FrameError) Error() string { return fmt.Sprintf("prefix % x %s", e.Prefix[:], e.Why) }

func (e *FrameError) Unwrap() error { return ErrFraming }

// A Framer carries messages over a stream of bytes. Receive and Send may run
// at the same time as each other, but neither with itself. Each keeps its first
// error for ever: the stream has lost its place.
type Framer struct {
	r     io.Reader
	w     io.Writer
	arena *Arena
	width Width
	limit atomic.Int32

	// Owned by Receive. What has been read and not used yet is ahead[at:end];
	// between messages of a peer that waits for answers that is nothing.
	ahead   [readAhead]byte
	at, end int
	walk    frameWalk
	recvErr error

	// Owned by Send. The arrays live here so that gathering allocates nothing.
	prefix  [PrefixSize]byte
	parts   [2][]byte
	frames  [MaxGather][]byte
	gather  net.Buffers
	sendErr error
}

// NewFramer returns a Framer of direct TCP framing that reads from r, into
// messages of arena, and writes to w. When w is a VectorWriter, messages that
// leave together, or have no headroom, are gathered by the system.
func NewFramer(r io.Reader, w io.Writer, arena *Arena) *Framer {
	f := &Framer{r: r, w: w, arena: arena, width: DirectTCP}
	f.SetLimit(0)
	return f
}

// SetWidth changes the framing. It is called before the first message.
func (f *Framer) SetWidth(w Width) { f.width = w }

// SetLimit bounds the messages that Receive takes, in bytes; 0 means what the
// framing can carry. It may be called at any time, and counts from the next
// prefix on: an owner that knows its peers starts low and raises it when they
// have authenticated.
func (f *Framer) SetLimit(n int) {
	if n <= 0 || n > MaxMessage {
		n = MaxMessage
	}
	f.limit.Store(int32(n))
}

// Receive blocks until the next message is whole. The caller owns it. At the
// stream's end between two messages the error is io.EOF, inside of one
// io.ErrUnexpectedEOF.
func (f *Framer) Receive() (*Message, error) {
	if f.recvErr != nil {
		return nil, f.recvErr
	}
	m, err := f.receive()
	f.recvErr = err
	return m, err
}

func (f *Framer) receive() (*Message, error) {
	n, err := f.receivePrefix()
	if err != nil {
		return nil, err
	}
	m := f.arena.New(n)
	got := copy(m.Bytes(), f.ahead[f.at:f.end])
	f.at += got
	if got == n {
		return m, nil
	}
	if _, err := io.ReadFull(f.r, m.Bytes()[got:]); err != nil {
		m.Release()
		return nil, insideFrame(err)
	}
	return m, nil
}

// receivePrefix returns the length of the next message, which has met every
// limit.
func (f *Framer) receivePrefix() (int, error) {
	if err := f.fill(PrefixSize); err != nil {
		return 0, err
	}
	n, err := f.length([PrefixSize]byte(f.ahead[f.at:]))
	if err == nil {
		f.at += PrefixSize
	}
	return n, err
}

// length is a message's length, which has met every limit.
func (f *Framer) length(prefix [PrefixSize]byte) (int, error) {
	n, err := f.width.ParsePrefix(prefix)
	if err != nil {
		return 0, err
	}
	if limit := int(f.limit.Load()); n > limit {
		return 0, &MessageSizeError{Size: n, Limit: limit, Remote: true}
	}
	return n, nil
}

// fill reads ahead until at least n bytes are there.
func (f *Framer) fill(n int) error {
	if f.end-f.at >= n {
		return nil
	}
	f.end = copy(f.ahead[:], f.ahead[f.at:f.end])
	f.at = 0
	got, err := io.ReadAtLeast(f.r, f.ahead[f.end:], n-f.end)
	f.end += got
	if err != nil && f.end > 0 {
		return insideFrame(err)
	}
	return err
}

// insideFrame is what a stream's end means when a message has begun.
func insideFrame(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Send writes m, blocks while the stream takes nothing, and releases m in any
// case. A message that the framing cannot carry leaves the stream as it was.
func (f *Framer) Send(m *Message) error {
	defer m.Release()
	n := m.Len()
	switch {
	case f.sendErr != nil:
		return f.sendErr
	case n == 0:
		return ErrEmpty
	case n > f.width.max():
		return &MessageSizeError{Size: n, Limit: f.width.max()}
	}
	f.sendErr = f.write(m)
	return f.sendErr
}

// Buffered says that the next message is in what has been read ahead.
func (f *Framer) Buffered() bool {
	if f.recvErr != nil || f.end-f.at < PrefixSize {
		return false
	}
	n, err := f.width.ParsePrefix([PrefixSize]byte(f.ahead[f.at:]))
	return err == nil && n <= f.end-f.at-PrefixSize
}

// SendAll is Send for several messages, which share one write when the
// headroom of each takes its prefix.
func (f *Framer) SendAll(list []*Message) error {
	if f.sendErr == nil && f.gathers(list) {
		f.sendErr = f.writeAll(list)
		releaseAll(list)
		return f.sendErr
	}
	for i, m := range list {
		if err := f.Send(m); err != nil {
			releaseAll(list[i+1:])
			return err
		}
	}
	return nil
}

// gathers says whether every message of list can have its prefix in place, and
// none needs a refusal of its own.
func (f *Framer) gathers(list []*Message) bool {
	if len(list) > MaxGather {
		return false
	}
	for _, m := range list {
		if n := m.Len(); n == 0 || n > f.width.max() || !m.roomForPrefix() {
			return false
		}
	}
	return true
}

func (f *Framer) writeAll(list []*Message) error {
	for i, m := range list {
		f.frames[i] = m.framed()
	}
	err := f.writeVector(f.frames[:len(list)])
	clear(f.frames[:len(list)])
	return err
}

// A VectorWriter writes several slices with one call. It may use list up.
type VectorWriter interface {
	WriteVector(list [][]byte) (int, error)
}

func (f *Framer) writeVector(list [][]byte) error {
	if v, ok := f.w.(VectorWriter); ok {
		_, err := v.WriteVector(list)
		return err
	}
	f.gather = list
	_, err := f.gather.WriteTo(f.w)
	return err
}

func releaseAll(list []*Message) {
	for _, m := range list {
		m.Release()
	}
}

// roomForPrefix says that the headroom takes the prefix, and that nobody else
// holds m, who may be writing it elsewhere.
func (m *Message) roomForPrefix() bool { return m.off >= PrefixSize && m.refs.Load() == 1 }

// framed writes the prefix into the headroom and returns it with the message.
func (m *Message) framed() []byte {
	binary.BigEndian.PutUint32(m.mem[m.off-PrefixSize:m.off], uint32(m.Len()))
	return m.mem[m.off-PrefixSize : m.end]
}

// write puts prefix and message on the stream at once, so that TCP without
// delay makes one segment of a small message. The prefix goes into the
// headroom where it can.
func (f *Framer) write(m *Message) error {
	if m.roomForPrefix() {
		_, err := f.w.Write(m.framed())
		return err
	}
	binary.BigEndian.PutUint32(f.prefix[:], uint32(m.Len()))
	f.parts = [2][]byte{f.prefix[:], m.Bytes()}
	err := f.writeVector(f.parts[:])
	f.parts = [2][]byte{}
	return err
}
