package iwarp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// What the queue pair under test has registered, and what surrounds it.
type memory struct {
	all      []byte
	mem      []byte
	region   rdma.Region
	stag     uint32
	to       uint64
	expected []byte // nil: as it was
}

const regionSize = 4096

func (r *peer) register(a rdma.Access) *memory {
	r.t.Helper()
	all := bytes.Repeat([]byte{0x5a}, regionSize+128)
	m := &memory{all: all, mem: all[64 : 64+regionSize : 64+regionSize]}
	g, err := r.q.Register(m.mem, a)
	if err != nil {
		r.t.Fatal(err)
	}
	m.region, m.stag, m.to = g, g.Segment().Token, g.Segment().Offset
	r.t.Cleanup(func() {
		if m.region != nil {
			m.region.Deregister()
		}
		want := m.expected
		if want == nil {
			want = bytes.Repeat([]byte{0x5a}, regionSize+128)
		}
		if !bytes.Equal(m.all, want) {
			r.t.Error("memory was written")
		}
	})
	return m
}

// wrote expects b at off of the region.
func (m *memory) wrote(off int, b []byte) {
	if m.expected == nil {
		m.expected = bytes.Repeat([]byte{0x5a}, regionSize+128)
	}
	copy(m.expected[64+off:], b)
}

// read makes the queue pair read n bytes and returns what it asks for.
func (r *peer) read(id uint64, sink []byte) readRequest {
	r.t.Helper()
	w := rdma.Work{Op: rdma.OpRead, ID: id, Body: sink, Remote: rdma.Segment{Token: 0x3333, Offset: 0x4000, Length: uint32(len(sink))}}
	if err := r.q.PostSend([]rdma.Work{w}); err != nil {
		r.t.Fatal(err)
	}
	return parseReadRequest(r.readFrame()[untaggedHeader:])
}

// The three answers.
type wanted struct {
	kind  byte // 'T', 'C' or 'o'
	t     [3]byte
	flags byte
}

var (
	closed   = wanted{kind: 'C'}
	accepted = wanted{kind: 'o'}
)

func says(layer, kind, code byte) wanted   { return wanted{'T', [3]byte{layer, kind, code}, 0} }
func quotes(layer, kind, code byte) wanted { return wanted{'T', [3]byte{layer, kind, code}, 0xc0} }
func quotesRead(layer, kind, code byte) wanted {
	return wanted{'T', [3]byte{layer, kind, code}, 0xe0}
}

// A row is one case: bytes to send to an open responder, the ULPDU at fault
// when a Terminate quotes it, and the answer.
type row struct {
	name string
	off  bool // without CRC
	send func(r *peer) (bytes, bad []byte)
	want wanted
}

// one is a row's send for a single ULPDU.
func one(make func(r *peer) []byte) func(*peer) ([]byte, []byte) {
	return func(r *peer) ([]byte, []byte) {
		u := make(r)
		return r.frame(u), u
	}
}

// several is a row's send for several ULPDUs, of which the last is at fault.
func several(make func(r *peer) [][]byte) func(*peer) ([]byte, []byte) {
	return func(r *peer) ([]byte, []byte) {
		u := make(r)
		return r.frames(u...), u[len(u)-1]
	}
}

// check sends a row's bytes, then garbage that must be ignored, and compares
// all that comes back.
func (v *row) check(t *testing.T) {
	r := opened(t, quick(), !v.off)
	b, bad := v.send(r)
	r.write(b)
	if v.want.kind == 'o' {
		r.alive()
		return
	}
	r.c.Write(r.frame(r.send(true, []byte("after the end"))))
	r.c.CloseWrite()
	var want []byte
	if v.want.kind == 'T' {
		want = r.terminate(v.want.t[0], v.want.t[1], v.want.t[2], v.want.flags, bad)
	}
	if got := r.rest(); !bytes.Equal(got, want) {
		t.Errorf("answer %x\nwant   %x", got, want)
	}
	r.end()
	if v.want.kind == 'T' {
		r.blamed()
	}
	for _, c := range r.got[1:] {
		if c.Op == rdma.OpReceive && c.Err == nil && bytes.HasPrefix(r.bufs[c.ID-1], []byte("after the end")) {
			t.Error("a frame behind the error was delivered")
		}
	}
}

func runRows(t *testing.T, rows []row) {
	t.Helper()
	for _, v := range rows {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			v.check(t)
		})
	}
}

func TestNegativeFPDU(t *testing.T) {
	var rows []row
	for _, n := range []int{0, 1, 13} {
		rows = append(rows, row{fmt.Sprintf("28 ULPDU_Length %d", n), false, func(r *peer) ([]byte, []byte) {
			return rawFrame(tagged(0xc1, 0x40, 1, 0, nil)[:n], n, 0, true), nil
		}, says(2, 0, 3)})
	}
	flip := func(at int) func(r *peer) ([]byte, []byte) {
		return func(r *peer) ([]byte, []byte) {
			m := r.register(rdma.RemoteWrite)
			f := r.frame(tagged(0xc1, 0x40, m.stag, m.to, []byte("hello")))
			f[at] ^= 0x10
			return f, nil
		}
	}
	rows = append(rows,
		row{"29 bit flipped in payload", false, flip(2 + 14 + 2), says(2, 0, 2)},
		row{"30 bit flipped in PAD", false, flip(2 + 14 + 5 + 1), says(2, 0, 2)},
		row{"31 CRC garbage with CRC off", true, func(r *peer) ([]byte, []byte) {
			f := r.frame(r.send(true, []byte("x")))
			copy(f[len(f)-4:], "junk")
			return f, nil
		}, accepted},
		row{"32 PAD not zero", false, func(r *peer) ([]byte, []byte) {
			u := r.send(true, []byte("x"))
			return rawFrame(u, len(u), 0xaa, true), nil
		}, accepted},
		row{"32 PAD not zero, CRC off", true, func(r *peer) ([]byte, []byte) {
			u := r.send(true, []byte("x"))
			return rawFrame(u, len(u), 0xaa, false), nil
		}, accepted},
		row{"34 100 frames in one segment", false, several(func(r *peer) (l [][]byte) {
			r.receives(100)
			for range 100 {
				l = append(l, r.send(true, []byte("x")))
			}
			return l
		}), accepted},
		row{"37 CRC big-endian", false, func(r *peer) ([]byte, []byte) {
			f := r.frame(r.send(true, []byte("x")))
			end := f[len(f)-4:]
			binary.BigEndian.PutUint32(end, binary.LittleEndian.Uint32(end))
			return f, nil
		}, says(2, 0, 2)},
	)
	runRows(t, rows)
}

