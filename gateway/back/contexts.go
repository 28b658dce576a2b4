package back

import (
	"crypto/rand"
	"slices"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// What is offered, best first: the fast ones. AES-CMAC is what there is without
// a context, and what some servers answer whatever they are asked.
var (
	signings = []smb2.SigningAlgorithm{smb2.SigningAESGMAC, smb2.SigningAESCMAC, smb2.SigningHMACSHA256}
	ciphers  = []smb2.Cipher{smb2.CipherAES128GCM, smb2.CipherAES256GCM, smb2.CipherAES256CCM, smb2.CipherAES128CCM}
)

// saltSize is what Windows sends, [MS-SMB2] 3.2.4.2.2.2.
const saltSize = 32

// contexts are those of our NEGOTIATE.
func (o *Options) contexts() ([]smb2.NegotiateContext, error) {
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	preauth := smb2.PreauthContext{Hashes: []smb2.HashAlgorithm{smb2.HashSHA512}, Salt: salt}
	encryption := smb2.EncryptionContext{Ciphers: ciphers}
	signing := smb2.SigningContext{Algorithms: signings}
	list := []smb2.NegotiateContext{
		{Type: smb2.ContextPreauth, Data: preauth.AppendBody(nil)},
		{Type: smb2.ContextEncryption, Data: encryption.AppendBody(nil)},
		{Type: smb2.ContextSigning, Data: signing.AppendBody(nil)},
	}
	if o.ServerName != "" {
		list = append(list, smb2.NegotiateContext{Type: smb2.ContextNetName, Data: smb2.AppendUTF16(nil, o.ServerName)})
	}
	return list, nil
}

// choice reads the contexts of the server's answer, [MS-SMB2] 3.2.5.2.
func (o *Options) choice(suite *crypt.Suite, r *smb2.NegotiateResponse, element []byte) error {
	suite.Signing = crypt.AESCMAC
	list, err := r.Contexts(nil, element)
	if err != nil {
		return err
	}
	seen := make(map[smb2.NegotiateContextType]bool)
	for _, x := range list {
		if seen[x.Type] {
			return violation("two contexts %v", x.Type)
		}
		seen[x.Type] = true
		if err := choose(suite, x); err != nil {
			return err
		}
	}
	if !seen[smb2.ContextPreauth] {
		return violation("no context %v", smb2.ContextPreauth)
	}
	return nil
}

// choose takes one context's choice, which has to be one of ours.
func choose(suite *crypt.Suite, x smb2.NegotiateContext) error {
	switch x.Type {
	case smb2.ContextPreauth:
		v, err := smb2.ParsePreauthContext(x.Data)
		if err != nil {
			return err
		}
		if len(v.Hashes) != 1 || v.Hashes[0] != smb2.HashSHA512 {
			return violation("hash algorithms %v", v.Hashes)
		}
	case smb2.ContextEncryption:
		v, err := smb2.ParseEncryptionContext(x.Data)
		if err != nil {
			return err
		}
		if len(v.Ciphers) != 1 || v.Ciphers[0] != smb2.CipherNone && !slices.Contains(ciphers, v.Ciphers[0]) {
			return violation("ciphers %v", v.Ciphers)
		}
		suite.Cipher = crypt.Cipher(v.Ciphers[0])
	case smb2.ContextSigning:
		v, err := smb2.ParseSigningContext(x.Data)
		if err != nil {
			return err
		}
		if len(v.Algorithms) != 1 || !slices.Contains(signings, v.Algorithms[0]) {
			return violation("signing algorithms %v", v.Algorithms)
		}
		suite.Signing = crypt.Signing(v.Algorithms[0])
	default:
		return violation("context %v, which was not offered", x.Type)
	}
	return nil
}
