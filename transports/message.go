package transports

import "sync/atomic"

// Headroom is what every new message leaves free in front of its bytes, so
// that a transport writes its framing there instead of copying or gathering:
// enough for the four bytes of direct TCP, and a multiple of eight so that the
// payload keeps its alignment.
const Headroom = 64

// A Message is one SMB2 message in a reference-counted buffer:
//
//	|<- headroom ->|<- Bytes ->|<- tailroom ->|
//
// One reference is born with the message. Whoever holds the last one and
// releases it gives the buffer back to its arena. The bytes have one writer at
// a time; sharing them is for readers only.
type Message struct {
	mem      []byte
	off, end int

	// Invalidate is a placement token that this message retires, when
	// Invalidates is set. Received: the peer has invalidated our token. To be
	// sent: the peer's token is invalidated at delivery (Send with Invalidate).
	// Networks that cannot place ignore it.
	Invalidate  uint32
	Invalidates bool

	refs  atomic.Int32
	arena *Arena // nil while it is spare
	class int8
}

// Bytes is the message. It is valid until Release.
func (m *Message) Bytes() []byte { return m.mem[m.off:m.end] }

// Len is len(m.Bytes()).
func (m *Message) Len() int { return m.end - m.off }

// Headroom is the number of free bytes in front of Bytes.
func (m *Message) Headroom() int { return m.off }

// Tailroom is the number of free bytes behind Bytes.
func (m *Message) Tailroom() int { return len(m.mem) - m.end }

// Prepend grows the message by n bytes at its front, taken from the headroom,
// and returns them. It panics when the headroom is too small: the caller
// decides how much it needs when it makes the message.
func (m *Message) Prepend(n int) []byte {
	if n < 0 || n > m.off {
		panic("transports: Prepend beyond the headroom")
	}
	m.off -= n
	return m.mem[m.off : m.off+n]
}

// Trim drops n bytes from the front.
func (m *Message) Trim(n int) {
	if n < 0 || n > m.Len() {
		panic("transports: Trim beyond the message")
	}
	m.off += n
}

// Resize sets the length, growing into the tailroom or cutting the end. Bytes
// it uncovers have no defined content.
func (m *Message) Resize(n int) {
	if n < 0 || n > len(m.mem)-m.off {
		panic("transports: Resize beyond the buffer")
	}
	m.end = m.off + n
}

// Retain adds a reference and returns m.
func (m *Message) Retain() *Message {
	if m.refs.Add(1) <= 1 {
		panic("transports: Retain of a released message")
	}
	return m
}

// Release drops a reference. With the last one the buffer is free again.
func (m *Message) Release() {
	switch n := m.refs.Add(-1); {
	case n == 0:
		m.arena.free(m)
	case n < 0:
		panic("transports: message released twice")
	}
}

// Done releases m: a message that is the source of a Push can be its own Done.
func (m *Message) Done(error) { m.Release() }

var _ Done = (*Message)(nil)
