package mapped

import (
	"cmp"
	"slices"
)

// A table holds chunks in the order of their addresses. It is not changed, but
// replaced, so that looking something up needs no lock.
type table []*Chunk

// find returns the chunk that p is in, or nil.
func (t table) find(p uintptr) *Chunk {
	low, high := 0, len(t)
	for low < high { // the first that begins after p
		if mid := int(uint(low+high) >> 1); t[mid].base > p {
			high = mid
		} else {
			low = mid + 1
		}
	}
	if low == 0 {
		return nil
	}
	if c := t[low-1]; p-c.base < uintptr(len(c.mem)) {
		return c
	}
	return nil
}

func byAddress(a, b *Chunk) int { return cmp.Compare(a.base, b.base) }

func (t table) with(c *Chunk) table {
	i, _ := slices.BinarySearchFunc(t, c, byAddress)
	return slices.Insert(slices.Clip(slices.Clone(t)), i, c)
}

func (t table) without(gone []*Chunk) table {
	return slices.DeleteFunc(slices.Clone(t), func(c *Chunk) bool { return slices.Contains(gone, c) })
}