// TestNegativeFirstFPDU: a responder answers a mistake of MPA's in the very
// first frame with a close alone, one of DDP's with a Terminate.
func TestNegativeFirstFPDU(t *testing.T) {
	t.Run("29 CRC", func(t *testing.T) {
		t.Parallel()
		r := toResponder(t, quick(), true)
		f := r.frame(r.send(true, []byte("x")))
		f[len(f)-1] ^= 1
		r.write(f)
		if b := r.rest(); len(b) != 0 {
			t.Errorf("answer %x", b)
		}
		r.blamed()
	})
	t.Run("28 length", func(t *testing.T) {
		t.Parallel()
		r := toResponder(t, quick(), false)
		r.write([]byte{0, 13})
		if b := r.rest(); len(b) != 0 {
			t.Errorf("answer %x", b)
		}
		r.blamed()
	})
	t.Run("46 MSN", func(t *testing.T) {
		t.Parallel()
		r := toResponder(t, quick(), true)
		u := untagged(0x41, 0x43, 0, 0, 2, 0, nil)
		r.write(r.frame(u))
		if b := r.rest(); !bytes.Equal(b, r.terminate(1, 2, 3, 0xc0, u)) {
			t.Errorf("answer %x", b)
		}
		r.blamed()
	})
	t.Run("silence", func(t *testing.T) {
		t.Parallel()
		p := quick()
		p.FirstTimeout = 50 * time.Millisecond
		r := toResponder(t, p, true)
		if b := r.rest(); len(b) != 0 {
			t.Errorf("answer %x", b)
		}
		if err := r.end(); err != errFirst {
			t.Errorf("ended with %v", err)
		}
	})
}

// TestNegativeSplit is case 33: a write and a send, cut at every byte.
func TestNegativeSplit(t *testing.T) {
	for _, crc := range []bool{false, true} {
		t.Run(fmt.Sprint("crc ", crc), func(t *testing.T) {
			t.Parallel()
			r := opened(t, quick(), crc)
			m := r.register(rdma.RemoteWrite)
			m.wrote(8, []byte("hello"))
			write := r.frame(tagged(0xc1, 0x40, m.stag, m.to+8, []byte("hello")))
			size := len(write) + len(rawFrame(untagged(0, 0, 0, 0, 0, 0, []byte("abc")), 0, 0, false))
			for i := 1; i < size; i++ {
				r.receives(1)
				b := append(bytes.Clone(write), r.frame(r.send(true, []byte("abc")))...)
				r.write(b[:i])
				if i%8 == 0 {
					time.Sleep(100 * time.Microsecond)
				}
				r.write(b[i:])
				c := r.completed(1 + i)[i]
				if c.Len != 3 || string(r.bufs[c.ID-1][:3]) != "abc" {
					t.Fatalf("cut at %d: %+v", i, c)
				}
			}
		})
	}
}

// TestNegativeLong is case 35: the longest ULPDU there is.
func TestNegativeLong(t *testing.T) {
	for _, crc := range []bool{false, true} {
		t.Run(fmt.Sprint("crc ", crc), func(t *testing.T) {
			t.Parallel()
			r := opened(t, quick(), crc)
			mem := make([]byte, 65521)
			g, err := r.q.Register(mem, rdma.RemoteWrite)
			if err != nil {
				t.Fatal(err)
			}
			payload := bytes.Repeat([]byte("0123456"), 9361)[:65521]
			r.write(r.frame(tagged(0xc1, 0x40, g.Segment().Token, g.Segment().Offset, payload)))
			r.alive()
			g.Deregister()
			if !bytes.Equal(mem, payload) {
				t.Error("wrong content")
			}
		})
	}
}

// TestNegativeFIN: cases 36 and 55, an end inside something.
func TestNegativeFIN(t *testing.T) {
	for name, send := range map[string]func(r *peer) []byte{
		"36 inside the length":  func(r *peer) []byte { return []byte{0} },
		"36 inside the header":  func(r *peer) []byte { return r.frame(r.send(true, []byte("x")))[:12] },
		"36 inside the payload": func(r *peer) []byte { return r.frame(r.send(true, []byte("0123456789")))[:25] },
		"36 inside the trailer": func(r *peer) []byte { f := r.frame(r.send(true, []byte("x"))); return f[:len(f)-1] },
		"55 inside a message":   func(r *peer) []byte { return r.frame(r.send(false, []byte("x"))) },
	} {
		for _, crc := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " crc ", crc), func(t *testing.T) {
				t.Parallel()
				r := opened(t, quick(), crc)
				r.write(send(r))
				r.c.CloseWrite()
				if b := r.rest(); len(b) != 0 {
					t.Errorf("answer %x", b)
				}
				if err := r.end(); !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("ended with %v", err)
				}
				for _, c := range r.got[1:] {
					if c.Err == nil {
						t.Errorf("delivered %+v", c)
					}
				}
			})
		}
	}
}

