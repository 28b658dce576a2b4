package credit

import (
	"errors"
	"math"

	"github.com/smbgw/smbgw/smb2"
)

// What a request can be refused for. A server disconnects, [MS-SMB2] 3.3.5.2.3.
var (
	ErrOutside = errors.New("message id outside of the window")
	ErrUsed    = errors.New("message id used twice")
)

// maxID is where a connection ends: the id behind it is that of notifications.
const maxID = math.MaxUint64 - 1

// A Window is the message ids that a client may use. low is the first that it
// has not used, high the first that it has not been granted.
//
//	... used | low ... some used ... | high ... not granted
type Window struct {
	low, high uint64
	free      int      // granted and not used
	limit     int      // of free
	used      []uint64 // bits from low to high, a ring of span
}

// New returns the window of a new connection, which has the id 0. limit is at
// least 1.
func New(limit int) *Window {
	words := (2*limit + 63) / 64
	return &Window{high: 1, free: 1, limit: limit, used: make([]uint64, words)}
}

// Free is how many ids the client has left.
func (w *Window) Free() int { return w.free }

// Take uses charge ids from id on; a charge of 0 is one. After an error nothing
// has changed.
func (w *Window) Take(id smb2.MessageID, charge uint16) error {
	first, n := uint64(id), uint64(max(charge, 1))
	if first < w.low {
		return ErrUsed
	}
	if first >= w.high || n > w.high-first {
		return ErrOutside
	}
	for i := first; i < first+n; i++ {
		if word, bit := w.at(i); *word&bit != 0 {
			return ErrUsed
		}
	}
	for i := first; i < first+n; i++ {
		word, bit := w.at(i)
		*word |= bit
	}
	w.free -= int(n)
	w.advance()
	return nil
}

// advance moves the low edge over what has been used.
func (w *Window) advance() {
	for w.low < w.high {
		word, bit := w.at(w.low)
		if *word&bit == 0 {
			return
		}
		*word &^= bit
		w.low++
	}
}

// Grant gives the client asked more ids, or fewer, and returns how many: at
// least one if it has none left.
func (w *Window) Grant(asked uint16) uint16 {
	room := min(w.limit-w.free, w.span()-int(w.high-w.low))
	n := min(int(asked), max(room, 0))
	if n == 0 && w.free == 0 {
		n = 1
	}
	if left := maxID - w.high; uint64(n) > left {
		n = int(left)
	}
	w.high += uint64(n)
	w.free += n
	return uint16(n)
}

func (w *Window) span() int { return len(w.used) * 64 }

func (w *Window) at(id uint64) (word *uint64, bit uint64) {
	i := id % uint64(w.span())
	return &w.used[i/64], 1 << (i % 64)
}
