package front

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/transports"
)

// A negotiation is what has been settled, and what the client said.
type negotiation struct {
	suite        crypt.Suite // no dialect before the end
	client       smb2.NegotiateRequest
	netName      string            // what the client calls us; "" when it does not say
	capabilities smb2.Capabilities // ours
	preauth      crypt.PreauthHash // 3.1.1
	wild         bool              // an SMB1 negotiate has been answered
}

var errSMB1 = errors.New("an SMB1 negotiate without a dialect of ours")

// What is taken when the client has it, best first. AES-128 is ahead of AES-256
// for the client of Linux, which derives another signing key with the latter;
// see Bugs of package crypt.
var (
	cipherChoice  = []smb2.Cipher{smb2.CipherAES128GCM, smb2.CipherAES256GCM, smb2.CipherAES128CCM, smb2.CipherAES256CCM}
	signingChoice = []smb2.SigningAlgorithm{smb2.SigningAESGMAC, smb2.SigningAESCMAC, smb2.SigningHMACSHA256}
	dialectChoice = []smb2.Dialect{smb2.Dialect311, smb2.Dialect302, smb2.Dialect30, smb2.Dialect21, smb2.Dialect202}
)

// choose returns the first of ours that is among theirs.
func choose[T comparable](ours, theirs []T) (t T, ok bool) {
	for _, x := range ours {
		if slices.Contains(theirs, x) {
			return x, true
		}
	}
	return t, false
}

// multiProtocol answers an SMB1 negotiate, [MS-SMB2] 3.3.5.3: once, before
// anything else. It is the request with message id 0.
func (c *conn) multiProtocol(b []byte) error {
	if c.terms.suite.Dialect != 0 || c.terms.wild {
		return errNegotiated
	}
	q, err := smb2.ParseMultiProtocol(b)
	if err != nil {
		return err
	}
	n := negotiation{wild: true}
	dialect := smb2.DialectWild
	switch {
	case q.Has(smb2.DialectStringWild) && c.MaxDialect >= smb2.Dialect21:
	case q.Has(smb2.DialectString202) && c.MinDialect <= smb2.Dialect202:
		dialect = smb2.Dialect202
		n.suite.Dialect = dialect
		n.client.Dialects = []smb2.Dialect{dialect}
	default:
		return errSMB1
	}
	c.mu.Lock()
	err = c.window.Take(0, 1)
	c.mu.Unlock()
	if err != nil {
		return err
	}
	c.terms.negotiation = n
	c.terms.capabilities = c.offer(dialect)
	m := c.negotiateResponse(dialect, nil)
	c.mu.Lock()
	smb2.AppendReply(m.Bytes()[:0], smb2.NewHeader(smb2.CommandNegotiate, 0), smb2.StatusSuccess, c.window.Grant(1))
	c.enqueue(outgoing{m: m}) // the reader sends it when it is done
	c.mu.Unlock()
	return nil
}

// negotiate answers NEGOTIATE, [MS-SMB2] 3.3.5.4. After a failure the client may
// try again.
func (c *conn) negotiate(r *request) error {
	n := negotiation{wild: c.terms.wild}
	contexts, status := c.settle(r, &n)
	if status != 0 {
		c.refuse(r, status)
		return nil
	}
	c.terms.negotiation = n
	if n.suite.Dialect == smb2.Dialect311 {
		if err := c.terms.preauth.Add(r.Element); err != nil {
			return fmt.Errorf("NEGOTIATE: %w", err)
		}
	}
	c.answerHashed(r, c.negotiateResponse(n.suite.Dialect, contexts), func(b []byte) {
		if n.suite.Dialect == smb2.Dialect311 {
			c.terms.preauth.Add(b)
		}
	})
	return nil
}

// settle fills n from the request, and returns the contexts of the answer.
func (c *conn) settle(r *request, n *negotiation) ([]smb2.NegotiateContext, smb2.Status) {
	q, err := smb2.ParseNegotiateRequest(r.Element)
	if err != nil || len(q.Dialects) == 0 || r.header().Has(smb2.FlagSigned) || r.header().Has(smb2.FlagRelated) {
		return nil, smb2.StatusInvalidParameter
	}
	n.client = q
	ours := slices.DeleteFunc(slices.Clone(dialectChoice), func(d smb2.Dialect) bool {
		return d < c.MinDialect || d > c.MaxDialect
	})
	d, ok := choose(ours, q.Dialects)
	if !ok {
		return nil, smb2.StatusNotSupported
	}
	n.suite.Dialect = d
	if d >= smb2.Dialect30 {
		n.suite.Signing = crypt.AESCMAC
	}
	n.capabilities = c.offer(d) & (q.Capabilities | smb2.CapabilityLeasing | smb2.CapabilityLargeMTU)
	if n.capabilities.Has(smb2.CapabilityEncryption) {
		n.suite.Cipher = crypt.AES128CCM
	}
	if d != smb2.Dialect311 {
		return nil, 0
	}
	return c.settleContexts(r, n)
}

// offer is what this end can do, [MS-SMB2] 3.3.5.4. In 3.1.1 encryption is a
// context.
func (c *conn) offer(d smb2.Dialect) smb2.Capabilities {
	var f smb2.Capabilities
	if d >= smb2.Dialect21 {
		f |= smb2.CapabilityLeasing | smb2.CapabilityLargeMTU
	}
	if d >= smb2.Dialect30 {
		f |= smb2.CapabilityDirectoryLeasing | smb2.CapabilityPersistentHandles | smb2.CapabilityMultiChannel
	}
	if (d == smb2.Dialect30 || d == smb2.Dialect302) && c.Encryption != EncryptionOff {
		f |= smb2.CapabilityEncryption
	}
	return f
}

func (c *conn) negotiateResponse(d smb2.Dialect, contexts []smb2.NegotiateContext) *transports.Message {
	size := c.sizeFor(d)
	q := smb2.NegotiateResponse{
		SecurityMode:    c.securityMode(),
		Dialect:         d,
		ServerGUID:      c.GUID,
		Capabilities:    c.terms.capabilities,
		MaxTransactSize: c.transactFor(d),
		MaxReadSize:     size,
		MaxWriteSize:    size,
		SystemTime:      smb2.NewFileTime(time.Now()),
	}
	b := q.Append(make([]byte, smb2.HeaderSize), c.Hint, contexts)
	m := c.Arena.New(len(b))
	copy(m.Bytes(), b)
	return m
}

func (c *conn) securityMode() smb2.SecurityMode {
	if c.RequireSigning {
		return smb2.SigningEnabled | smb2.SigningRequired
	}
	return smb2.SigningEnabled
}

// maxSize bounds payloads, as the client has been told.
func (c *conn) maxSize() uint32 { return c.sizeFor(c.terms.suite.Dialect) }

// maxTransact bounds all that is not READ and WRITE.
func (c *conn) maxTransact() uint32 { return c.transactFor(c.terms.suite.Dialect) }

func (c *conn) transactFor(d smb2.Dialect) uint32 {
	return min(c.sizeFor(d), max(c.inline, singleSize))
}

// sizeFor is the bound of a dialect: without credits of several units it is
// what one pays for, [MS-SMB2] 3.3.5.4.
func (c *conn) sizeFor(d smb2.Dialect) uint32 {
	size := c.MaxSize
	switch {
	case d < smb2.Dialect21:
		size = min(size, singleSize)
	case c.placer != nil:
		size = min(size, c.place)
	default:
		size = min(size, max(c.inline, singleSize))
	}
	return size
}

func randomSalt() []byte {
	b := make([]byte, saltSize)
	rand.Read(b)
	return b
}
