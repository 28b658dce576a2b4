package credit

import (
	"math/rand/v2"
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

// dumb is the same ledger as a set of ids and a list of what was asked.
type dumb struct {
	ids  map[smb2.MessageID]bool
	next smb2.MessageID // the next one to be granted
	used map[smb2.MessageID]bool
}

func (d *dumb) grant(n uint16) {
	for range n {
		d.ids[d.next] = true
		d.next++
	}
}

// take checks that the ids are held and were never used.
func (d *dumb) take(t *testing.T, id smb2.MessageID, n uint16) {
	t.Helper()
	for i := id; i < id+smb2.MessageID(n); i++ {
		if !d.ids[i] || d.used[i] {
			t.Fatalf("id %d: held %v, used %v", i, d.ids[i], d.used[i])
		}
		delete(d.ids, i)
		d.used[i] = true
	}
}

func TestHeldAgainstSet(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		h := NewHeld(200, 4)
		d := &dumb{ids: map[smb2.MessageID]bool{}, used: map[smb2.MessageID]bool{}}
		d.grant(1)
		var asks []uint16
		for range 3000 {
			if r.IntN(2) == 0 {
				charge, urgent := uint16(r.IntN(20)), r.IntN(4) == 0
				id, ask, ok := h.Take(charge, urgent)
				if n := max(charge, 1); ok {
					d.take(t, id, n)
					asks = append(asks, ask)
				} else if urgent && len(d.ids) >= int(n) {
					t.Fatalf("urgent %d refused, %d held", n, len(d.ids))
				}
			} else if len(asks) > 0 {
				i := r.IntN(len(asks))
				ask := asks[i]
				asks = append(asks[:i], asks[i+1:]...)
				granted := uint16(r.IntN(int(ask) + 2))
				if len(asks) == 0 {
					granted = max(granted, 1)
				}
				if err := h.Grant(ask, granted); err != nil {
					t.Fatal(err)
				}
				d.grant(granted)
			}
			if h.Available() != uint64(len(d.ids)) {
				t.Fatalf("%d available, %d held", h.Available(), len(d.ids))
			}
			if h.Idle() != (len(asks) == 0) {
				t.Fatalf("idle is %v with %d outstanding", h.Idle(), len(asks))
			}
		}
	}
}

// The window grows to the target, and no further by our own wish.
func TestHeldTarget(t *testing.T) {
	t.Parallel()
	h := NewHeld(100, 4)
	for i := range 50 {
		_, ask, ok := h.Take(1, false)
		if !ok {
			t.Fatalf("request %d: no credit", i)
		}
		if err := h.Grant(ask, ask); err != nil {
			t.Fatal(err)
		}
	}
	if h.Available() != 100 {
		t.Errorf("%d available, target 100", h.Available())
	}
}

func TestHeldReserve(t *testing.T) {
	t.Parallel()
	h := NewHeld(100, 4)
	_, ask, _ := h.Take(1, true)
	if err := h.Grant(ask, 20); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := h.Take(17, false); ok {
		t.Error("the reserve was taken by what is not urgent")
	}
	if _, _, ok := h.Take(16, false); !ok {
		t.Error("what is beside the reserve was refused")
	}
	if _, _, ok := h.Take(4, true); !ok {
		t.Error("the reserve was refused to what is urgent")
	}
}

// A client of a server that never grants more than one goes on.
func TestHeldSmallWindow(t *testing.T) {
	t.Parallel()
	h := NewHeld(100, 4)
	for i := range 10 {
		id, ask, ok := h.Take(1, false)
		if !ok || id != smb2.MessageID(i) {
			t.Fatalf("request %d: id %d, %v", i, id, ok)
		}
		if err := h.Grant(ask, 1); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHeldTooMuch(t *testing.T) {
	t.Parallel()
	h := NewHeld(100, 4)
	for range 2 {
		if err := h.Grant(0, MaxHeld/2-1); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Grant(0, 2); err == nil {
		t.Error("more than MaxHeld was taken")
	}
	if h.Available() != MaxHeld-1 {
		t.Errorf("%d available after a refused grant", h.Available())
	}
}
