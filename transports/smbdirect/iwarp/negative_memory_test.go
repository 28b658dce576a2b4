package iwarp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// The cases of Send with Invalidate, RDMA Write and RDMA Read, 57 to 87 and 98.

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
