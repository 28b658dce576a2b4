package smbdirect

import (
	"fmt"
	"sync"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// An exposure is one registered region. Its record is never used again, so
// that a second Revoke cannot hit somebody else's memory; they are allocated
// many at a time instead.
type exposure struct {
	c          *Conn
	mu         sync.Mutex  // held while the region is given back
	region     rdma.Region // nil when revoked
	descriptor transports.Descriptor
	prev, next *exposure // in c.exposures, guarded by c.mu
}

// exposureList holds the exposures that are not revoked.
type exposureList struct {
	first *exposure
	count int
	slab  []exposure
}

func (l *exposureList) add(e *exposure) {
	e.next = l.first
	if l.first != nil {
		l.first.prev = e
	}
	l.first = e
	l.count++
}

func (l *exposureList) remove(e *exposure) {
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		l.first = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	}
	e.prev, e.next = nil, nil
	l.count--
}

// Expose registers exactly b with one right, [MS-SMBD] 3.1.4.3.
func (c *Conn) Expose(b []byte, r transports.Right) (transports.Exposure, error) {
	if c.server {
		return nil, transports.ErrRole
	}
	var access rdma.Access
	switch r {
	case transports.Readable:
		access = rdma.RemoteRead
	case transports.Writable:
		access = rdma.RemoteWrite
	default:
		return nil, fmt.Errorf("smbdirect: expose: no right %d", r)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if limit := c.core.maxReadWrite; len(b) == 0 || uint64(len(b)) > uint64(limit) {
		return nil, fmt.Errorf("smbdirect: expose %d bytes, limit %d ([MS-SMBD] 3.1.4.7)", len(b), limit)
	}
	if err := c.sendError(); err != nil {
		return nil, err
	}
	region, err := c.qp.Register(b, access)
	if err != nil {
		return nil, fmt.Errorf("smbdirect: expose: %w", err)
	}
	if len(c.exposures.slab) == 0 {
		c.exposures.slab = make([]exposure, exposureSlab)
	}
	e := &c.exposures.slab[0]
	c.exposures.slab = c.exposures.slab[1:]
	s := region.Segment()
	e.c, e.region = c, region
	e.descriptor = transports.Descriptor{Offset: s.Offset, Token: s.Token, Length: s.Length}
	c.exposures.add(e)
	return e, nil
}

func (e *exposure) Descriptor() transports.Descriptor { return e.descriptor }

// Revoke ends the peer's access, and gives the region back also when the peer
// has invalidated it or the connection has ended.
func (e *exposure) Revoke() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.region == nil {
		return
	}
	e.region.Deregister()
	e.region = nil
	e.c.mu.Lock()
	e.c.exposures.remove(e)
	e.c.mu.Unlock()
}

// revokeAll returns when the peer reaches none of our memory. Revocations that
// others have begun are waited for.
func (c *Conn) revokeAll() {
	for {
		c.mu.Lock()
		e := c.exposures.first
		c.mu.Unlock()
		if e == nil {
			return
		}
		e.Revoke()
	}
}

// Exposed is the number of exposures that are not revoked.
func (c *Conn) Exposed() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.exposures.count
}