func TestNegativeHeader(t *testing.T) {
	var rows []row
	for _, dv := range []byte{0, 2, 3} {
		rows = append(rows,
			row{fmt.Sprintf("38 DV %d tagged", dv), false, one(func(r *peer) []byte { return tagged(0xc0|dv, 0x40, 1, 0, nil) }), says(1, 1, 4)},
			row{fmt.Sprintf("38 DV %d untagged", dv), false, one(func(r *peer) []byte { return untagged(0x40|dv, 0x43, 0, 0, r.msn, 0, nil) }), says(1, 2, 6)},
			row{fmt.Sprintf("39 RV %d", dv), false, one(func(r *peer) []byte { return untagged(0x41, dv<<6|0x03, 0, 0, r.msn, 0, nil) }), says(0, 2, 5)})
	}
	for op := byte(8); op < 16; op++ {
		rows = append(rows,
			row{fmt.Sprintf("40 opcode %d untagged", op), false, one(func(r *peer) []byte { return untagged(0x41, 0x40|op, 0, 0, r.msn, 0, nil) }), says(0, 2, 6)},
			row{fmt.Sprintf("40 opcode %d tagged", op), true, one(func(r *peer) []byte { return tagged(0xc1, 0x40|op, 1, 0, nil) }), says(0, 2, 6)})
	}
	for _, op := range []byte{3, 4, 5, 6, 1, 7} {
		rows = append(rows, row{fmt.Sprintf("41 opcode %d with T=1", op), false, one(func(r *peer) []byte {
			return tagged(0xc1, 0x40|op, 1, 0, make([]byte, 40))
		}), says(0, 2, 6)})
	}
	for _, op := range []byte{0, 2} {
		rows = append(rows, row{fmt.Sprintf("41 opcode %d with T=0", op), false, one(func(r *peer) []byte {
			return untagged(0x41, 0x40|op, 0, 0, r.msn, 0, make([]byte, 40))
		}), says(0, 2, 6)})
	}
	for _, qn := range []uint32{1, 2, 3, 0xffffffff} {
		rows = append(rows, row{fmt.Sprintf("42 Send on queue %#x", qn), false, one(func(r *peer) []byte {
			return untagged(0x41, 0x43, 0, qn, r.msn, 0, []byte("x"))
		}), quotes(1, 2, 1)})
	}
	for n := 14; n < 18; n++ {
		rows = append(rows, row{fmt.Sprintf("43 Send in a ULPDU of %d bytes", n), n%2 == 0, one(func(r *peer) []byte {
			return untagged(0x41, 0x43, 0, 0, r.msn, 0, nil)[:n]
		}), says(2, 0, 3)})
	}
	rows = append(rows,
		row{"44 reserved bits of DDP", false, one(func(r *peer) []byte { u := r.send(true, nil); u[0] |= 0x3c; return u }), accepted},
		row{"44 reserved bits of RDMAP", false, one(func(r *peer) []byte { u := r.send(true, nil); u[1] |= 0x30; return u }), accepted},
		row{"44 reserved bits, tagged", false, one(func(r *peer) []byte { return tagged(0xfd, 0x70, 1, 0, nil) }), accepted},
		row{"RsvdULP in a Send", false, one(func(r *peer) []byte { u := r.send(true, nil); u[2] = 0xff; return u }), accepted},
		row{"Send with Solicited Event", false, one(func(r *peer) []byte { u := r.send(true, nil); u[1] = 0x45; return u }), accepted},
	)
	runRows(t, rows)
}

func TestNegativeSend(t *testing.T) {
	runRows(t, []row{
		{"45 MSN 0", false, one(func(r *peer) []byte { return untagged(0x41, 0x43, 0, 0, 0, 0, nil) }), quotes(1, 2, 3)},
		{"45 MSN skipped", false, one(func(r *peer) []byte { return untagged(0x41, 0x43, 0, 0, 3, 0, nil) }), quotes(1, 2, 3)},
		{"46 MSN repeated", true, one(func(r *peer) []byte { return untagged(0x41, 0x43, 0, 0, 1, 0, nil) }), quotes(1, 2, 3)},
		{"48 first segment with MO 4", false, one(func(r *peer) []byte { return untagged(0x41, 0x43, 0, 0, 2, 4, nil) }), quotes(1, 2, 4)},
		{"49 gap", false, several(func(r *peer) [][]byte {
			return [][]byte{untagged(0x01, 0x43, 0, 0, 2, 0, []byte("abcd")), untagged(0x41, 0x43, 0, 0, 2, 5, []byte("x"))}
		}), quotes(1, 2, 4)},
		{"49 overlap", false, several(func(r *peer) [][]byte {
			return [][]byte{untagged(0x01, 0x43, 0, 0, 2, 0, []byte("abcd")), untagged(0x41, 0x43, 0, 0, 2, 3, []byte("x"))}
		}), quotes(1, 2, 4)},
		{"50 MO + length overflows", true, one(func(r *peer) []byte { return untagged(0x41, 0x43, 0, 0, 2, 0xfffffff0, make([]byte, 32)) }), quotes(1, 2, 4)},
		{"50 MO + length overflows inside a message", false, several(func(r *peer) [][]byte {
			return [][]byte{untagged(0x01, 0x43, 0, 0, 2, 0, []byte("abcd")), untagged(0x41, 0x43, 0, 0, 2, 0xfffffff0, make([]byte, 32))}
		}), quotes(1, 2, 4)},
		{"51 one byte too long", false, one(func(r *peer) []byte { return r.send(true, make([]byte, receiveSize+1)) }), quotes(1, 2, 5)},
		{"51 one byte too long, CRC off", true, one(func(r *peer) []byte { return r.send(true, make([]byte, receiveSize+1)) }), quotes(1, 2, 5)},
		{"51 one byte too long in two segments", true, several(func(r *peer) [][]byte {
			return [][]byte{untagged(0x01, 0x43, 0, 0, 2, 0, make([]byte, receiveSize)), untagged(0x41, 0x43, 0, 0, 2, receiveSize, []byte("x"))}
		}), quotes(1, 2, 5)},
		{"just fits", false, one(func(r *peer) []byte { return r.send(true, make([]byte, receiveSize)) }), accepted},
		{"52 no receive posted", false, several(func(r *peer) [][]byte {
			return [][]byte{r.send(true, nil), r.send(true, nil), r.send(true, nil)} // two are left of three
		}), quotes(1, 2, 2)},
		{"53 empty", false, one(func(r *peer) []byte { return r.send(true, nil) }), accepted},
		{"54 opcode changes", false, several(func(r *peer) [][]byte {
			return [][]byte{untagged(0x01, 0x43, 0, 0, 2, 0, []byte("abcd")), untagged(0x41, 0x44, 1, 0, 2, 4, []byte("x"))}
		}), quotes(0, 2, 6)},
		{"56 empty segments without end", true, one(func(r *peer) []byte { return untagged(0x01, 0x43, 0, 0, 2, 0, nil) }), quotes(1, 2, 4)},
	})
}

