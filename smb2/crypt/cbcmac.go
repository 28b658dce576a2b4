package crypt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
)

// cbcRun is how many bytes go to the cipher at once: enough that the calls do
// not count, little enough that the ciphertext nobody wants stays in the
// nearest cache.
const cbcRun = 256

// A cbcMAC chains blocks, the heart of CMAC and of CCM. The chain is as slow as
// one AES after the other; crypto/cipher's runs of blocks cost a tenth less
// than single ones.
type cbcMAC struct {
	mode  cipher.BlockMode
	fresh bool     // the next block begins a message
	last  [16]byte // what the mode has chained last: the MAC so far
	block [16]byte
	out   [cbcRun]byte
}

func newCBCMAC(b cipher.Block) cbcMAC {
	return cbcMAC{mode: cipher.NewCBCEncrypter(b, zeros[:])}
}

// reset begins a message.
func (c *cbcMAC) reset() { c.fresh = true }

// write adds whole blocks.
func (c *cbcMAC) write(p []byte) {
	if c.fresh && len(p) > 0 {
		// The mode will add the last block of the message before; added
		// twice it is gone.
		subtle.XORBytes(c.block[:], c.last[:], p[:aes.BlockSize])
		c.run(c.block[:])
		c.fresh, p = false, p[aes.BlockSize:]
	}
	for len(p) > cbcRun {
		c.mode.CryptBlocks(c.out[:], p[:cbcRun])
		p = p[cbcRun:]
	}
	if len(p) > 0 {
		c.run(p)
	}
}

// run adds at most cbcRun bytes and keeps the MAC.
func (c *cbcMAC) run(p []byte) {
	c.mode.CryptBlocks(c.out[:], p)
	copy(c.last[:], c.out[len(p)-aes.BlockSize:])
}
