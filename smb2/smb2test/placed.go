package smb2test

import (
	"errors"
	"fmt"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A Placing says how a client asks for RDMA.
type Placing struct {
	Channel smb2.Channel
	Pieces  []int // lengths of the buffers, for one descriptor each; all in one when empty
}

// A Buffer is memory of a client that the server can reach.
type Buffer struct {
	Bytes     []byte
	exposures []transports.Exposure
}

// Expose makes n bytes, in pieces, reachable. The pieces together hold at
// least n.
func (c *Client) Expose(b []byte, pieces []int, right transports.Right) (*Buffer, error) {
	p, ok := c.Conn.(transports.Placer)
	if !ok {
		return nil, errors.New("smb2test: the connection cannot place")
	}
	if len(pieces) == 0 {
		pieces = []int{len(b)}
	}
	buf := &Buffer{Bytes: b}
	for _, n := range pieces {
		n = min(n, len(b))
		e, err := p.Expose(b[:n:n], right)
		if err != nil {
			return nil, err
		}
		buf.exposures = append(buf.exposures, e)
		b = b[n:]
	}
	return buf, nil
}

// Descriptors are the buffer's, as they go into a request.
func (b *Buffer) Descriptors() (info []byte) {
	for _, e := range b.exposures {
		info = smb2.BufferDescriptor(e.Descriptor()).AppendBody(info)
	}
	return info
}

// Revoke takes the buffer out of the server's reach.
func (b *Buffer) Revoke() {
	for _, e := range b.exposures {
		e.Revoke()
	}
}

// ReadPlacedRequest is a READ request for n bytes with channel information.
func (c *Client) ReadPlacedRequest(offset uint64, n uint32, ch smb2.Channel, info []byte) []byte {
	q := smb2.ReadRequest{Length: n, Offset: offset, Padding: 0x50, Channel: ch,
		ChannelInfoOffset: smb2.ReadRequestBuffer, ChannelInfoLength: uint16(len(info))}
	return append(q.AppendBody(c.Header(smb2.CommandRead, Charge(int(n)))), info...)
}

// ReadPlaced reads into exposed memory, and checks what came with the reply.
func (c *Client) ReadPlaced(offset uint64, n uint32, how Placing) ([]byte, smb2.Status, error) {
	buf, err := c.Expose(make([]byte, n), how.Pieces, transports.Writable)
	if err != nil {
		return nil, 0, err
	}
	defer buf.Revoke()
	r, err := c.Ask(c.ReadPlacedRequest(offset, n, how.Channel, buf.Descriptors()))
	if err != nil {
		return nil, 0, err
	}
	if err := checkToken(r, buf, how.Channel); err != nil {
		return nil, r.Status(), err
	}
	if !r.Status().HasData() {
		return nil, r.Status(), nil
	}
	res, err := smb2.ParseReadResponse(r.Header)
	if err != nil {
		return nil, r.Status(), err
	}
	if res.DataLength != 0 || res.DataRemaining > n || len(r.Header) != smb2.ReadResponseBuffer {
		return nil, r.Status(), fmt.Errorf("smb2test: placed READ is answered by %+v in %d bytes", res, len(r.Header))
	}
	return buf.Bytes[:res.DataRemaining], r.Status(), nil
}

// WritePlacedRequest is a WRITE request for n bytes with channel information.
func (c *Client) WritePlacedRequest(offset uint64, n uint32, ch smb2.Channel, info []byte) []byte {
	q := smb2.WriteRequest{Offset: offset, Channel: ch, RemainingBytes: n,
		ChannelInfoOffset: smb2.WriteRequestBuffer, ChannelInfoLength: uint16(len(info))}
	return append(q.AppendBody(c.Header(smb2.CommandWrite, Charge(int(n)))), info...)
}

// WritePlaced writes from exposed memory, and checks what came with the reply.
func (c *Client) WritePlaced(offset uint64, data []byte, how Placing) (uint32, smb2.Status, error) {
	buf, err := c.Expose(data, how.Pieces, transports.Readable)
	if err != nil {
		return 0, 0, err
	}
	defer buf.Revoke()
	r, err := c.Ask(c.WritePlacedRequest(offset, uint32(len(data)), how.Channel, buf.Descriptors()))
	if err != nil {
		return 0, 0, err
	}
	if err := checkToken(r, buf, how.Channel); err != nil {
		return 0, r.Status(), err
	}
	return written(r, nil)
}

// checkToken holds a final reply to [MS-SMB2] 3.3.5.12 and 3.3.5.13: the first
// descriptor's token, when it was asked for.
func checkToken(r *Reply, b *Buffer, ch smb2.Channel) error {
	refused := r.Status() == smb2.StatusInvalidParameter
	want := ch == smb2.ChannelV1Invalidate && !refused
	first := b.exposures[0].Descriptor().Token
	if r.Invalidates != want || want && r.Token != first {
		return fmt.Errorf("smb2test: reply invalidates %v %#x, want %v %#x", r.Invalidates, r.Token, want, first)
	}
	return nil
}
