package front

import (
	"errors"
	"fmt"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/transports"
)

// Why a client is disconnected without an answer, besides what parsers and
// ciphers say.
var (
	errNotNegotiated = errors.New("not negotiated yet")
	errNegotiated    = errors.New("negotiated twice")
	errKind          = errors.New("a message of an unknown kind")
	errSealed        = errors.New("a sealed message of no session that has keys")
	errForeign       = errors.New("a sealed message with an element of another session")
	errTooLong       = errors.New("a message longer than its command may be")
	errReply         = errors.New("a response from a client")
	errCommand       = errors.New("a command that does not exist")
	errProbes        = errors.New("more ECHOs than anybody needs who has not logged in")
)

// receive looks at one message and answers it, or gives it away. It owns m. An
// error disconnects, [MS-SMB2] 3.3.5.2.
func (c *conn) receive(m *transports.Message) error {
	defer m.Release()
	c.open()
	defer c.close()
	m.Invalidates = false
	c.tally.in += uint64(m.Len())
	if m.Len() > c.terms.limit {
		return &transports.MessageSizeError{Size: m.Len(), Limit: c.terms.limit, Remote: true}
	}
	b := m.Bytes()
	switch smb2.KindOf(b) {
	case smb2.KindSMB1:
		c.tally.requests++
		return c.multiProtocol(b)
	case smb2.KindTransform:
		return c.unseal(m)
	case smb2.KindSMB2:
		return c.split(m, b, nil)
	}
	return errKind // compression is never negotiated
}

// unseal opens a sealed message, [MS-SMB2] 3.3.5.2.1.1.
func (c *conn) unseal(m *transports.Message) error {
	id, err := crypt.SealedFor(m.Bytes())
	if err != nil {
		return err
	}
	s := c.channel(id)
	if s == nil || s.opener == nil {
		return errSealed
	}
	b, err := s.opener.Open(m.Bytes())
	if err != nil {
		return err
	}
	if smb2.KindOf(b) != smb2.KindSMB2 {
		return errKind
	}
	return c.split(m, b, s)
}

// split takes a message apart. All of its elements are looked at before the
// first is acted on.
func (c *conn) split(m *transports.Message, b []byte, sealed *channel) (err error) {
	c.elements, err = smb2.Elements(c.elements[:0], b)
	if err != nil {
		return err
	}
	for i, e := range c.elements {
		if err := c.admit(e, i, sealed); err != nil {
			return fmt.Errorf("%v: %w", smb2.Header(e).Command(), err)
		}
	}
	c.tally.requests += uint64(len(c.elements))
	if len(c.elements) == 1 {
		return c.one(c.take(m, c.elements[0], sealed))
	}
	return c.all(m, sealed)
}

// admit checks what disconnects if it is wrong, and takes the element's message
// ids.
func (c *conn) admit(e []byte, i int, sealed *channel) error {
	h := smb2.Header(e)
	switch cmd := h.Command(); {
	case cmd >= smb2.CommandServerToClient && i == 0: // 3.3.5.2.6; behind others step refuses it
		return errCommand
	case h.Has(smb2.FlagReply):
		return errReply
	case c.terms.suite.Dialect == 0 && cmd != smb2.CommandNegotiate: // 3.3.5.2.2
		return errNotNegotiated
	case cmd == smb2.CommandNegotiate && (c.terms.suite.Dialect != 0 || len(c.elements) > 1): // 3.3.5.4
		return errNegotiated
	case len(e) > singleMessage && !(c.multiCredit() && isLong(cmd)): // 3.3.5.2
		return errTooLong
	}
	if sealed != nil && !(i > 0 && h.Has(smb2.FlagRelated)) && h.SessionID() != sealed.id {
		return errForeign
	}
	if sealed != nil && i == 0 && h.Has(smb2.FlagRelated) {
		return errForeign
	}
	if h.Command() == smb2.CommandCancel {
		return nil
	}
	charge := h.CreditCharge()
	if !c.multiCredit() {
		charge = 1
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.window.Take(h.MessageID(), charge)
}

// isLong says which commands may cost more than one credit, [MS-SMB2] 3.3.5.2.
func isLong(cmd smb2.Command) bool {
	switch cmd {
	case smb2.CommandRead, smb2.CommandWrite, smb2.CommandIoctl, smb2.CommandQueryDirectory,
		smb2.CommandChangeNotify, smb2.CommandQueryInfo, smb2.CommandSetInfo:
		return true
	}
	return false
}

// one serves a request that is alone.
func (c *conn) one(r *request) error {
	var at place
	ready, err := c.step(r, &at)
	switch {
	case err != nil:
		c.abandon(r)
		return err
	case ready:
		c.give(r.at, r.self())
	}
	return nil
}

// all serves a compound: its elements in order, those that follow each other in
// one tree as a chain, [MS-SMB2] 3.3.5.2.7.
func (c *conn) all(m *transports.Message, sealed *channel) error {
	k := newCompound(len(c.elements))
	var at place
	var chain []*tree.Request
	var in *branch
	for i, e := range c.elements {
		r := c.take(m, e, sealed)
		r.compound, r.index = k, i
		if related := r.header().Has(smb2.FlagRelated); len(chain) > 0 && (!related || isLocal(e)) {
			c.give(in, chain)
			chain = nil
		}
		at.chained = len(chain) > 0
		ready, err := c.step(r, &at)
		switch {
		case err != nil:
			c.abandon(r)
			if len(chain) > 0 {
				c.give(in, chain)
			}
			return err
		case !ready:
		case len(chain) > 0 && in == r.at:
			follow(e)
			chain = append(chain, &r.Request)
		default:
			if len(chain) > 0 {
				c.give(in, chain)
			}
			chain, in = []*tree.Request{&r.Request}, r.at
		}
	}
	if len(chain) > 0 {
		c.give(in, chain)
	}
	return nil
}

// follow makes a request about the file of the one before it in its chain, whatever
// the client has written there: some servers look at that and some do not, [MS-SMB2]
// 3.3.5.2.7.2, and who decides about a file must not decide about another.
func follow(e []byte) {
	if smb2.Header(e).Command() != smb2.CommandOplockBreak {
		copy(smb2.FileIDOf(e), smb2.NoFile[:])
	}
}

// give hands a chain over to its tree.
func (c *conn) give(b *branch, chain []*tree.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.share.Server.Serve(chain)
		return
	}
	for _, t := range chain {
		c.refuse(t.Replier.(*request), smb2.StatusNetworkNameDeleted)
	}
}

// abandon takes back a record that gets no answer.
func (c *conn) abandon(r *request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end(r)
	if r.compound != nil {
		r.compound.breakUp(c)
	}
	c.recycle(r)
}
