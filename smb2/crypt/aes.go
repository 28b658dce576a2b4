package crypt

import (
	"crypto/aes"
	"crypto/cipher"
)

// newAES and newAEAD fail for lengths that the table does not have.
func newAES(key []byte) cipher.Block {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic("crypt: " + err.Error())
	}
	return b
}

func newAEAD(b cipher.Block) cipher.AEAD {
	a, err := cipher.NewGCM(b)
	if err != nil {
		panic("crypt: " + err.Error())
	}
	return a
}