// TestNegativeMSNWrap is case 47.
func TestNegativeMSNWrap(t *testing.T) {
	t.Parallel()
	p := quick()
	p.firstMSN = 0xffffffff
	r := toResponder(t, p, true)
	r.msn, r.readMSN = 0xffffffff, 0xffffffff
	m := r.register(rdma.RemoteRead)
	for i := range 3 {
		r.write(r.frames(r.send(true, nil), r.request(4, m.stag, m.to)))
		if u := r.readFrame(); !bytes.Equal(u, tagged(0xc1, 0x42, 0x1111, 0x2000, []byte("ZZZZ"))) {
			t.Errorf("read response %x", u)
		}
		r.completed(i + 1)
		if err := r.q.PostSend([]rdma.Work{{Op: rdma.OpSend}}); err != nil {
			t.Fatal(err)
		}
		if u := r.readFrame(); !bytes.Equal(u, untagged(0x41, 0x43, 0, 0, uint32(i-1), 0, nil)) {
			t.Errorf("send %x", u)
		}
		r.completed(i + 2)
		r.mu.Lock()
		r.got = r.got[:i+1] // forget the send's
		r.mu.Unlock()
	}
	r.alive()
}

func TestNegativeInvalidate(t *testing.T) {
	invalidate := func(r *peer, stag uint32) []byte {
		r.msn++
		return untagged(0x41, 0x44, stag, 0, r.msn-1, 0, nil)
	}
	runRows(t, []row{
		{"57 STag 0", false, one(func(r *peer) []byte { return invalidate(r, 0) }), quotes(0, 1, 9)},
		{"57 random STag", false, one(func(r *peer) []byte { return invalidate(r, 0x8a31c402) }), quotes(0, 1, 9)},
		{"57 with Solicited Event", false, one(func(r *peer) []byte { u := invalidate(r, 0x8a31c402); u[1] = 0x46; return u }), quotes(0, 1, 9)},
		{"59 a write after it", false, several(func(r *peer) [][]byte {
			m := r.register(rdma.RemoteWrite)
			return [][]byte{invalidate(r, m.stag), tagged(0xc1, 0x40, m.stag, m.to, []byte("x"))}
		}), quotes(1, 1, 0)},
		{"60 twice", false, several(func(r *peer) [][]byte {
			m := r.register(rdma.RemoteWrite)
			return [][]byte{invalidate(r, m.stag), invalidate(r, m.stag)}
		}), accepted},
		{"60 after Deregister", false, one(func(r *peer) []byte {
			m := r.register(rdma.RemoteWrite)
			m.region.Deregister()
			m.region = nil
			return invalidate(r, m.stag)
		}), accepted},
	})
	t.Run("58 STag of another connection", func(t *testing.T) {
		t.Parallel()
		p := quick()
		other := opened(t, p, true)
		m := other.register(rdma.RemoteWrite)
		m.wrote(0, []byte("still mine"))
		r := opened(t, quick(), true)
		u := invalidate(r, m.stag)
		r.write(r.frame(u))
		if b := r.rest(); !bytes.Equal(b, r.terminate(0, 1, 9, 0xc0, u)) {
			t.Errorf("answer %x", b)
		}
		other.write(other.frame(tagged(0xc1, 0x40, m.stag, m.to, []byte("still mine"))))
		other.alive()
	})
	t.Run("61 while it is being read", func(t *testing.T) {
		t.Parallel()
		r := opened(t, quick(), false)
		mem := make([]byte, 64<<20) // more than sockets hold
		g, err := r.q.Register(mem, rdma.RemoteRead)
		if err != nil {
			t.Fatal(err)
		}
		r.write(r.frames(r.request(64<<20, g.Segment().Token, g.Segment().Offset), invalidate(r, g.Segment().Token)))
		c := r.completed(2)[1]
		if !c.Invalidates || c.Invalidate != g.Segment().Token {
			t.Errorf("%+v", c)
		}
		g.Deregister()
		for i := range mem {
			mem[i] = 0xff // a use after free would show
		}
		b := r.rest()
		for len(b) >= 2 {
			n := int(binary.BigEndian.Uint16(b))
			u := b[2 : 2+n]
			if u[1] == 0x47 && u[18] != 0x01 {
				t.Errorf("terminate %x", u)
			}
			if u[1] == 0x42 && bytes.Contains(u[14:], []byte{0xff}) {
				t.Fatal("memory was sent after Deregister")
			}
			b = b[fpduSize(n):]
		}
		r.blamed()
	})
}

