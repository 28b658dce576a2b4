package client

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// Sector is the unit of a Pattern, in bytes: no sector's content is another's.
const Sector = 4096

// stamp is the part of a sector that says where it belongs.
const stamp = 8

// A Pattern is content of which every sector says where it belongs and to which
// pattern. Making and checking it costs little more than a copy. Many goroutines
// may use it.
type Pattern struct {
	seed uint64
	text [Sector]byte
}

// NewPattern returns a pattern that differs from those of other seeds.
func NewPattern(seed uint64) *Pattern {
	p := &Pattern{seed: seed}
	random := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), byte(seed >> 24)})
	random.Read(p.text[:])
	return p
}

// stampAt is the first bytes of the sector at off. Multiplying by an odd number
// maps no two to the same.
func (p *Pattern) stampAt(off int64) (b [stamp]byte) {
	binary.LittleEndian.PutUint64(b[:], (uint64(off)/Sector+1)*0x9e3779b97f4a7c15^p.seed)
	return b
}

// Fill makes the content of b at off, a multiple of Sector.
func (p *Pattern) Fill(b []byte, off int64) {
	for ; len(b) > 0; off += Sector {
		n := copy(b, p.text[:])
		s := p.stampAt(off)
		copy(b, s[:])
		b = b[n:]
	}
}

// Check says which sector of b, from off on, is not the pattern's. off is a
// multiple of Sector.
func (p *Pattern) Check(b []byte, off int64) error {
	for ; len(b) > 0; off += Sector {
		n := min(len(b), Sector)
		s := p.stampAt(off)
		head := min(n, stamp)
		if !bytes.Equal(b[:head], s[:head]) || !bytes.Equal(b[head:n], p.text[head:n]) {
			return fmt.Errorf("at %d: what was read is not what was written", off)
		}
		b = b[n:]
	}
	return nil
}
