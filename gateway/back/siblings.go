package back

import (
	"slices"

	"github.com/smbgw/smbgw/smb2"
)

// join enters a connection as one of those of its ClientGUID, until part: a
// server may send the break of a lease on any of them, as leases are the client's
// and not the connection's, [MS-SMB2] 3.3.4.7.
func (t *Sessions) join(c *Conn) {
	if t == nil {
		return
	}
	c.siblings = t
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conns == nil {
		t.conns = make(map[smb2.GUID][]*Conn)
	}
	t.conns[c.options.ClientGUID] = append(t.conns[c.options.ClientGUID], c)
}

func (t *Sessions) part(c *Conn) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	id := c.options.ClientGUID
	t.conns[id] = slices.DeleteFunc(t.conns[id], func(d *Conn) bool { return c == d })
	if len(t.conns[id]) == 0 {
		delete(t.conns, id)
	}
}

// holderOf is the tree on another connection than c whose lease a break is about,
// or nil.
func (t *Sessions) holderOf(c *Conn, element []byte) *Tree {
	if t == nil || smb2.BreakOf(element) != smb2.BreakLease {
		return nil
	}
	t.mu.Lock()
	others := slices.Clone(t.conns[c.options.ClientGUID])
	t.mu.Unlock()
	for _, d := range others {
		if d == c {
			continue
		}
		if holder := d.holderOf(element); holder != nil {
			return holder
		}
	}
	return nil
}
