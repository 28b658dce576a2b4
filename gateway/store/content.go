package store

import (
	"maps"
	"slices"

	"github.com/smbgw/smbgw/smb2/fscc"
)

// A content is the bytes of a stream, in pages by number. A page that is not
// there is a hole; what a page lacks to pageSize, and all behind size, is zero.
type content struct {
	pages map[uint64][]byte
	size  uint64
	held  uint64 // bytes of pages
}

// readAt fills b from off on, with zeros where there is nothing.
func (c *content) readAt(b []byte, off uint64) {
	for len(b) > 0 {
		page, at := c.pages[off/pageSize], off%pageSize
		n := min(uint64(len(b)), pageSize-at)
		copied := 0
		if at < uint64(len(page)) {
			copied = copy(b[:n], page[at:])
		}
		clear(b[copied:n])
		b, off = b[n:], off+n
	}
}

// pageLength is how long a page of length old becomes when it has to hold n
// bytes: whole clusters, and twice as long at least so that appending does not
// copy it each time.
func pageLength(old, n int) int {
	if n <= old {
		return old
	}
	n = max(n, 2*old)
	return min((n+clusterSize-1)/clusterSize*clusterSize, pageSize)
}

// growth is how many bytes of memory n bytes written at off would cost.
func (c *content) growth(off, n uint64) (sum uint64) {
	for end := off + n; off < end; {
		page := c.pages[off/pageSize]
		next := min(end, (off/pageSize+1)*pageSize)
		sum += uint64(pageLength(len(page), int(next-off/pageSize*pageSize)) - len(page))
		off = next
	}
	return sum
}

// writeAt writes b at off. The caller has made room for growth.
func (c *content) writeAt(b []byte, off uint64) {
	if c.pages == nil {
		c.pages = map[uint64][]byte{}
	}
	end := off + uint64(len(b))
	for len(b) > 0 {
		number, at := off/pageSize, off%pageSize
		n := min(uint64(len(b)), pageSize-at)
		page := c.pages[number]
		if length := pageLength(len(page), int(at+n)); length > len(page) {
			longer := make([]byte, length)
			copy(longer, page)
			c.held += uint64(length - len(page))
			page = longer
			c.pages[number] = page
		}
		copy(page[at:], b[:n])
		b, off = b[n:], off+n
	}
	c.size = max(c.size, end)
}

// resize sets the size. Pages that are all behind it go.
func (c *content) resize(size uint64) {
	if size < c.size {
		c.zero(size, c.size)
	}
	c.size = size
}

// zero makes the bytes from off to end zero, with holes where pages are.
func (c *content) zero(off, end uint64) {
	for number, page := range c.pages {
		start := number * pageSize
		switch {
		case start+pageSize <= off || start >= end:
		case start >= off && (start+pageSize <= end || start+uint64(len(page)) <= end):
			c.held -= uint64(len(page))
			delete(c.pages, number)
		default:
			from := max(off, start) - start
			to := min(end-start, uint64(len(page)))
			if from < to {
				clear(page[from:to])
			}
		}
	}
}

// ranges appends where between off and end pages are.
func (c *content) ranges(list []fscc.Range, off, end uint64) []fscc.Range {
	end = min(end, c.size)
	for _, number := range slices.Sorted(maps.Keys(c.pages)) {
		from := max(number*pageSize, off)
		to := min(number*pageSize+uint64(len(c.pages[number])), end)
		if from >= to {
			continue
		}
		if n := len(list); n > 0 && list[n-1].Offset+list[n-1].Length == from {
			list[n-1].Length += to - from
			continue
		}
		list = append(list, fscc.Range{Offset: from, Length: to - from})
	}
	return list
}
