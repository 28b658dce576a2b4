package back

import (
	"context"
	"slices"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
)

// Negotiate settles dialect, algorithms and limits, [MS-SMB2] 3.2.4.2.2.2 and
// 3.2.5.2. It is called once, before all else, while Run runs.
func (c *Conn) Negotiate(ctx context.Context) error {
	if err := c.negotiate(ctx); err != nil {
		c.abort(err)
		return &Error{"negotiate", smb2.StatusServerUnavailable, err}
	}
	return nil
}

func (c *Conn) negotiate(ctx context.Context) error {
	r, contexts, err := c.hello()
	if err != nil {
		return err
	}
	q := question{command: smb2.CommandNegotiate}
	q.body = func(b []byte) []byte { return r.Append(b, contexts) }
	preauth := new(crypt.PreauthHash)
	q.hash = preauth
	a, err := c.ask(ctx, q)
	if err != nil {
		return err
	}
	defer a.m.Release()
	if s := a.header().Status(); s != smb2.StatusSuccess {
		return s
	}
	if err := preauth.Add(a.m.Bytes()); err != nil {
		return err
	}
	return c.agree(a.m.Bytes(), *preauth)
}

// hello is our side of the negotiation, but for contexts, which only 3.1.1 has.
func (c *Conn) hello() (r smb2.NegotiateRequest, contexts []smb2.NegotiateContext, err error) {
	r = smb2.NegotiateRequest{
		SecurityMode: c.options.mode(),
		Capabilities: c.options.capabilities(),
		ClientGUID:   c.options.ClientGUID,
		Dialects:     c.options.Dialects,
	}
	if c.options.offers(smb2.Dialect311) {
		contexts, err = c.options.contexts()
	}
	return r, contexts, err
}

func (o *Options) mode() smb2.SecurityMode {
	if o.Sign {
		return smb2.SigningEnabled | smb2.SigningRequired
	}
	return smb2.SigningEnabled
}

// capabilities are those of clients: what they use of them passes through.
// Below 3.x they are reserved for the most part, [MS-SMB2] 2.2.3.
func (o *Options) capabilities() smb2.Capabilities {
	if o.newest() < smb2.Dialect30 {
		return smb2.CapabilityLeasing | smb2.CapabilityLargeMTU
	}
	return smb2.CapabilityLeasing | smb2.CapabilityLargeMTU | smb2.CapabilityPersistentHandles |
		smb2.CapabilityDirectoryLeasing | smb2.CapabilityEncryption | smb2.CapabilityMultiChannel
}

// agree holds the server's answer against what was offered.
func (c *Conn) agree(element []byte, preauth crypt.PreauthHash) error {
	r, err := smb2.ParseNegotiateResponse(element)
	if err != nil {
		return err
	}
	switch {
	case !c.options.offers(r.Dialect):
		return violation("dialect %v, which was not offered", r.Dialect)
	case min(r.MaxTransactSize, r.MaxReadSize, r.MaxWriteSize) < minTransfer:
		return violation("sizes %d, %d and %d, less than %d", r.MaxTransactSize, r.MaxReadSize, r.MaxWriteSize, minTransfer)
	}
	suite := crypt.Suite{Dialect: r.Dialect}
	switch {
	case r.Dialect >= smb2.Dialect311:
		if err := c.options.choice(&suite, &r, element); err != nil {
			return err
		}
	case r.Dialect >= smb2.Dialect30:
		suite.Signing = crypt.AESCMAC
		if r.Capabilities.Has(smb2.CapabilityEncryption) {
			suite.Cipher = crypt.AES128CCM
		}
	}
	if c.options.Encrypt && suite.Cipher == crypt.NoCipher {
		return violation("no cipher, and encryption is wanted")
	}
	hint, err := r.Security(element)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.suite, c.preauth = suite, preauth
	c.server = serverHello{r.ServerGUID, r.SecurityMode, r.Capabilities, slices.Clone(hint)}
	c.limits = c.clamp(&r)
	return nil
}

// clamp makes limits of the server's numbers: ours, the transport's, and one
// credit's worth where there is no more than one for a request.
func (c *Conn) clamp(r *smb2.NegotiateResponse) Limits {
	most := uint32(maxTransfer)
	if !r.Capabilities.Has(smb2.CapabilityLargeMTU) {
		most = minTransfer
	}
	return Limits{
		MaxTransact: min(r.MaxTransactSize, most, c.room()),
		MaxRead:     min(r.MaxReadSize, most, max(c.inline(smb2.CommandRead), c.maxPlaced)),
		MaxWrite:    min(r.MaxWriteSize, most, max(c.room(), c.maxPlaced)),
	}
}

// room is how much data a message can carry to the server.
func (c *Conn) room() uint32 {
	return uint32(max(c.maxSend-crypt.TransformSize-smb2.WriteRequestBuffer, 0))
}