func TestNegativeWrite(t *testing.T) {
	hello := []byte("hello")
	write := func(stag uint32, to uint64, b []byte) []byte { return tagged(0xc1, 0x40, stag, to, b) }
	rows := []row{
		{"62 unknown STag", false, one(func(r *peer) []byte { return write(0xdeadbeef, 0x10000, hello) }), quotes(1, 1, 0)},
		{"62 STag 0", false, one(func(r *peer) []byte { return write(0, 0, hello) }), quotes(1, 1, 0)},
		{"64 STag of another connection", false, one(func(r *peer) []byte {
			m := opened(r.t, quick(), true).register(rdma.RemoteWrite)
			return write(m.stag, m.to, hello)
		}), quotes(1, 1, 0)},
		{"65 region for reading", false, one(func(r *peer) []byte { m := r.register(rdma.RemoteRead); return write(m.stag, m.to, hello) }), quotes(1, 1, 0)},
		{"66 one below", false, one(func(r *peer) []byte { m := r.register(rdma.RemoteWrite); return write(m.stag, m.to-1, hello) }), quotes(1, 1, 1)},
		{"66 one beyond", false, one(func(r *peer) []byte {
			m := r.register(rdma.RemoteWrite)
			return write(m.stag, m.to+regionSize-4, hello)
		}), quotes(1, 1, 1)},
		{"66 one beyond, CRC off", true, one(func(r *peer) []byte {
			m := r.register(rdma.RemoteWrite)
			return write(m.stag, m.to+1, make([]byte, regionSize))
		}), quotes(1, 1, 1)},
		{"67 wrap", false, one(func(r *peer) []byte {
			m := r.register(rdma.RemoteWrite)
			return write(m.stag, 1<<64-4, make([]byte, 8))
		}), quotes(1, 1, 3)},
		{"67 up to the very end", false, one(func(r *peer) []byte {
			m := r.register(rdma.RemoteWrite)
			return write(m.stag, 1<<64-8, make([]byte, 8))
		}), quotes(1, 1, 1)},
		{"68 empty, any STag", false, one(func(r *peer) []byte { return write(0xdeadbeef, 1<<64-1, nil) }), accepted},
		{"68 empty, own STag, out of range", false, one(func(r *peer) []byte { m := r.register(rdma.RemoteRead); return write(m.stag, 0, nil) }), accepted},
		{"69 into the sink of a read", false, one(func(r *peer) []byte {
			q := r.read(9, make([]byte, 8))
			return write(q.sinkSTag, q.sinkTO, hello)
		}), quotes(1, 1, 0)},
		{"71 second segment with another STag", false, several(func(r *peer) [][]byte {
			m, n := r.register(rdma.RemoteWrite), r.register(rdma.RemoteWrite)
			m.wrote(0, hello)
			return [][]byte{tagged(0x81, 0x40, m.stag, m.to, hello), write(n.stag, n.to, hello)}
		}), quotes(1, 1, 0)},
		{"72 second segment not contiguous", false, several(func(r *peer) [][]byte {
			m := r.register(rdma.RemoteWrite)
			m.wrote(0, hello)
			return [][]byte{tagged(0x81, 0x40, m.stag, m.to, hello), write(m.stag, m.to+6, hello)}
		}), quotes(1, 1, 1)},
		{"two segments", false, several(func(r *peer) [][]byte {
			m := r.register(rdma.RemoteWrite)
			m.wrote(0, []byte("hellohello"))
			return [][]byte{tagged(0x81, 0x40, m.stag, m.to, hello), write(m.stag, m.to+5, hello)}
		}), accepted},
		{"whole region", true, one(func(r *peer) []byte {
			m := r.register(rdma.RemoteWrite)
			m.wrote(0, make([]byte, regionSize))
			return write(m.stag, m.to, make([]byte, regionSize))
		}), accepted},
		{"empty region", false, one(func(r *peer) []byte {
			g, err := r.q.Register(nil, rdma.RemoteWrite)
			if err != nil {
				r.t.Fatal(err)
			}
			return write(g.Segment().Token, g.Segment().Offset, []byte("x"))
		}), quotes(1, 1, 1)},
	}
	for _, d := range []uint32{1, 0xffffffff, 0x100} {
		rows = append(rows, row{fmt.Sprintf("63 STag + %#x", d), false, one(func(r *peer) []byte {
			m := r.register(rdma.RemoteWrite)
			return write(m.stag+d, m.to, hello)
		}), quotes(1, 1, 0)})
	}
	runRows(t, rows)
}

// TestNegativeRace is case 70: when Deregister has returned, writes that are
// under way touch nothing.
func TestNegativeRace(t *testing.T) {
	for _, crc := range []bool{false, true} {
		t.Run(fmt.Sprint("crc ", crc), func(t *testing.T) {
			t.Parallel()
			for i := range 20 {
				r := opened(t, quick(), crc)
				mem := make([]byte, 60000)
				g, err := r.q.Register(mem, rdma.RemoteWrite)
				if err != nil {
					t.Fatal(err)
				}
				s := g.Segment()
				f := r.frame(tagged(0xc1, 0x40, s.Token, s.Offset, bytes.Repeat([]byte{1}, len(mem))))
				var wg sync.WaitGroup
				wg.Go(func() {
					for _, b := range [][]byte{f[:20000], f[20000:50000], f[50000:], f, f} {
						if _, err := r.c.Write(b); err != nil {
							return
						}
					}
				})
				time.Sleep(time.Duration(i) * 10 * time.Microsecond)
				g.Deregister()
				was := bytes.Clone(mem)
				wg.Wait()
				r.c.CloseWrite()
				r.end()
				if !bytes.Equal(was, mem) {
					t.Fatal("memory changed after Deregister")
				}
			}
		})
	}
}

