package loop

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// region is registered memory. Its fields are guarded by the link's mutex.
type region struct {
	q       *queuePair
	mem     []byte
	seg     rdma.Segment
	access  rdma.Access
	revoked bool
	given   bool // back, by Deregister
}

func (q *queuePair) Register(b []byte, a rdma.Access) (rdma.Region, error) {
	if a != rdma.RemoteRead && a != rdma.RemoteWrite {
		return nil, fmt.Errorf("loop: register: no access right %d", a)
	}
	if uint64(len(b)) > 1<<32-1 {
		return nil, fmt.Errorf("loop: register: %d bytes do not fit a segment", len(b))
	}
	q.link.mu.Lock()
	defer q.link.mu.Unlock()
	if q.err != nil {
		return nil, fmt.Errorf("loop: register: %w", q.err)
	}
	r := &region{q: q, mem: b, access: a, seg: rdma.Segment{Length: uint32(len(b))}}
	for r.seg.Token == 0 || q.regions[r.seg.Token] != nil || q.retired[r.seg.Token] {
		var random [10]byte
		rand.Read(random[:])
		r.seg.Token = binary.BigEndian.Uint32(random[:])
		r.seg.Offset = binary.BigEndian.Uint64(random[2:]) >> 16
	}
	q.regions[r.seg.Token] = r
	q.fabric.regions.Add(1)
	return r, nil
}

func (r *region) Segment() rdma.Segment { return r.seg }

func (r *region) Deregister() {
	r.q.link.mu.Lock()
	defer r.q.link.mu.Unlock()
	if r.given {
		panic("loop: region given back twice")
	}
	r.given = true
	r.mem = nil
	delete(r.q.regions, r.seg.Token)
	r.q.retired[r.seg.Token] = true
	r.q.fabric.regions.Add(-1)
}

// memory is the part of a region that the peer asks for, or why it may not
// have it.
func (q *queuePair) memory(s rdma.Segment, n int, a rdma.Access) ([]byte, error) {
	r := q.regions[s.Token]
	if r == nil || r.revoked {
		return nil, fmt.Errorf("loop: token %#x is not valid", s.Token)
	}
	if r.access != a {
		return nil, fmt.Errorf("loop: token %#x does not give the right", s.Token)
	}
	limit := uint64(len(r.mem))
	if off := s.Offset - r.seg.Offset; s.Offset < r.seg.Offset || off > limit || uint64(n) > limit-off {
		return nil, fmt.Errorf("loop: %d bytes at %#x leave the region of token %#x", n, s.Offset, s.Token)
	}
	off := s.Offset - r.seg.Offset
	return r.mem[off : off+uint64(n)], nil
}

// invalidate retires a token by the peer's wish. A token that is known but
// already retired is accepted, an unknown one is the peer's mistake.
func (q *queuePair) invalidate(token uint32) error {
	if q.retired[token] {
		return nil
	}
	r := q.regions[token]
	if r == nil {
		return fmt.Errorf("loop: token %#x cannot be invalidated", token)
	}
	r.revoked = true
	return nil
}
