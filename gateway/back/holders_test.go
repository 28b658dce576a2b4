package back

import (
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

// A lease is its latest tree's until its last open is gone.
func TestHolders(t *testing.T) {
	t.Parallel()
	var h holders
	h.init()
	one, two := new(Tree), new(Tree)
	key, other := smb2.LeaseKey{1}, smb2.LeaseKey{2}
	f := func(n uint64) smb2.FileID { return smb2.NewFileID(n, n) }
	h.add(f(1), one, &key)
	h.add(f(2), two, &key)
	h.add(f(3), two, &other)
	h.add(f(4), one, nil)
	h.add(f(4), one, nil) // the same open again
	if l := h.leases[key]; l.tree != two || l.opens != 2 {
		t.Errorf("lease %+v", l)
	}
	h.remove(f(2))
	h.remove(f(9)) // of nobody
	if h.leases[key] == nil {
		t.Error("a lease with an open is forgotten")
	}
	h.remove(f(1))
	if h.leases[key] != nil {
		t.Error("a lease without opens is kept")
	}
	h.leave(two)
	if len(h.leases) != 0 || len(h.opens) != 1 {
		t.Errorf("%d leases and %d opens when a tree has left", len(h.leases), len(h.opens))
	}
	h.leave(one)
	if len(h.opens) != 0 {
		t.Errorf("%d opens are left", len(h.opens))
	}
}

// A peer cannot make the table grow for ever.
func TestHoldersBounded(t *testing.T) {
	t.Parallel()
	var h holders
	h.init()
	for i := range uint64(maxHolders + 10) {
		h.add(smb2.NewFileID(i, i), new(Tree), nil)
	}
	if len(h.opens) != maxHolders {
		t.Errorf("%d opens", len(h.opens))
	}
}
