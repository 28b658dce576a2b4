package ntlm

import (
	"encoding/binary"
	"fmt"
)

// A ParseError says which field of which structure is wrong.
type ParseError struct {
	Structure string // AUTHENTICATE
	Section   string // of [MS-NLMP]
	Problem   string // what is wrong with which field
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("%s ([MS-NLMP] %s): %s", e.Structure, e.Section, e.Problem)
}

// A cursor reads little-endian fields one after the other. When the bytes run
// out it reads zeros and ok stays false: one check at the end is enough.
type cursor struct {
	b  []byte
	ok bool
}

func (c *cursor) take(n int) []byte {
	if n > len(c.b) {
		c.ok, c.b = false, nil
		return nil
	}
	b := c.b[:n:n]
	c.b = c.b[n:]
	return b
}

func (c *cursor) u16() uint16 {
	if b := c.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) u32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) u64() uint64 {
	if b := c.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func le16(b []byte, v uint16) []byte { return binary.LittleEndian.AppendUint16(b, v) }
func le32(b []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(b, v) }
func le64(b []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(b, v) }

// A Field says where in its message something is: the *Fields structures of
// 2.2.1.
//
//	Len[2] MaxLen[2] BufferOffset[4]
type Field struct {
	Length    uint16
	MaxLength uint16 // ignored
	Offset    uint32 // from the beginning of the message; nothing when Length is 0
}

func (c *cursor) field() Field {
	return Field{c.u16(), c.u16(), c.u32()}
}

func (f Field) appendTo(b []byte) []byte {
	return le32(le16(le16(b, f.Length), f.MaxLength), f.Offset)
}

// in is what the field names of the bytes that follow a message's fixed part
// of the given size. It is the only way to follow an offset and a length.
func (f Field) in(rest []byte, fixed int) ([]byte, bool) {
	if f.Length == 0 {
		return nil, true
	}
	off := uint64(f.Offset)
	if off < uint64(fixed) {
		return nil, false
	}
	off -= uint64(fixed)
	end := off + uint64(f.Length)
	if end > uint64(len(rest)) {
		return nil, false
	}
	return rest[off:end:end], true
}

// place appends content to a message and returns the field that names it.
func place(message, content []byte) ([]byte, Field) {
	n := uint16(len(content))
	return append(message, content...), Field{n, n, uint32(len(message))}
}
