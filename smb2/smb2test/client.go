package smb2test

import (
	"errors"
	"fmt"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A Client asks one thing at a time, or several with Send and Receive.
type Client struct {
	Conn    transports.Conn
	Arena   *transports.Arena // for its messages
	Session uint64
	Tree    uint32

	// Books: the next message id, and how many the server has granted.
	Next    smb2.MessageID
	Granted uint64

	// Interim counts STATUS_PENDING replies.
	Interim int
}

// NewClient returns a client that has nothing but its first credit.
func NewClient(conn transports.Conn) *Client {
	return &Client{Conn: conn, Arena: new(transports.Arena), Session: 0x11, Tree: 0x22, Granted: 1}
}

// Header returns the header of the next request, which spends charge message
// ids and asks for as many and some more.
func (c *Client) Header(cmd smb2.Command, charge uint16) smb2.Header {
	h := smb2.NewHeader(cmd, c.Next)
	h.SetCreditCharge(charge)
	h.SetCredits(charge + 1)
	h.SetSessionID(c.Session)
	h.SetTreeID(c.Tree)
	c.Next += smb2.MessageID(charge)
	return h
}

// Charge is the CreditCharge of n bytes, [MS-SMB2] 3.1.5.2.
func Charge(n int) uint16 { return uint16(max(1, (n+65535)/65536)) }

// Send sends bytes as they are.
func (c *Client) Send(b []byte) error {
	m := c.Arena.New(len(b))
	copy(m.Bytes(), b)
	return c.Conn.Send(m)
}

// A Reply is what a Client received: one element, and the token that came
// with its message.
type Reply struct {
	smb2.Header        // and its body
	Message     []byte // all of the message
	Token       uint32
	Invalidates bool
}

// Receive returns the first element of the next message. Credits of all its
// elements are entered.
func (c *Client) Receive() (*Reply, error) {
	m, err := c.Conn.Receive()
	if err != nil {
		return nil, err
	}
	defer m.Release()
	r := &Reply{Message: append([]byte(nil), m.Bytes()...), Token: m.Invalidate, Invalidates: m.Invalidates}
	for rest := r.Message; len(rest) > 0; {
		element, after, err := smb2.Split(rest)
		if err != nil {
			return r, err
		}
		if r.Header == nil {
			r.Header = element
		}
		c.Granted += uint64(smb2.Header(element).Credits())
		rest = after
	}
	return r, nil
}

// Final returns the next message that is not an interim reply.
func (c *Client) Final() (*Reply, error) {
	for {
		r, err := c.Receive()
		if err != nil {
			return nil, err
		}
		if r.Status() != smb2.StatusPending {
			return r, nil
		}
		c.Interim++
	}
}

// Ask sends a request and returns its final reply, which must be to it.
func (c *Client) Ask(request []byte) (*Reply, error) {
	h := smb2.Header(request)
	cmd, id := h.Command(), h.MessageID()
	if err := c.Send(request); err != nil {
		return nil, err
	}
	r, err := c.Final()
	if err != nil {
		return nil, err
	}
	if r.Command() != cmd || r.MessageID() != id || !r.Has(smb2.FlagReply) {
		return nil, fmt.Errorf("smb2test: %v %d is answered by %v %d", cmd, id, r.Command(), r.MessageID())
	}
	if c.Granted < uint64(c.Next) {
		return nil, fmt.Errorf("smb2test: %d credits granted, %d spent", c.Granted, c.Next)
	}
	return r, nil
}

// Negotiate offers one dialect and returns what the server chose.
func (c *Client) Negotiate(d smb2.Dialect) (smb2.Dialect, error) {
	n := smb2.NegotiateRequest{Dialects: []smb2.Dialect{d}}
	h := c.Header(smb2.CommandNegotiate, 1)
	h.SetCredits(128)
	r, err := c.Ask(n.AppendBody(h))
	if err != nil {
		return 0, err
	}
	res, err := smb2.ParseNegotiateResponse(r.Header)
	return res.Dialect, err
}

// TreeConnect connects the server's only share.
func (c *Client) TreeConnect() error {
	q := new(smb2.TreeConnectRequest)
	r, err := c.Ask(q.Append(c.Header(smb2.CommandTreeConnect, 1), smb2.AppendUTF16(nil, `\\server\file`)))
	if err == nil && r.Status() != smb2.StatusSuccess {
		err = r.Status()
	}
	return err
}

// ReadRequest is a READ request without channel.
func (c *Client) ReadRequest(offset uint64, n uint32) []byte {
	q := smb2.ReadRequest{Length: n, Offset: offset, Padding: 0x50}
	return append(q.AppendBody(c.Header(smb2.CommandRead, Charge(int(n)))), 0)
}

// Read reads inline.
func (c *Client) Read(offset uint64, n uint32) ([]byte, smb2.Status, error) {
	r, err := c.Ask(c.ReadRequest(offset, n))
	if err != nil || !r.Status().HasData() {
		return nil, status(r), err
	}
	res, err := smb2.ParseReadResponse(r.Header)
	if err == nil && res.DataRemaining != 0 {
		err = errors.New("smb2test: DataRemaining in an inline reply")
	}
	if err != nil {
		return nil, r.Status(), err
	}
	data, err := res.Data(r.Header)
	return data, r.Status(), err
}

func status(r *Reply) smb2.Status {
	if r == nil {
		return 0
	}
	return r.Status()
}

// WriteRequest is a WRITE request without channel.
func (c *Client) WriteRequest(offset uint64, data []byte) []byte {
	q := smb2.WriteRequest{DataOffset: smb2.WriteRequestBuffer, Length: uint32(len(data)), Offset: offset}
	return append(q.AppendBody(c.Header(smb2.CommandWrite, Charge(len(data)))), data...)
}

// Write writes inline.
func (c *Client) Write(offset uint64, data []byte) (uint32, smb2.Status, error) {
	r, err := c.Ask(c.WriteRequest(offset, data))
	return written(r, err)
}

func written(r *Reply, err error) (uint32, smb2.Status, error) {
	if err != nil || r.Status() != smb2.StatusSuccess {
		return 0, status(r), err
	}
	res, err := smb2.ParseWriteResponse(r.Header)
	return res.Count, r.Status(), err
}
