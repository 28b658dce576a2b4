package iwarp

import (
	"bytes"
	"testing"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// FuzzReceive feeds the receiving side with a stream cut into pieces: it never
// panics and never writes beside what it was given.
func FuzzReceive(f *testing.F) {
	var all []byte
	for _, v := range frameVectors {
		b := unhex(f, v.bytes)
		all = append(all, b...)
		f.Add(b, uint8(7), false)
		f.Add(b, uint8(200), true)
	}
	f.Add(all, uint8(64), false)
	f.Add(all, uint8(64), true)
	f.Fuzz(func(t *testing.T, b []byte, piece uint8, crc bool) {
		q := newQueuePair(&Provider{}, rdma.Config{})
		q.crc, q.ird, q.ord = crc, 2, 2
		q.tx.writing = true // nobody writes: there is no socket
		mem := bytes.Repeat([]byte{0xa5}, 3*64)
		q.PostReceive(1, mem[16:48:48])
		q.PostReceive(2, nil)
		// The region and the sink of the vectors.
		r := &region{mem: mem[80:112:112], stag: 0x8a31c402, base: 0x10000, access: rdma.RemoteWrite}
		r.live.Store(r.stag)
		q.regions.buckets = []*region{r}
		read := q.sends.push()
		read.Op, read.built = rdma.OpRead, true
		p := q.tx.reads.push()
		p.stag, p.to, p.buf = 0x11223344, 0x2000, mem[144:149:149]
		for len(b) > 0 && !q.rx.over {
			q.rx.borrow(q.provider)
			if q.rx.r == q.rx.w {
				q.rx.r, q.rx.w = 0, 0
			}
			n := copy((*q.rx.buf)[q.rx.w:], b[:min(len(b), int(piece)+1)])
			if n == 0 {
				break // a frame longer than what the fuzzer has
			}
			q.rx.w += n
			b = b[n:]
			for !q.rx.over {
				whole, fault := q.parse()
				if fault != nil {
					q.rx.over = true
					q.fail(fault, q.rx.header[:], q.rx.ulpdu)
				}
				if !whole {
					break
				}
			}
		}
		for _, gap := range [][2]int{{0, 16}, {48, 80}, {112, 144}, {149, 192}} {
			if part := mem[gap[0]:gap[1]]; !bytes.Equal(part, bytes.Repeat([]byte{0xa5}, len(part))) {
				t.Errorf("wrote between %d and %d", gap[0], gap[1])
			}
		}
	})
}
