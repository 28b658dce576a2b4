package iwarp

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// A region is registered memory of one connection. Everything but live is
// guarded by the queue pair's mutex.
type region struct {
	q      *queuePair
	mem    []byte
	stag   uint32
	base   uint64 // TO of mem[0]: random, so that no address leaks and stale offsets miss
	access rdma.Access
	held   bool    // registered and not given back by Deregister
	next   *region // in its bucket, or in the free list

	// live is the STag while the peer has access and 0 after that. The receive
	// side checks it under placeMu before each copy, so that a region can be
	// revoked, and the struct used again, in the middle of a segment.
	live atomic.Uint32
}

var _ rdma.Region = (*region)(nil)

func (r *region) Segment() rdma.Segment {
	return rdma.Segment{Offset: r.base, Token: r.stag, Length: uint32(len(r.mem))}
}

// A table finds the regions of one connection by STag. STags are drawn at
// random from all 32-bit values, RFC 5040 8.1.1 rule 8, so their low bits are
// the hash. The structs are used again; what the peer knows of them is not.
type table struct {
	buckets []*region // length a power of two
	n       int
	free    *region
	retired [quarantine]uint32 // 0 where empty
	oldest  int
}

// find is the region of an STag that has been given out and not given back,
// revoked or not.
func (t *table) find(stag uint32) *region {
	if len(t.buckets) == 0 {
		return nil
	}
	r := t.buckets[int(stag)&(len(t.buckets)-1)]
	for r != nil && r.stag != stag {
		r = r.next
	}
	return r
}

// known reports whether stag is or recently was this connection's own.
func (t *table) known(stag uint32) bool {
	if stag == 0 {
		return false
	}
	for _, s := range t.retired {
		if s == stag {
			return true
		}
	}
	return t.find(stag) != nil
}

// draw makes a new STag and base, unpredictable and not in use.
func (t *table) draw() (stag uint32, base uint64) {
	for stag == 0 || t.known(stag) {
		var random [10]byte
		rand.Read(random[:])
		stag = binary.BigEndian.Uint32(random[:])
		base = binary.BigEndian.Uint64(random[2:]) >> 16
	}
	return stag, base
}

// add enters a region under a new STag.
func (t *table) add(mem []byte, a rdma.Access) *region {
	if t.n >= len(t.buckets) {
		t.grow()
	}
	r := t.free
	if r == nil {
		r = new(region)
	} else {
		t.free = r.next
	}
	r.mem, r.access, r.held = mem, a, true
	r.stag, r.base = t.draw()
	r.live.Store(r.stag)
	b := &t.buckets[int(r.stag)&(len(t.buckets)-1)]
	r.next, *b = *b, r
	t.n++
	return r
}

func (t *table) grow() {
	old := t.buckets
	t.buckets = make([]*region, max(16, 2*len(old)))
	for _, r := range old {
		for r != nil {
			next := r.next
			b := &t.buckets[int(r.stag)&(len(t.buckets)-1)]
			r.next, *b = *b, r
			r = next
		}
	}
}

// remove takes a region out and keeps its STag in quarantine.
func (t *table) remove(r *region) {
	b := &t.buckets[int(r.stag)&(len(t.buckets)-1)]
	for *b != r {
		b = &(*b).next
	}
	*b = r.next
	t.n--
	t.retired[t.oldest] = r.stag
	t.oldest = (t.oldest + 1) % quarantine
	r.live.Store(0)
	r.mem, r.stag, r.held = nil, 0, false
	r.next, t.free = t.free, r
}

// revoke ends the peer's access to all regions.
func (t *table) revoke() {
	for _, r := range t.buckets {
		for ; r != nil; r = r.next {
			r.live.Store(0)
		}
	}
}

// Results of a region's checks, in the words of RFC 5041 7.1 and RFC 5040 7.2.
type denial uint8

const (
	granted denial = iota
	badSTag
	badRange
	badAccess
	badWrap
)

// check says whether the peer may reach n bytes at to, and where they are.
// The sum is never formed: it could wrap.
func (t *table) check(stag uint32, to uint64, n uint64, a rdma.Access) (*region, uint64, denial) {
	r := t.find(stag)
	switch {
	case r == nil || r.live.Load() != stag:
		return nil, 0, badSTag
	case r.access != a:
		return nil, 0, badAccess
	case to > -n && n > 0:
		return nil, 0, badWrap
	}
	limit := uint64(len(r.mem))
	if to < r.base || to-r.base > limit || n > limit-(to-r.base) {
		return nil, 0, badRange
	}
	return r, to - r.base, granted
}

// Register exposes b under an STag and a base that the peer cannot guess.
func (q *queuePair) Register(b []byte, a rdma.Access) (rdma.Region, error) {
	if a != rdma.RemoteRead && a != rdma.RemoteWrite {
		return nil, fmt.Errorf("iwarp: register: no access right %d", a)
	}
	if uint64(len(b)) > 1<<32-1 {
		return nil, fmt.Errorf("iwarp: register: %d bytes do not fit a segment", len(b))
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return nil, fmt.Errorf("iwarp: register: %w", q.err)
	}
	if q.regions.n >= maxRegions {
		return nil, fmt.Errorf("iwarp: register: %w", errRegions)
	}
	r := q.regions.add(b, a)
	r.q = q
	q.provider.regions.Add(1)
	return r, nil
}

var errRegions = errors.New("too many regions on one connection")

// Deregister ends the peer's access. When it returns neither side of the
// connection touches the memory: an incoming copy is over, and what is left to
// send of it has been copied.
func (r *region) Deregister() {
	q := r.q
	q.mu.Lock()
	if !r.held {
		q.mu.Unlock()
		panic("iwarp: region given back twice")
	}
	mem, serves := r.mem, r.access == rdma.RemoteRead
	q.regions.remove(r)
	serves = serves && q.out.serves
	q.mu.Unlock()

	q.awaitPlacing()
	if serves {
		q.ioMu.Lock()
		q.mu.Lock()
		q.out.detach(mem)
		q.mu.Unlock()
		q.ioMu.Unlock()
	}
	q.provider.regions.Add(-1)
}
