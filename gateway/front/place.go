package front

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/transports"
)

// prepareRead checks a READ, [MS-SMB2] 3.3.5.12, and makes one that asks for
// RDMA an ordinary one: the answer will be placed.
func (c *conn) prepareRead(r *request) smb2.Status {
	q, err := smb2.ParseReadRequest(r.Element)
	switch {
	case err != nil:
		return smb2.StatusInvalidParameter
	case q.Channel == smb2.ChannelNone && q.Length > c.inline:
		return smb2.StatusInvalidParameter
	}
	if q.Channel == smb2.ChannelNone {
		c.countInline(r, q.Length)
		return 0
	}
	info, err := q.ChannelInfo(r.Element)
	if err != nil {
		return smb2.StatusInvalidParameter
	}
	if s := c.placeable(r, q.Channel, q.Length, info); s != 0 {
		return s
	}
	q.Channel, q.RemainingBytes, q.ChannelInfoOffset, q.ChannelInfoLength = 0, 0, 0, 0
	q.AppendBody(r.Element[:smb2.HeaderSize])
	return 0
}

// prepareWrite checks a WRITE, [MS-SMB2] 3.3.5.13. One that asks for RDMA gets a
// new message, to be filled from the client's memory.
func (c *conn) prepareWrite(r *request) (pulling bool, s smb2.Status) {
	q, err := smb2.ParseWriteRequest(r.Element)
	if err != nil {
		return false, smb2.StatusInvalidParameter
	}
	if q.Channel == smb2.ChannelNone {
		if _, err := q.Data(r.Element); err != nil {
			return false, smb2.StatusInvalidParameter
		}
		c.countInline(r, q.Length)
		return false, 0
	}
	info, err := q.ChannelInfo(r.Element)
	if err != nil || q.Length != 0 || q.DataOffset != 0 {
		return false, smb2.StatusInvalidParameter
	}
	n := q.RemainingBytes
	if s := c.placeable(r, q.Channel, n, info); s != 0 {
		return false, s
	}
	m := c.Arena.New(smb2.WriteRequestBuffer + int(n))
	q.DataOffset, q.Length = smb2.WriteRequestBuffer, n
	q.Channel, q.RemainingBytes, q.ChannelInfoOffset, q.ChannelInfoLength = 0, 0, 0, 0
	b := q.AppendBody(append(m.Bytes()[:0], r.head[:]...))
	smb2.Header(b).SetNextCommand(0)
	r.Message.Release()
	r.Message, r.Element = m, m.Bytes()
	r.cost += int64(n)
	return true, 0
}

// placeable checks the client's descriptors and notes them, [MS-SMB2] 3.3.5.12
// and 3.3.5.13. Where encryption is demanded nothing crosses the leg beside it.
func (c *conn) placeable(r *request, ch smb2.Channel, n uint32, info []byte) smb2.Status {
	switch {
	case c.placer == nil, n == 0, n > c.place,
		ch != smb2.ChannelV1 && ch != smb2.ChannelV1Invalidate,
		ch == smb2.ChannelV1 && c.terms.suite.Dialect < smb2.Dialect30,
		ch == smb2.ChannelV1Invalidate && c.terms.suite.Dialect < smb2.Dialect302,
		len(info) == 0, len(info)%smb2.DescriptorSize != 0,
		len(info)/smb2.DescriptorSize > smb2.MaxDescriptors:
		return smb2.StatusInvalidParameter
	case r.channel.encrypt || r.at.encrypt:
		c.tally.inline[refused]++
		return smb2.StatusAccessDenied
	}
	r.to = r.to[:0]
	for ; len(info) > 0; info = info[smb2.DescriptorSize:] {
		r.to = append(r.to, transports.Descriptor(smb2.DescriptorAt(info)))
	}
	if transports.CheckDescriptors(r.to, int(n)) != nil {
		return smb2.StatusInvalidParameter
	}
	r.placed, r.invalidate = true, ch == smb2.ChannelV1Invalidate
	return 0
}

