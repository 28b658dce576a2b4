package credit

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

// A book is the same ledger without any thought: a set of ids.
type book struct {
	ids   map[uint64]bool
	next  uint64
	limit int
	span  int
}

func (b *book) low() uint64 {
	low := b.next
	for id := range b.ids {
		low = min(low, id)
	}
	return low
}

func (b *book) take(id uint64, charge uint16) bool {
	n := uint64(max(charge, 1))
	for i := range n {
		if !b.ids[id+i] {
			return false
		}
	}
	for i := range n {
		delete(b.ids, id+i)
	}
	return true
}

func (b *book) grant(asked uint16) (n uint16) {
	for n < asked && len(b.ids) < b.limit && int(b.next-b.low()) < b.span || n == 0 && len(b.ids) == 0 {
		b.ids[b.next] = true
		b.next++
		n++
	}
	return n
}

func TestAgainstBook(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		limit := 1 + r.IntN(100)
		w := New(limit)
		b := &book{ids: map[uint64]bool{0: true}, next: 1, limit: limit, span: w.span()}
		for range 2000 {
			if r.IntN(3) == 0 {
				asked := uint16(r.IntN(20))
				if got, want := w.Grant(asked), b.grant(asked); got != want {
					t.Fatalf("limit %d: granted %d of %d, want %d", limit, got, asked, want)
				}
			} else {
				low := b.low()
				id := low + uint64(r.IntN(int(b.next-low)+3)) - uint64(r.IntN(2))
				charge := uint16(r.IntN(4))
				if got, want := w.Take(smb2.MessageID(id), charge) == nil, b.take(id, charge); got != want {
					t.Fatalf("limit %d: take %d+%d is %v, want %v", limit, id, charge, got, want)
				}
			}
			if w.Free() != len(b.ids) {
				t.Fatalf("%d free, want %d", w.Free(), len(b.ids))
			}
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	w := New(16)
	for _, c := range []struct {
		name   string
		id     smb2.MessageID
		charge uint16
		want   error
	}{
		{"beyond", 1, 1, ErrOutside},
		{"more than there are", 0, 2, ErrOutside},
		{"the notification's", smb2.Unsolicited, 1, ErrOutside},
		{"first", 0, 0, nil},
		{"again", 0, 1, ErrUsed},
	} {
		if err := w.Take(c.id, c.charge); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if n := w.Grant(0); n != 1 {
		t.Errorf("client without credits is granted %d", n)
	}
}

// An id that is never used stops the grants, not the memory.
func TestKept(t *testing.T) {
	t.Parallel()
	w := New(8)
	if w.Take(0, 1) != nil || w.Grant(2) != 2 {
		t.Fatal("no second credit")
	}
	for id := smb2.MessageID(2); ; id++ { // 1 is kept
		if err := w.Take(id, 1); err != nil {
			if int(id) < 16 || int(id) > 1+w.span() {
				t.Fatalf("grants stop at %d", id)
			}
			return
		}
		w.Grant(1)
	}
}
