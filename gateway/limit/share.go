package limit

import (
	"sync"
	"time"
)

// A crowd is the connections that have asked something lately, as far as one has to
// know them to tell whether another one has: the last two.
type crowd struct {
	mu   sync.Mutex
	last [2]struct {
		m  *Meter
		at int64 // nanoseconds of 1970
	}
}

// note enters a meter.
func (c *crowd) note(m *Meter, now int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := 0
	switch {
	case c.last[0].m == m:
	case c.last[1].m == m || c.last[1].at < c.last[0].at:
		i = 1
	}
	c.last[i].m, c.last[i].at = m, now
}

// others says that somebody else has asked something lately.
func (c *crowd) others(m *Meter, now int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.last {
		if x.m != nil && x.m != m && now-x.at < int64(busyTime) {
			return true
		}
	}
	return false
}

// Share sets how many bytes of requests one connection may have under way while
// others are busy; 0 is no limit.
func (t *Table) Share(bytes int64) { t.share.Store(bytes) }

// began counts a request of the connection's.
func (m *Meter) began(bytes int64) {
	m.own.add(bytes)
	now := time.Now().UnixNano()
	if now-m.noted.Load() > int64(noteTime) {
		m.noted.Store(now)
		m.table.crowd.note(m, now)
	}
}

// shared is what bounds the bytes that the connection has under way: its share, when
// it has more than that and others are busy; 0 for nothing.
func (m *Meter) shared() int64 {
	share := m.table.share.Load()
	if share == 0 || m.own.n.Load() < share || !m.table.crowd.others(m, time.Now().UnixNano()) {
		return 0
	}
	return share
}
