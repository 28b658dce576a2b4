package front

import (
	"slices"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// settleContexts goes through the lists of 3.1.1, [MS-SMB2] 3.3.5.4, and returns
// those of the answer. Compression, RDMA transforms and POSIX extensions are not
// answered, which declines them; the server's name is noted, and one that is no
// name ignored.
func (c *conn) settleContexts(r *request, n *negotiation) (answer []smb2.NegotiateContext, s smb2.Status) {
	list, err := n.client.Contexts(nil, r.Element)
	if err != nil || repeated(list) {
		return nil, smb2.StatusInvalidParameter
	}
	preauth := false
	for _, x := range list {
		var data []byte
		switch x.Type {
		case smb2.ContextPreauth:
			preauth = true
			data, s = settlePreauth(x.Data)
		case smb2.ContextEncryption:
			data, s = c.settleCipher(x.Data, n)
		case smb2.ContextSigning:
			data, s = settleSigning(x.Data, n)
		case smb2.ContextTransport:
			data = c.settleTransport(x.Data)
		case smb2.ContextNetName:
			name, _ := smb2.ParseNetNameContext(x.Data)
			n.netName = name.Name
		}
		if s != 0 {
			return nil, s
		}
		if data != nil {
			answer = append(answer, smb2.NegotiateContext{Type: x.Type, Data: data})
		}
	}
	if !preauth {
		return nil, smb2.StatusInvalidParameter
	}
	return answer, 0
}

// repeated says that a context is there twice that must not be.
func repeated(list []smb2.NegotiateContext) bool {
	for i, x := range list {
		switch x.Type {
		case smb2.ContextPreauth, smb2.ContextEncryption, smb2.ContextCompression,
			smb2.ContextRDMATransform, smb2.ContextSigning:
			if slices.ContainsFunc(list[:i], func(y smb2.NegotiateContext) bool { return x.Type == y.Type }) {
				return true
			}
		}
	}
	return false
}

func settlePreauth(data []byte) ([]byte, smb2.Status) {
	x, err := smb2.ParsePreauthContext(data)
	switch {
	case err != nil:
		return nil, smb2.StatusInvalidParameter
	case !slices.Contains(x.Hashes, smb2.HashSHA512):
		return nil, smb2.StatusNoPreauthOverlap
	}
	own := smb2.PreauthContext{Hashes: []smb2.HashAlgorithm{smb2.HashSHA512}, Salt: randomSalt()}
	return own.AppendBody(nil), 0
}

// settleCipher chooses a cipher. Without one in common the answer says none.
func (c *conn) settleCipher(data []byte, n *negotiation) ([]byte, smb2.Status) {
	x, err := smb2.ParseEncryptionContext(data)
	if err != nil || len(x.Ciphers) == 0 {
		return nil, smb2.StatusInvalidParameter
	}
	cipher := smb2.CipherNone
	if c.Encryption != EncryptionOff {
		cipher, _ = choose(cipherChoice, x.Ciphers)
	}
	n.suite.Cipher = crypt.Cipher(cipher)
	own := smb2.EncryptionContext{Ciphers: []smb2.Cipher{cipher}}
	return own.AppendBody(nil), 0
}

// settleSigning chooses how to sign. Without anything in common it is AES-CMAC,
// and not answered, for a client must refuse what it has not offered.
func settleSigning(data []byte, n *negotiation) ([]byte, smb2.Status) {
	x, err := smb2.ParseSigningContext(data)
	if err != nil || len(x.Algorithms) == 0 {
		return nil, smb2.StatusInvalidParameter
	}
	a, ok := choose(signingChoice, x.Algorithms)
	if !ok {
		return nil, 0
	}
	n.suite.Signing = crypt.Signing(a)
	own := smb2.SigningContext{Algorithms: []smb2.SigningAlgorithm{a}}
	return own.AppendBody(nil), 0
}

// settleTransport lets the client leave encryption to QUIC, where this is QUIC
// and nobody has demanded SMB's.
func (c *conn) settleTransport(data []byte) []byte {
	x, err := smb2.ParseTransportContext(data)
	if err != nil || x.Flags&smb2.AcceptTransportSecurity == 0 || !c.Secure || c.Encryption == EncryptionRequired {
		return nil
	}
	own := smb2.TransportContext{Flags: smb2.AcceptTransportSecurity}
	return own.AppendBody(nil)
}
