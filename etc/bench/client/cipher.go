package main

import (
	"log"
	"time"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// cipherSpeed is how many messages of n bytes of payload one processor signs, or
// seals, in a second.
func cipherSpeed(n int) float64 {
	suite := crypt.Suite{Dialect: smb2.Dialect311, Signing: crypt.AESGMAC, Cipher: crypt.AES128GCM}
	session, err := crypt.NewSession(suite, crypt.Client, make([]byte, 16), make([]byte, crypt.PreauthSize))
	if err != nil {
		log.Fatal(err)
	}
	protect, err := protector(session, suite)
	if err != nil {
		log.Fatal(err)
	}
	m := make([]byte, crypt.TransformSize, crypt.TransformSize+smb2.WriteRequestBuffer+n+64)
	m = append(append(m, smb2.NewHeader(smb2.CommandWrite, 1)...), make([]byte, smb2.WriteRequestBuffer-smb2.HeaderSize+n)...)
	began, done := time.Now(), 0
	for ; time.Since(began) < *length; done++ {
		if err := protect(m); err != nil {
			log.Fatal(err)
		}
	}
	return float64(done) / time.Since(began).Seconds()
}

// protector is what -sign and -seal ask for, of a message with room in front.
func protector(s *crypt.Session, suite crypt.Suite) (func([]byte) error, error) {
	if *seal {
		sealer, err := s.Sealer()
		return func(m []byte) error {
			copy(m[crypt.TransformSize:], smb2.NewHeader(smb2.CommandWrite, 1))
			return sealer.Seal(m, 1)
		}, err
	}
	signer, err := s.Signer(suite)
	return func(m []byte) error { return signer.Sign(m[crypt.TransformSize:]) }, err
}
