package fscc

import (
	"encoding/binary"
	"fmt"
)

// A ParseError says which field of which structure is wrong.
type ParseError struct {
	Structure string // FileBasicInformation
	Section   string // of [MS-FSCC]
	Problem   string // what is wrong with which field
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("%s ([MS-FSCC] %s): %s", e.Structure, e.Section, e.Problem)
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

func (c *cursor) u8() uint8 {
	if b := c.take(1); b != nil {
		return b[0]
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

// name takes n bytes, a peer's number, of UTF-16.
func (c *cursor) name(n uint32) []byte {
	if n%2 != 0 || uint64(n) > uint64(len(c.b)) {
		c.ok, c.b = false, nil
		return nil
	}
	return c.take(int(n))
}

// done is the error of a structure that does not fit its buffer.
func (c *cursor) done(structure, section string) error {
	if c.ok {
		return nil
	}
	return &ParseError{structure, section, "the buffer ends inside it"}
}

// Link makes room for another entry behind the one that begins at b[at:]: it
// pads that one to a multiple of align and points its NextEntryOffset to the
// end.
func Link(b []byte, at, align int) []byte {
	for (len(b)-at)%align != 0 {
		b = append(b, 0)
	}
	binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-at))
	return b
}

// entries walks a list: each of its entries, up to the next one, goes to f. The
// first field of an entry is the offset of the next, zero in the last.
func entries(b []byte, align uint32, structure, section string, f func(entry []byte) error) error {
	for n := 0; len(b) > 0; n++ {
		c := cursor{b, true}
		next := c.u32()
		switch {
		case n == MaxEntries:
			return &ParseError{structure, section, "too many entries"}
		case !c.ok || next%align != 0 || uint64(next) >= uint64(len(b)) && next != 0:
			return &ParseError{structure, section, fmt.Sprintf("NextEntryOffset %d in %d bytes", next, len(b))}
		case next == 0:
			return f(b)
		}
		if err := f(b[:next:next]); err != nil {
			return err
		}
		b = b[next:]
	}
	return nil
}

func le32(b []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(b, v) }
func le64(b []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(b, v) }

func flag(v bool) uint8 {
	if v {
		return 1
	}
	return 0
}
