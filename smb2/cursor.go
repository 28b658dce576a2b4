package smb2

import (
	"encoding/binary"
	"fmt"
)

// A ParseError says which field of which structure is wrong.
type ParseError struct {
	Structure string // READ request
	Section   string // of [MS-SMB2]
	Problem   string // what is wrong with which field
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("%s ([MS-SMB2] %s): %s", e.Structure, e.Section, e.Problem)
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
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

func (c *cursor) u8() uint8 {
	if b := c.take(1); b != nil {
		return b[0]
	}
	return 0
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

// body returns a cursor on an element's body, after its StructureSize, which
// must be size.
func body(element []byte, size uint16, structure, section string) (cursor, error) {
	if len(element) < HeaderSize {
		return cursor{}, &ParseError{structure, section, fmt.Sprintf("%d bytes are no header", len(element))}
	}
	c := cursor{element[HeaderSize:], true}
	if got := c.u16(); got != size {
		return cursor{}, &ParseError{structure, section, fmt.Sprintf("StructureSize %d, not %d", got, size)}
	}
	return c, nil
}

// short is the error of a fixed part that does not fit its element.
func (c *cursor) short(structure, section string) error {
	if c.ok {
		return nil
	}
	return &ParseError{structure, section, "the message ends inside the fixed part"}
}

// span is the only way to follow an offset and a length from the wire.
func span(b []byte, off, n uint32) ([]byte, bool) {
	end := uint64(off) + uint64(n)
	if end > uint64(len(b)) {
		return nil, false
	}
	return b[off:end:end], true
}

// part is the n bytes at off of element that a field of structure names, nil
// when there are none. A buffer begins no sooner than at start, behind the
// fixed part.
func part(element []byte, off, n, start uint32, field, structure, section string) ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	b, ok := span(element, off, n)
	if !ok || off < start {
		return nil, &ParseError{structure, section, fmt.Sprintf("%s at %d, %d bytes, is not in the buffer", field, off, n)}
	}
	return b, nil
}

// parseEmpty checks a body without content, StructureSize[2]=4 Reserved[2].
func parseEmpty(element []byte, structure, section string) error {
	c, err := body(element, emptySize, structure, section)
	if err != nil {
		return err
	}
	c.u16() // reserved, ignored
	return c.short(structure, section)
}

func appendEmpty(b []byte) []byte { return le16(le16(b, emptySize), 0) }

const emptySize = 4

// exactly returns a cursor on data, which must have size bytes: the data of a
// context has the length that its definition says, [MS-SMB2] 3.3.5.9.
func exactly(data []byte, size int, structure, section string) (cursor, error) {
	if len(data) != size {
		return cursor{}, &ParseError{structure, section, fmt.Sprintf("%d bytes, not %d", len(data), size)}
	}
	return cursor{data, true}, nil
}

// orZero appends a buffer, or the one zero that an odd StructureSize counts.
func orZero(b, buffer []byte) []byte {
	if len(buffer) == 0 {
		return append(b, 0)
	}
	return append(b, buffer...)
}

// zeros appends n of them.
func zeros(b []byte, n int) []byte { return append(b, make([]byte, n)...) }

func le16(b []byte, v uint16) []byte { return binary.LittleEndian.AppendUint16(b, v) }
func le32(b []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(b, v) }
func le64(b []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(b, v) }
