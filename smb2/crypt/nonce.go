package crypt

import (
	"crypto/rand"
	"encoding/binary"
	"sync/atomic"
)

const (
	ccmNonce = 11
	gcmNonce = 12
)

// nonces gives out the nonces of one key: 8 bytes that count the 16-byte blocks
// sealed before, so that the bound of the counter bounds what is sealed, and a
// fixed rest.
//
//	Counter[8] Fixed[3, CCM; 4, GCM] Zero[5; 4]
type nonces struct {
	blocks atomic.Uint64
	fixed  [gcmNonce - 8]byte
}

func newNonces() *nonces {
	n := new(nonces)
	rand.Read(n.fixed[:]) // does not fail
	return n
}

// take fills field, a Transform's, with a nonce of size bytes for n bytes of plaintext. No two
// are equal; when the bound is reached there are no more.
func (n *nonces) take(field []byte, size, plain int) error {
	blocks := uint64(plain)/16 + 2 // a started block, and the tag's
	for {
		first := n.blocks.Load()
		if first > maxBlocks-blocks {
			return ErrExhausted
		}
		if n.blocks.CompareAndSwap(first, first+blocks) {
			binary.LittleEndian.PutUint64(field, first)
			clear(field[8:])
			copy(field[8:size], n.fixed[:])
			return nil
		}
	}
}