// pull fills a WRITE from the client's memory. Alone, it comes back by c.pulled;
// an element of a compound is waited for, to keep its place in the chain.
func (c *conn) pull(r *request) (ready bool) {
	dst := r.Element[smb2.WriteRequestBuffer:]
	if r.compound == nil {
		r.chain = 0
		c.placer.Pull(dst, r.to, (*pulling)(r))
		return false
	}
	done := make(arrival, 1)
	c.placer.Pull(dst, r.to, done)
	if err := <-done; err != nil {
		c.refuse(r, smb2.StatusUnexpectedNetworkError)
		return false
	}
	c.mu.Lock()
	c.countPulled(r)
	c.mu.Unlock()
	return true
}

// countPulled notes a WRITE whose payload has come by RDMA. c.mu is held.
func (c *conn) countPulled(r *request) {
	c.tally.placedWrites++
	c.tally.pulled += uint64(len(r.Element) - smb2.WriteRequestBuffer)
}

// pulling is the end of a transfer that nobody waits for. The channel holds as
// many as there can be.
type pulling request

func (p *pulling) Done(err error) {
	p.pullErr = err
	p.c.pulled <- (*request)(p)
}

// arrival is the end of a transfer that is waited for.
type arrival chan error

func (a arrival) Done(err error) { a <- err }

var (
	_ transports.Done = (*pulling)(nil)
	_ transports.Done = (arrival)(nil)
)

// servePulled gives WRITEs to their trees when their payload has come.
func (c *conn) servePulled() {
	for r := range c.pulled {
		if r.pullErr != nil {
			c.refuse(r, smb2.StatusUnexpectedNetworkError)
			continue
		}
		c.mu.Lock()
		r.served = true
		c.countPulled(r)
		c.mu.Unlock()
		c.give(r.at, r.self())
	}
}

// deliver turns the answer to a READ into one whose payload is placed before
// it. It owns m; o keeps it as long as the transfer lasts.
func (c *conn) deliver(r *request, m *transports.Message, o *outgoing) *transports.Message {
	q, err := smb2.ParseReadResponse(m.Bytes())
	var data []byte
	if err == nil {
		data, err = q.Data(m.Bytes())
	}
	if err != nil || transports.CheckDescriptors(r.to, len(data)) != nil || len(data) > int(c.place) {
		m.Release()
		return c.failure(smb2.StatusInternalError)
	}
	out := c.Arena.NewWithHeadroom(smb2.ReadResponseBuffer, transports.Headroom+crypt.TransformSize)
	status := smb2.Header(m.Bytes()).Status()
	p := smb2.ReadResponse{DataOffset: smb2.ReadResponseBuffer, DataRemaining: uint32(len(data))}
	smb2.Header(p.AppendBody(blank(out))).SetStatus(status)
	if len(data) == 0 {
		m.Release()
		return out
	}
	o.push = c.newPush(m, data, r.to)
	return out
}

// A push is the payload of a READ on its way to the client. Records are reused.
type push struct {
	c    *conn
	from *transports.Message // that data lies in
	data []byte
	to   []transports.Descriptor
	next *push // in conn.pushes
}

func (c *conn) newPush(from *transports.Message, data []byte, to []transports.Descriptor) *push {
	c.mu.Lock()
	p := c.pushes
	if p != nil {
		c.pushes = p.next
	}
	c.mu.Unlock()
	if p == nil {
		p = &push{c: c}
	}
	p.from, p.data, p.to, p.next = from, data, append(p.to[:0], to...), nil
	return p
}

// Done ends the transfer, and what it has held.
func (p *push) Done(error) {
	p.from.Release()
	p.from, p.data = nil, nil
	p.c.mu.Lock()
	p.next, p.c.pushes = p.c.pushes, p
	p.c.mu.Unlock()
}

var _ transports.Done = (*push)(nil)
