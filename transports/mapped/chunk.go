package mapped

import (
	"math/bits"
	"unsafe"
)

// A Chunk is memory from the system in one piece. Its address is what it is
// known by, as a map's key for instance. Memory's lock guards what changes.
type Chunk struct {
	mem  []byte
	base uintptr // of mem

	class  int // or unclassed
	size   int // of a block
	blocks int

	used  []uint64 // a bit for each block in use
	inUse int
	first int    // no word of used before this one has a free block
	place int    // where it is in its class's list, when it has a free block
	since uint64 // the time, in events, when its last block was freed
}

// Bytes is all of the chunk. What is not in a block of the caller's belongs to
// others.
func (c *Chunk) Bytes() []byte { return c.mem }

func newChunk(class, size int) (*Chunk, error) {
	blocks := blocksOf(size)
	mem, err := mapMemory(blocks * size)
	if err != nil {
		return nil, err
	}
	return &Chunk{
		mem: mem, base: address(mem), class: class, size: size, blocks: blocks,
		used: make([]uint64, (blocks+63)/64),
	}, nil
}

func (c *Chunk) full() bool { return c.inUse == c.blocks }

// take returns n bytes of a free block; there is one.
func (c *Chunk) take(n int) []byte {
	for ^c.used[c.first] == 0 {
		c.first++
	}
	bit := bits.TrailingZeros64(^c.used[c.first])
	c.used[c.first] |= 1 << bit
	c.inUse++
	// Not mem[at:at:at], which for no bytes would be the chunk's beginning.
	return unsafe.Slice(&c.mem[(c.first*64+bit)*c.size], n)
}

// give ends the use of the block at p and says whether it was in use.
func (c *Chunk) give(p uintptr) bool {
	at := int(p - c.base)
	block := at / c.size
	word, bit := block/64, uint64(1)<<(block%64)
	if at%c.size != 0 || block >= c.blocks || c.used[word]&bit == 0 {
		return false
	}
	c.used[word] &^= bit
	c.inUse--
	c.first = min(c.first, word)
	return true
}

func address(b []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(b))) }
