package crypt

import "encoding/binary"

// A gf128 is an element of the field of GHASH, [SP800-38D] 6.3: the first bit
// of the block is the highest of hi.
type gf128 struct{ hi, lo uint64 }

func blockOf(b []byte) gf128 {
	return gf128{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}

// xorInto adds e to a block.
func (e gf128) xorInto(b []byte) {
	binary.BigEndian.PutUint64(b, binary.BigEndian.Uint64(b)^e.hi)
	binary.BigEndian.PutUint64(b[8:], binary.BigEndian.Uint64(b[8:])^e.lo)
}

// mul is the product, in constant time.
func (e gf128) mul(v gf128) (z gf128) {
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
type powers [33]gf128

func newPowers(h gf128) *powers {
	p := new(powers)
	for i := range p {
		p[i] = h
		h = h.mul(h)
	}
	return p
}

// times is e multiplied by H^n. n is a length, no secret.
func (p *powers) times(e gf128, n uint64) gf128 {
	for i := range p {
		if n>>i&1 == 1 {
			e = e.mul(p[i])
		}
	}
	return e
}
