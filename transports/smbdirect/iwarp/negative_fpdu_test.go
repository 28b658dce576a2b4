package iwarp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// The cases of MPA, 28 to 37 and 55.

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
