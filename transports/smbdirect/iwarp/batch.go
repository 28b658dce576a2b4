package iwarp

import (
	"encoding/binary"
	"hash/crc32"
	"unsafe"
)

// A batch is what one writev hands to TCP: whole frames, headers and trailers
// in memory of its own, payload where it lies. It belongs to whoever holds the
// queue pair's ioMu; serves and left are read under mu too.
type batch struct {
	arena  []byte   // headers, trailers
	parts  [][]byte // what to send, in order
	first  int      // of parts: not yet sent, the first perhaps in part
	left   int      // bytes not yet sent
	ends   []int    // for each frame: bytes from the batch's begin to its end
	size   int      // bytes of the whole batch
	cut    int      // in arena: where the part that is being built begins
	serves bool     // has payload of registered memory

	scratch *[]byte // copies of registered memory when there is a CRC
	copied  int
}

// arenaSize has room for the largest header and trailer of each frame.
const arenaSize = batchFrames * (lengthSize + untaggedHeader + readRequestHeader + 3 + crcSize)

// reset empties a batch that has been sent.
func (b *batch) reset() {
	if b.arena == nil {
		b.arena = make([]byte, 0, arenaSize)
		b.parts = make([][]byte, 0, 3*batchFrames+1)
		b.ends = make([]int, 0, batchFrames)
	}
	clear(b.parts)
	b.arena, b.parts, b.ends = b.arena[:0], b.parts[:0], b.ends[:0]
	b.first, b.left, b.size, b.cut, b.copied = 0, 0, 0, 0, 0
	b.serves = false
}

// full reports that no further frame should be begun.
func (b *batch) full() bool {
	return len(b.ends) == batchFrames || b.size >= batchBytes || b.copied > readBuffer-maxULPDU
}

// copyOf keeps a copy of p until the batch has been sent. full leaves room for
// one frame's payload.
func (b *batch) copyOf(p []byte, pool *bufferPool) []byte {
	if b.scratch == nil {
		b.scratch = pool.get()
	}
	c := (*b.scratch)[b.copied : b.copied+len(p)]
	b.copied += copy(c, p)
	return c
}

// over lets go of what a batch that has been sent held.
func (b *batch) over(pool *bufferPool) {
	b.serves = false
	if b.scratch != nil {
		pool.put(b.scratch)
		b.scratch = nil
	}
}

// frame adds one whole frame: header, read request if there is one, and the
// payload in up to two pieces.
func (b *batch) frame(s *segment, read *readRequest, head, body []byte, crc bool) {
	start := len(b.arena)
	b.arena = append(b.arena, 0, 0)
	b.arena = s.append(b.arena)
	if read != nil {
		b.arena = read.append(b.arena)
	}
	n := len(b.arena) - start - lengthSize + len(head) + len(body)
	binary.BigEndian.PutUint16(b.arena[start:], uint16(n))
	var sum uint32
	if crc {
		sum = crc32.Checksum(b.arena[start:], castagnoli)
		sum = crc32.Update(sum, castagnoli, head)
		sum = crc32.Update(sum, castagnoli, body)
	}
	b.payload(head)
	b.payload(body)
	b.arena = appendTrailer(b.arena, n, sum, crc)
	b.size += fpduSize(n)
	b.ends = append(b.ends, b.size)
}

// payload adds a piece that lies elsewhere, behind what arena holds so far.
func (b *batch) payload(p []byte) {
	if len(p) > 0 {
		b.seal()
		b.parts = append(b.parts, p)
	}
}

// seal makes a part of what has come into arena since the last one.
func (b *batch) seal() {
	if b.cut < len(b.arena) {
		b.parts = append(b.parts, b.arena[b.cut:len(b.arena):len(b.arena)])
		b.cut = len(b.arena)
	}
}

// sent takes n bytes off the front.
func (b *batch) sent(n int) {
	b.left -= n
	for n > 0 {
		p := &b.parts[b.first]
		if n < len(*p) {
			*p = (*p)[n:]
			return
		}
		n -= len(*p)
		*p = nil
		b.first++
	}
}

// detach replaces what is left to send of mem by copies.
func (b *batch) detach(mem []byte) {
	if len(mem) == 0 {
		return
	}
	low := uintptr(unsafe.Pointer(unsafe.SliceData(mem)))
	for i := b.first; i < len(b.parts); i++ {
		p := b.parts[i]
		at := uintptr(unsafe.Pointer(unsafe.SliceData(p)))
		if at >= low && at-low < uintptr(len(mem)) {
			b.parts[i] = append([]byte(nil), p...)
		}
	}
}

// finish drops everything but the rest of a frame that has been sent in part,
// and adds last, a whole frame or nothing. What is left points at no memory of
// others, and no frame is ever truncated.
func (b *batch) finish(last []byte) {
	rest := b.restOfFrame(b.size - b.left)
	private := make([]byte, 0, rest+len(last))
	for i := b.first; len(private) < rest; i++ {
		p := b.parts[i]
		private = append(private, p[:min(len(p), rest-len(private))]...)
	}
	private = append(private, last...)
	b.reset()
	if len(private) > 0 {
		b.parts = append(b.parts, private)
		b.size = len(private)
		b.left = b.size
	}
}

// restOfFrame is how many bytes behind the first n of the batch belong to a
// frame that begins before them.
func (b *batch) restOfFrame(n int) int {
	begin := 0
	for _, end := range b.ends {
		if end > n {
			if begin == n {
				return 0
			}
			return end - n
		}
		begin = end
	}
	return 0
}
