package crypt

import "encoding/binary"

// An element of the field of GHASH, [SP800-38D] 6.3: the first bit of the
// block is the highest of hi.
type element struct{ hi, lo uint64 }

func elementOf(b []byte) element {
	return element{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

// xorInto adds e to a block.
func (e element) xorInto(b []byte) {
	binary.BigEndian.PutUint64(b, binary.BigEndian.Uint64(b)^e.hi)
	binary.BigEndian.PutUint64(b[8:], binary.BigEndian.Uint64(b[8:])^e.lo)
}

// mul is the product, in constant time.
func (e element) mul(v element) (z element) {
	for _, word := range [2]uint64{e.hi, e.lo} {
		for range 64 {
			take := -(word >> 63)
			z.hi, z.lo = z.hi^v.hi&take, z.lo^v.lo&take
			over := -(v.lo & 1)
			v.lo = v.lo>>1 | v.hi<<63
			v.hi = v.hi>>1 ^ over&(0xe1<<56)
			word <<= 1
		}
	}
	return z
}

// powers holds H^1, H^2, H^4, ...: enough for the 2^32 blocks of GCM.
type powers [33]element

func newPowers(h element) *powers {
	p := new(powers)
	for i := range p {
		p[i] = h
		h = h.mul(h)
	}
	return p
}

// times is e multiplied by H^n. n is a length, no secret.
func (p *powers) times(e element, n uint64) element {
	for i := range p {
		if n>>i&1 == 1 {
			e = e.mul(p[i])
		}
	}
	return e
}