func TestNegativeRead(t *testing.T) {
	rows := []row{
		{"73 unknown STag", false, one(func(r *peer) []byte { return r.request(4096, 0x3333, 0x4000) }), quotesRead(0, 1, 0)},
		{"73 region for writing", false, one(func(r *peer) []byte { m := r.register(rdma.RemoteWrite); return r.request(1, m.stag, m.to) }), quotesRead(0, 1, 2)},
		{"73 other stream", false, one(func(r *peer) []byte {
			m := opened(r.t, quick(), true).register(rdma.RemoteRead)
			return r.request(1, m.stag, m.to)
		}), quotesRead(0, 1, 0)},
		{"73 one beyond", false, one(func(r *peer) []byte { m := r.register(rdma.RemoteRead); return r.request(regionSize, m.stag, m.to+1) }), quotesRead(0, 1, 1)},
		{"73 one below", true, one(func(r *peer) []byte { m := r.register(rdma.RemoteRead); return r.request(1, m.stag, m.to-1) }), quotesRead(0, 1, 1)},
		{"73 wrap", false, one(func(r *peer) []byte { m := r.register(rdma.RemoteRead); return r.request(8, m.stag, 1<<64-4) }), quotesRead(0, 1, 4)},
		{"73 from the sink of a read", false, one(func(r *peer) []byte {
			q := r.read(9, make([]byte, 8))
			return r.request(8, q.sinkSTag, q.sinkTO)
		}), quotesRead(0, 1, 0)},
		{"76 ULPDU of 45 bytes", false, one(func(r *peer) []byte { return r.request(0, 0, 0)[:45] }), says(2, 0, 3)},
		{"76 ULPDU of 47 bytes", false, one(func(r *peer) []byte { return append(r.request(0, 0, 0), 0) }), quotes(1, 2, 4)},
		{"76 L=0", false, one(func(r *peer) []byte { u := r.request(0, 0, 0); u[0] = 0x01; return u }), quotes(1, 2, 4)},
		{"MO 4", false, one(func(r *peer) []byte { u := r.request(0, 0, 0); u[17] = 4; return u }), quotes(1, 2, 4)},
		{"77 queue 0", false, one(func(r *peer) []byte { u := r.request(0, 0, 0); u[9] = 0; return u }), quotes(1, 2, 1)},
		{"78 MSN 2 first", false, one(func(r *peer) []byte { r.readMSN = 2; return r.request(0, 0, 0) }), quotes(1, 2, 3)},
		{"79 size 2^32-1", false, one(func(r *peer) []byte { m := r.register(rdma.RemoteRead); return r.request(1<<32-1, m.stag, m.to) }), quotesRead(0, 1, 1)},
	}
	runRows(t, rows)

	t.Run("74 size 0 with garbage STags", func(t *testing.T) {
		t.Parallel()
		r := opened(t, quick(), true)
		r.write(r.frame(r.request(0, 0xdeadbeef, 1<<64-1)))
		if u := r.readFrame(); !bytes.Equal(u, tagged(0xc1, 0x42, 0x1111, 0x2000, nil)) {
			t.Errorf("response %x", u)
		}
		r.alive()
	})
	t.Run("RTR Read", func(t *testing.T) {
		t.Parallel()
		r := toResponder(t, quick(), true)
		r.write(unhex(t, "002e4141 00000000 00000001 00000001 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 f2c6dd3d"))
		if u := r.readFrame(); !bytes.Equal(r.frame(u), unhex(t, "000ec142 00000000 00000000 00000000 6975d6ca")) {
			t.Errorf("response %x", u)
		}
		r.alive()
	})
	t.Run("75 one more than IRD", func(t *testing.T) {
		t.Parallel()
		r := opened(t, quick(), true) // IRD 4: the peer's ORD raised it from 2
		m := r.register(rdma.RemoteRead)
		var l [][]byte
		for range 5 {
			l = append(l, r.request(regionSize, m.stag, m.to))
		}
		// All in one segment, so that none is answered before the fifth is seen.
		r.write(r.frames(l...))
		b := r.rest()
		want := r.terminate(1, 2, 2, 0xc0, l[4])
		if !bytes.HasSuffix(b, want) {
			t.Errorf("answer ends with %x", b[max(0, len(b)-len(want)):])
		}
		r.blamed()
	})
}

// TestNegativeStall is case 80: a peer that asks for much and reads nothing
// ends its own connection, and no other.
func TestNegativeStall(t *testing.T) {
	t.Parallel()
	p := quick()
	p.CloseTimeout = 50 * time.Millisecond
	r := opened(t, p, false)
	mem := make([]byte, 64<<20)
	g, err := r.q.Register(mem, rdma.RemoteRead)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Deregister()
	r.write(r.frame(r.request(64<<20, g.Segment().Token, g.Segment().Offset)))
	r.alive() // receiving goes on meanwhile
	other := opened(t, quick(), true)
	if err := r.end(); err == nil || !strings.Contains(err.Error(), "took nothing") {
		t.Errorf("ended with %v", err)
	}
	other.alive()
}

