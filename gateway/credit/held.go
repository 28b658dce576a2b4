package credit

import (
	"fmt"

	"github.com/smbgw/smbgw/smb2"
)

const (
	// MaxHeld bounds what a server may grant before it is used: eight times
	// what Windows and Samba servers grant at most. A client that believed any
	// number would let one overflow its message ids.
	MaxHeld = 1 << 16

	// firstCredits is what a connection begins with, [MS-SMB2] 3.2.4.1.2.
	firstCredits = 1
)

// Held is the ledger of the message ids that a server has granted to a client,
// [MS-SMB2] 3.2.4.1.2 and 3.2.4.1.3. Ids are taken from the lowest on, so what
// is left is always one range. It is made by NewHeld.
type Held struct {
	next, end smb2.MessageID // held: next and up to, not including, end
	asked     uint64         // by requests that nothing has answered yet
	target    uint64
	reserve   uint64
}

// NewHeld returns the ledger of a new connection, which asks for more until it
// holds target credits and leaves reserve of them to what is urgent.
func NewHeld(target, reserve uint16) Held {
	return Held{end: firstCredits, target: uint64(target), reserve: uint64(reserve)}
}

// Take takes charge consecutive message ids, of which the first is returned,
// for requests that together ask for ask credits. It is false when there are
// too few: only a Grant helps. What is not urgent leaves the reserve alone,
// a quarter of everything while that is little.
func (h *Held) Take(charge uint16, urgent bool) (id smb2.MessageID, ask uint16, ok bool) {
	n := uint64(max(charge, 1))
	left := n
	if !urgent {
		left += min(h.reserve, (h.Available()+h.asked)/4)
	}
	if h.Available() < left {
		return 0, 0, false
	}
	id = h.next
	h.next += smb2.MessageID(n)
	ask = 1 // never none: a server that answers grants something
	if expected := h.Available() + h.asked; expected < h.target {
		ask = uint16(h.target - expected)
	}
	h.asked += uint64(ask)
	return id, ask, true
}

// Grant enters what the first reply to a request that asked for ask brings. A
// later one, after an interim reply, has asked for nothing. More than MaxHeld is
// an error, and the ledger as it was.
func (h *Held) Grant(ask, granted uint16) error {
	if uint64(ask) > h.asked {
		panic("credit: more is answered than was asked for")
	}
	if n := h.Available() + uint64(granted); n > MaxHeld {
		return fmt.Errorf("%d credits granted and not used, limit %d", n, MaxHeld)
	}
	h.asked -= uint64(ask)
	h.end += smb2.MessageID(granted)
	return nil
}

// Available is how many message ids there are to take.
func (h *Held) Available() uint64 { return uint64(h.end - h.next) }

// Next is the id that is taken next, if there is one.
func (h *Held) Next() smb2.MessageID { return h.next }

// Idle says that everything asked for has been answered: no Grant will come
// unless something is sent.
func (h *Held) Idle() bool { return h.asked == 0 }
