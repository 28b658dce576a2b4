package back

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// holders says whose the oplocks and leases are that a server may break: of a
// break nothing but a FileId or a lease key says whose it is, [MS-SMB2]
// 3.2.5.19. Under Conn.mu.
type holders struct {
	opens   map[smb2.FileID]holder
	leases  map[smb2.LeaseKey]*lease
	durable map[smb2.FileID]*Tree // opens that outlive the connection
}

// A holder is an open with an oplock or a lease.
type holder struct {
	tree  *Tree
	lease *lease // nil with an oplock
}

// A lease is held by one or more opens.
type lease struct {
	key   smb2.LeaseKey
	tree  *Tree // of the latest
	opens int
}

func (t *holders) init() {
	t.opens, t.leases = make(map[smb2.FileID]holder), make(map[smb2.LeaseKey]*lease)
	t.durable = make(map[smb2.FileID]*Tree)
}

func (t *holders) add(f smb2.FileID, tree *Tree, key *smb2.LeaseKey) {
	t.remove(f)
	if len(t.opens) == maxHolders {
		return
	}
	h := holder{tree: tree}
	if key != nil {
		if h.lease = t.leases[*key]; h.lease == nil {
			h.lease = &lease{key: *key}
			t.leases[*key] = h.lease
		}
		h.lease.tree = tree
		h.lease.opens++
	}
	t.opens[f] = h
}

func (t *holders) remove(f smb2.FileID) {
	h, ok := t.opens[f]
	if !ok {
		return
	}
	delete(t.opens, f)
	if l := h.lease; l != nil {
		if l.opens--; l.opens == 0 {
			delete(t.leases, l.key)
		}
	}
}

// leave removes what a tree holds.
func (t *holders) leave(tree *Tree) {
	for f, h := range t.opens {
		if h.tree == tree {
			t.remove(f)
		}
	}
	for f, of := range t.durable {
		if of == tree {
			delete(t.durable, f)
		}
	}
}

// learn follows the opens of a tree by the successful replies to CREATE, CLOSE
// and LMR_REQUEST_RESILIENCY. file is that of the element before in a compound.
func (c *Conn) learn(k *call, element []byte, file *smb2.FileID) {
	if smb2.Header(element).Status() != smb2.StatusSuccess {
		return
	}
	switch k.command {
	case smb2.CommandCreate:
		r, err := smb2.ParseCreateResponse(element)
		if err != nil {
			return // the client's to judge
		}
		if file != nil {
			*file = r.FileID
		}
		key, durable := granted(&r, element)
		c.mu.Lock()
		if r.OplockLevel != smb2.OplockNone {
			c.holders.add(r.FileID, k.tree, key)
		}
		if durable || k.durable {
			c.holders.keep(r.FileID, k.tree)
		}
		c.mu.Unlock()
	case smb2.CommandIoctl:
		r, err := smb2.ParseIoctlResponse(element)
		if err == nil && r.Code == smb2.FsctlLMRRequestResiliency {
			c.mu.Lock()
			c.holders.keep(r.FileID, k.tree)
			c.mu.Unlock()
		}
	case smb2.CommandClose:
		if k.file == smb2.NoFile && file != nil {
			k.file = *file
		}
		c.mu.Lock()
		c.holders.remove(k.file)
		delete(c.holders.durable, k.file)
		c.mu.Unlock()
	}
}

// granted is what a CREATE response's contexts say: the lease's key, or nil, and
// whether the open outlives its connection.
func granted(r *smb2.CreateResponse, element []byte) (key *smb2.LeaseKey, durable bool) {
	b, err := r.Contexts(element)
	if err != nil {
		return nil, false
	}
	list, err := smb2.ParseCreateContexts(nil, b)
	if err != nil {
		return nil, false
	}
	durable = smb2.FindCreateContext(list, smb2.TagDurable) != nil ||
		smb2.FindCreateContext(list, smb2.TagDurableV2) != nil
	x := smb2.FindCreateContext(list, smb2.TagLease)
	if x == nil || r.OplockLevel != smb2.OplockLease {
		return nil, durable
	}
	l, err := smb2.ParseLease(x.Data)
	if err != nil {
		return nil, durable
	}
	return &l.Key, durable
}

// unasked takes what the server says by itself: breaks, which are forgeable and
// may be in clear, so they do no more than what their client makes of them. It
// owns m.
func (c *Conn) unasked(m *transports.Message) {
	element := m.Bytes()
	t := c.holderOf(element)
	if t == nil {
		t = c.siblings.holderOf(c, element)
	}
	if t == nil {
		m.Release()
		return
	}
	smb2.Header(element).SetNextCommand(0)
	t.client.Notify.Break(m)
}

// holderOf is the tree that a break is about, or nil.
func (c *Conn) holderOf(element []byte) *Tree {
	if smb2.Header(element).Command() != smb2.CommandOplockBreak {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch smb2.BreakOf(element) {
	case smb2.BreakOplock:
		if r, err := smb2.ParseOplockBreak(element); err == nil {
			return c.holders.opens[r.FileID].tree
		}
	case smb2.BreakLease:
		if r, err := smb2.ParseLeaseBreak(element); err == nil {
			if l := c.holders.leases[r.Key]; l != nil {
				return l.tree
			}
		}
	}
	return nil
}
