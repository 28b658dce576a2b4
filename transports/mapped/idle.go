package mapped

import "slices"

func (m *Memory) chunks() table {
	if t := m.table.Load(); t != nil {
		return *t
	}
	return nil
}

// enter says that a chunk has a free block: the next one of its class.
func (m *Memory) enter(c *Chunk) {
	c.place = len(m.room[c.class])
	m.room[c.class] = append(m.room[c.class], c)
}

// leave says that a chunk has none any more. The others stay in their order:
// mostly it is the last.
func (m *Memory) leave(c *Chunk) {
	list := slices.Delete(m.room[c.class], c.place, c.place+1)
	for i := c.place; i < len(list); i++ {
		list[i].place = i
	}
	m.room[c.class] = list
}

// rest says that a chunk is idle: it is taken from after those that are not,
// which may become so themselves, but before others that were idle earlier.
func (m *Memory) rest(c *Chunk) {
	list := m.room[c.class]
	for ; c.place > 0 && list[c.place-1].inUse > 0; c.place-- {
		list[c.place] = list[c.place-1]
		list[c.place].place++
		list[c.place-1] = c
	}
}

// shrink takes chunks out until those without a block in use have limit bytes
// at most, those first that have been so for longest.
func (m *Memory) shrink(limit int64) (gone []*Chunk) {
	for m.idle > limit {
		c := m.oldest()
		if c == nil {
			break
		}
		m.idle -= int64(len(c.mem))
		m.leave(c)
		gone = append(gone, m.drop([]*Chunk{c})...)
	}
	return gone
}

// oldest is found by looking at all chunks: it is wanted when one is unmapped,
// which takes longer.
func (m *Memory) oldest() (found *Chunk) {
	for _, c := range m.chunks() {
		if c.inUse == 0 && (found == nil || c.since < found.since) {
			found = c
		}
	}
	return found
}

func (m *Memory) drop(gone []*Chunk) []*Chunk {
	next := m.chunks().without(gone)
	m.table.Store(&next)
	for _, c := range gone {
		m.mapped -= int64(len(c.mem))
	}
	return gone
}

// unmap gives chunks back to the system. It is called without the lock: a
// watcher may take its time.
func (m *Memory) unmap(gone []*Chunk) {
	for _, c := range gone {
		m.watchers.tell(c)
		unmapMemory(c.mem)
	}
}
