package iwarp

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// The cases of DDP's and RDMAP's headers and of Send, 38 to 56.

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
