package back

import (
	"errors"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// keep remembers an open that outlives the connection.
func (t *holders) keep(f smb2.FileID, tree *Tree) {
	if len(t.durable) < maxHolders {
		t.durable[f] = tree
	}
}

// reclaims says whether a CREATE asks for an open that has outlived its
// connection: the reply to it need not say that this one will too, [MS-SMB2]
// 3.3.5.9.7, 3.3.5.9.12.
func reclaims(element []byte) bool {
	r, err := smb2.ParseCreateRequest(element)
	if err != nil {
		return false
	}
	b, err := r.Contexts(element)
	if err != nil || len(b) == 0 {
		return false
	}
	list, err := smb2.ParseCreateContexts(nil, b)
	return err == nil && (smb2.FindCreateContext(list, smb2.TagDurableReconn) != nil ||
		smb2.FindCreateContext(list, smb2.TagDurableReconnV2) != nil)
}

// mourn tells the clients whose durable opens were on the connection that it is
// lost, unless this side has closed it: they get the opens back when they come
// back themselves, and not after an answer that says they are gone.
func (c *Conn) mourn() {
	c.mu.Lock()
	lost := make(map[tree.Notify]bool)
	if !errors.Is(c.cause, ErrClosed) {
		for _, t := range c.holders.durable {
			lost[t.client.Notify] = true
		}
	}
	c.mu.Unlock()
	for n := range lost {
		n.Lost()
	}
}