// TestNegativeTerminateUnread: what the writer has begun when an error comes
// is finished as a whole frame, and the Terminate follows it.
func TestNegativeTerminateUnread(t *testing.T) {
	for _, crc := range []bool{false, true} {
		t.Run(fmt.Sprint("crc ", crc), func(t *testing.T) {
			t.Parallel()
			p := quick()
			p.CloseTimeout, p.WriteTimeout = patience, patience
			r := opened(t, p, crc)
			body := make([]byte, 64<<20)
			if err := r.q.PostSend([]rdma.Work{{Op: rdma.OpWrite, ID: 77, Body: body, Remote: rdma.Segment{Token: 1, Length: 1 << 31}}}); err != nil {
				t.Fatal(err)
			}
			bad := untagged(0x41, 0x43, 0, 0, 99, 0, nil)
			r.write(r.frame(bad))
			r.blamed()
			for i := range body {
				body[i] = 0xff // it is ours again
			}
			b := r.rest()
			for len(b) > 0 {
				n := int(binary.BigEndian.Uint16(b))
				u := b[2 : 2+n]
				switch {
				case crc && !verifyCRC(b[:fpduSize(n)]):
					t.Fatal("CRC")
				case u[1] == 0x40 && bytes.Contains(u[14:], []byte{0xff}):
					t.Fatal("memory was sent after its completion")
				case u[1] == 0x47 && !bytes.Equal(b, r.terminate(1, 2, 3, 0xc0, bad)):
					t.Errorf("last words %x", b)
				}
				b = b[fpduSize(n):]
			}
		})
	}
}

func TestNegativeResponse(t *testing.T) {
	response := func(stag uint32, to uint64, last bool, b []byte) []byte {
		if last {
			return tagged(0xc1, 0x42, stag, to, b)
		}
		return tagged(0x81, 0x42, stag, to, b)
	}
	eight := []byte("abcdefgh")
	// each is a row whose queue pair reads eight bytes into a guarded sink.
	each := func(f func(r *peer, q readRequest) [][]byte) func(*peer) ([]byte, []byte) {
		return several(func(r *peer) [][]byte {
			all := bytes.Repeat([]byte{0xa5}, 24)
			r.t.Cleanup(func() {
				if !bytes.Equal(all[:8], bytes.Repeat([]byte{0xa5}, 8)) || !bytes.Equal(all[16:], bytes.Repeat([]byte{0xa5}, 8)) {
					r.t.Error("wrote beside the sink")
				}
			})
			return f(r, r.read(9, all[8:16:16]))
		})
	}
	runRows(t, []row{
		{"81 none outstanding", false, one(func(r *peer) []byte { return response(0x1111, 0x2000, true, eight) }), quotes(1, 0, 0)},
		{"82 wrong STag", false, each(func(r *peer, q readRequest) [][]byte {
			return [][]byte{response(q.sinkSTag+1, q.sinkTO, true, eight)}
		}), quotes(1, 1, 0)},
		{"82 wrong TO", false, each(func(r *peer, q readRequest) [][]byte {
			return [][]byte{response(q.sinkSTag, q.sinkTO+1, true, eight[:7])}
		}), quotes(1, 1, 1)},
		{"82 gap", true, each(func(r *peer, q readRequest) [][]byte {
			return [][]byte{response(q.sinkSTag, q.sinkTO, false, eight[:3]), response(q.sinkSTag, q.sinkTO+4, true, eight[4:])}
		}), quotes(1, 1, 1)},
		{"83 longer than asked", false, each(func(r *peer, q readRequest) [][]byte {
			return [][]byte{response(q.sinkSTag, q.sinkTO, true, append(eight, 'i'))}
		}), quotes(1, 1, 1)},
		{"83 longer than asked, in two segments", true, each(func(r *peer, q readRequest) [][]byte {
			return [][]byte{response(q.sinkSTag, q.sinkTO, false, eight), response(q.sinkSTag, q.sinkTO+8, true, eight[:1])}
		}), quotes(1, 1, 1)},
		{"84 L too early", false, each(func(r *peer, q readRequest) [][]byte {
			return [][]byte{response(q.sinkSTag, q.sinkTO, true, eight[:7])}
		}), quotes(1, 1, 1)},
		{"84 empty", false, each(func(r *peer, q readRequest) [][]byte {
			return [][]byte{response(q.sinkSTag, q.sinkTO, true, nil)}
		}), quotes(1, 1, 1)},
		{"85 in reverse order", false, each(func(r *peer, q readRequest) [][]byte {
			second := r.read(10, make([]byte, 8))
			return [][]byte{response(second.sinkSTag, second.sinkTO, true, eight)}
		}), quotes(1, 1, 0)},
		{"86 a Send in between", false, each(func(r *peer, q readRequest) [][]byte {
			return [][]byte{response(q.sinkSTag, q.sinkTO, false, eight[:4]), r.send(true, []byte("x")), response(q.sinkSTag, q.sinkTO+4, true, eight[4:])}
		}), accepted},
		{"87 a Write in between", false, each(func(r *peer, q readRequest) [][]byte {
			return [][]byte{response(q.sinkSTag, q.sinkTO, false, eight[:4]), tagged(0xc1, 0x40, 1, 0, nil)}
		}), quotes(1, 0, 0)},
		{"after the end of the read", false, each(func(r *peer, q readRequest) [][]byte {
			f := response(q.sinkSTag, q.sinkTO, true, eight)
			return [][]byte{f, f}
		}), quotes(1, 0, 0)},
	})
}

