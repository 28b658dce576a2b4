package ipc

import (
	"encoding/binary"
	"strings"

	"github.com/smbgw/smbgw/smb2"
)

// A decoder reads NDR, [C706] 14, of either byte order. Once something is
// missing it reads zeros and ok stays false: one check at the end is enough.
type decoder struct {
	b   []byte // what alignment counts from
	at  int
	big bool
	ok  bool
}

func (d *decoder) take(n int) []byte {
	if n > len(d.b)-d.at {
		d.ok, d.at = false, len(d.b)
		return nil
	}
	d.at += n
	return d.b[d.at-n : d.at : d.at]
}

// rest is all that is left.
func (d *decoder) rest() []byte { return d.take(len(d.b) - d.at) }

func (d *decoder) align(n int) { d.take(-d.at & (n - 1)) }

func (d *decoder) order() binary.ByteOrder {
	if d.big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

func (d *decoder) u8() uint8 {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) u16() uint16 {
	d.align(2)
	if b := d.take(2); b != nil {
		return d.order().Uint16(b)
	}
	return 0
}

func (d *decoder) u32() uint32 {
	d.align(4)
	if b := d.take(4); b != nil {
		return d.order().Uint32(b)
	}
	return 0
}

// text is a string of wchar_t, [C706] 14.3.4, conformant and varying, without
// the zero at its end.
//
//	maximum_count[4] offset[4]=0 actual_count[4] text[2*actual_count]
func (d *decoder) text() string {
	most, offset, n := d.u32(), d.u32(), d.u32()
	if offset != 0 || n > most || n > maxText {
		d.ok = false
		return ""
	}
	units := make([]byte, 0, 2*n)
	for range n {
		units = le16(units, d.u16())
	}
	s, ok := smb2.DecodeUTF16(units)
	d.ok = d.ok && ok
	return strings.TrimSuffix(s, "\x00")
}

// pointedText is the string that a unique pointer leads to, "" of a null one.
func (d *decoder) pointedText() string {
	if d.u32() == 0 {
		return ""
	}
	return d.text()
}

func (d *decoder) err(structure, section string) error {
	if d.ok {
		return nil
	}
	return &parseError{structure, section, "it ends too early, or a string in it is none"}
}

// An encoder builds NDR, in little-endian.
type encoder struct {
	b        []byte
	pointers uint32
}

// align pads what has been built to a multiple of 4.
func (e *encoder) align() {
	for len(e.b)%4 != 0 {
		e.b = append(e.b, 0)
	}
}

func (e *encoder) u32(v uint32) {
	e.align()
	e.b = le32(e.b, v)
}

// pointer is one that is not null; what it leads to comes later.
func (e *encoder) pointer() {
	e.pointers++
	e.u32(0x00020000 + 4*(e.pointers-1))
}

func (e *encoder) null() { e.u32(0) }

// text is a string with a zero at its end.
func (e *encoder) text(s string) {
	n := uint32(textUnits(s))
	e.u32(n)
	e.u32(0)
	e.u32(n)
	e.b = le16(smb2.AppendUTF16(e.b, s), 0)
}

// textUnits is the length of s in UTF-16, its zero included.
func textUnits(s string) int {
	n := 1
	for _, r := range s {
		if n++; r > 0xffff {
			n++
		}
	}
	return n
}

func le16(b []byte, v uint16) []byte { return binary.LittleEndian.AppendUint16(b, v) }
func le32(b []byte, v uint32) []byte { return binary.LittleEndian.AppendUint32(b, v) }
