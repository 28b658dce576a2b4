package mem

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"syscall"

	"github.com/smbgw/smbgw/transports"
)

// regions is the memory that one end exposes. The lock is held while bytes
// move, so that a region which has been removed is touched by nobody.
type regions struct {
	mu   sync.Mutex
	all  map[uint32]*region
	over bool
}

// A region is one Exposure.
type region struct {
	owner *regions
	token uint32
	base  uint64 // the offset of its first byte
	b     []byte
	right transports.Right
}

var _ transports.Exposure = (*region)(nil)

func (s *regions) add(b []byte, right transports.Right) (*region, error) {
	if right != transports.Readable && right != transports.Writable {
		return nil, fmt.Errorf("mem: right %d is not one of the two", right)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return nil, net.ErrClosed
	}
	if s.all == nil {
		s.all = make(map[uint32]*region)
	}
	r := &region{owner: s, token: s.freshToken(), base: uint64(rand.Uint32()) << 12, b: b, right: right}
	s.all[r.token] = r
	return r, nil
}

// freshToken is random, so that nothing works by a lucky guess, and not zero,
// which a program may have forgotten to set.
func (s *regions) freshToken() uint32 {
	for {
		t := rand.Uint32()
		if t != 0 && s.all[t] == nil {
			return t
		}
	}
}

func (r *region) Descriptor() transports.Descriptor {
	return transports.Descriptor{Offset: r.base, Token: r.token, Length: uint32(len(r.b))}
}

// Revoke removes the region, unless its token has been given to another since
// the peer has invalidated it.
func (r *region) Revoke() {
	r.owner.mu.Lock()
	defer r.owner.mu.Unlock()
	if r.owner.all[r.token] == r {
		delete(r.owner.all, r.token)
	}
}

func (s *regions) remove(token uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, token)
}

func (s *regions) removeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	clear(s.all)
}

// move copies between b and the memory that list names, for a peer who needs
// the given right: it writes Writable and reads Readable memory. Nothing has
// moved when one of the descriptors is not good.
func (s *regions) move(list []transports.Descriptor, b []byte, need transports.Right) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return syscall.ECONNRESET // the peer has closed: nobody is to blame
	}
	pieces, err := s.resolve(list, len(b), need)
	if err != nil {
		return err
	}
	for _, piece := range pieces {
		if need == transports.Writable {
			copy(piece, b)
		} else {
			copy(b, piece)
		}
		b = b[len(piece):]
	}
	return nil
}

// resolve finds the first n bytes of the memory that list names.
func (s *regions) resolve(list []transports.Descriptor, n int, need transports.Right) ([][]byte, error) {
	var pieces [][]byte
	for _, d := range list {
		if n == 0 {
			break
		}
		want := min(n, int(d.Length))
		piece, why := s.span(d, uint64(want), need)
		if why != "" {
			return nil, &AccessError{d, why}
		}
		pieces = append(pieces, piece)
		n -= want
	}
	return pieces, nil
}

func (s *regions) span(d transports.Descriptor, n uint64, need transports.Right) (piece []byte, why string) {
	r := s.all[d.Token]
	switch {
	case r == nil:
		return nil, "no such token"
	case r.right != need:
		return nil, "no right"
	case d.Offset < r.base || d.Offset-r.base > uint64(len(r.b)) || n > uint64(len(r.b))-(d.Offset-r.base):
		return nil, "out of bounds"
	}
	at := d.Offset - r.base
	return r.b[at : at+n], ""
}

// An AccessError is a transfer to or from memory that is not exposed that way.
// Who asked for it is to blame. It ends the connection on both sides.
type AccessError struct {
	Descriptor transports.Descriptor
	Why        string
}

func (e *AccessError) Error() string {
	d := e.Descriptor
	return fmt.Sprintf("mem: access to token %#x, offset %#x, %d bytes: %s", d.Token, d.Offset, d.Length, e.Why)
}