func TestNegativeTerminate(t *testing.T) {
	term := func(msn, qn uint32, control string) func(r *peer) []byte {
		return func(r *peer) []byte {
			var b []byte
			fmt.Sscanf(control, "%x", &b)
			return untagged(0x41, 0x47, 0, qn, msn, 0, b)
		}
	}
	runRows(t, []row{
		{"88 well formed", false, one(term(1, 2, "02060000")), closed},
		{"88 with headers", false, one(term(1, 2, "1204c00000144143000000000000000000000002000000040000")), closed},
		{"89 siw's bits", false, one(term(1, 2, "21040300001441430000000000000000000000020000000400")), closed},
		{"90 nothing behind the header", false, one(term(1, 2, "")), closed},
		{"90 ULPDU of 14 bytes", true, one(func(r *peer) []byte { return term(1, 2, "")(r)[:14] }), closed},
		{"91 MSN 2", false, one(term(2, 2, "02060000")), closed},
		{"91 queue 0", false, one(term(1, 0, "02060000")), closed},
		{"92 followed by more", false, func(r *peer) ([]byte, []byte) {
			return r.frames(term(1, 2, "02060000")(r), untagged(0x41, 0x43, 0, 0, 99, 0, nil), r.send(true, []byte("x"))), nil
		}, closed},
		{"of 60,000 bytes", true, one(func(r *peer) []byte { return append(term(1, 2, "02060000")(r), make([]byte, 60000)...) }), closed},
	})
	t.Run("88 the blame is ours", func(t *testing.T) {
		t.Parallel()
		r := opened(t, quick(), true)
		r.write(r.frame(term(1, 2, "1100c0000013c140deadbeef0000000000010000")(r)))
		var p *rdma.ProtocolError
		var e *TerminateError
		if err := r.end(); !errors.As(err, &p) || p.Remote || !errors.As(err, &e) || e.Layer != 1 || e.Type != 1 {
			t.Errorf("ended with %v", err)
		}
		for _, c := range r.got[1:] {
			if !errors.Is(c.Err, rdma.ErrFlushed) {
				t.Errorf("%+v", c)
			}
		}
	})
	t.Run("93 while a large frame is being written", func(t *testing.T) {
		t.Parallel()
		p := quick()
		p.CloseTimeout, p.WriteTimeout = patience, patience
		r := opened(t, p, true)
		body := make([]byte, 64<<20)
		r.q.PostSend([]rdma.Work{{Op: rdma.OpWrite, Body: body, Remote: rdma.Segment{Token: 1, Length: 1 << 31}}})
		r.write(r.frame(term(1, 2, "02060000")(r)))
		r.end()
		b := r.rest()
		for len(b) > 0 {
			n := int(binary.BigEndian.Uint16(b))
			if f := b[:fpduSize(n)]; f[3] != 0x40 || !verifyCRC(f) {
				t.Fatalf("frame %x", f[:20])
			}
			b = b[fpduSize(n):]
		}
	})
}

// TestNegativeReset is case 94 for states that only a raw peer can be in.
func TestNegativeReset(t *testing.T) {
	for name, send := range map[string]func(r *peer) []byte{
		"idle":             func(r *peer) []byte { return nil },
		"inside a frame":   func(r *peer) []byte { return r.frame(r.send(true, []byte("x")))[:10] },
		"inside a message": func(r *peer) []byte { return r.frame(r.send(false, []byte("x"))) },
		"being read": func(r *peer) []byte {
			m := r.register(rdma.RemoteRead)
			return r.frame(r.request(regionSize, m.stag, m.to))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := opened(t, quick(), true)
			r.write(send(r))
			r.c.SetLinger(0)
			r.c.Close()
			if err := r.end(); err == nil || err == io.EOF && name != "idle" {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

// TestNegativeRandom is case 96: noise after a valid start-up gets at most one
// Terminate, and an end.
func TestNegativeRandom(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := opened(t, quick(), seed%2 == 0)
			r.register(rdma.RemoteWrite)
			noise := make([]byte, 1<<20)
			rand.NewChaCha8([32]byte{byte(seed)}).Read(noise)
			go func() {
				r.c.Write(noise)
				r.c.CloseWrite()
			}()
			b, _ := io.ReadAll(r.c)
			if len(b) > 0 && (len(b) < 4 || b[3] != 0x47 || fpduSize(int(binary.BigEndian.Uint16(b))) != len(b)) {
				t.Errorf("answer %x", b)
			}
			r.end()
		})
	}
}

// TestNegativeMutants is case 97: each legal frame with each byte changed, CRC
// made good again. Whatever happens, it happens to registered memory only.
func TestNegativeMutants(t *testing.T) {
	for _, v := range frameVectors {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			whole := unhex(t, v.bytes)
			ulpdu := whole[2 : 2+int(whole[1])]
			for at := range ulpdu[:min(len(ulpdu), 46)] {
				p := quick()
				r := toResponder(t, p, at%2 == 0)
				m := r.register(rdma.RemoteWrite)
				m.expected = m.all // its content is free; its surroundings are not
				u := bytes.Clone(ulpdu)
				if v.seg.op == opWrite {
					binary.BigEndian.PutUint32(u[2:], m.stag)
					binary.BigEndian.PutUint64(u[6:], m.to)
				}
				u[at] ^= byte(1 << (at % 8))
				r.write(r.frame(u))
				r.c.CloseWrite()
				io.ReadAll(r.c)
				r.end()
				margin := bytes.Repeat([]byte{0x5a}, 64)
				if !bytes.Equal(m.all[:64], margin) || !bytes.Equal(m.all[64+regionSize:], margin) {
					t.Fatalf("byte %d: wrote outside the region", at)
				}
			}
		})
	}
}

// TestNegativeSwapped is case 98: two connections with each other's STags.
func TestNegativeSwapped(t *testing.T) {
	t.Parallel()
	a, b := opened(t, quick(), true), opened(t, quick(), true)
	m, n := a.register(rdma.RemoteWrite), b.register(rdma.RemoteWrite)
	for _, v := range []struct {
		r *peer
		m *memory
	}{{a, n}, {b, m}} {
		u := tagged(0xc1, 0x40, v.m.stag, v.m.to, []byte("x"))
		v.r.write(v.r.frame(u))
		if got := v.r.rest(); !bytes.Equal(got, v.r.terminate(1, 1, 0, 0xc0, u)) {
			t.Errorf("answer %x", got)
		}
		v.r.blamed()
	}
}
