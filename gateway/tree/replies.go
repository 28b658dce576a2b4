package tree

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// Replies makes the replies of a server that has no other's to pass on. It is
// safe for concurrent use.
type Replies struct {
	Arena *transports.Arena
}

// OutputFixed is more than the fixed part of any reply but CREATE's.
const OutputFixed = 64

// A Body is the fixed part of a reply.
type Body interface{ AppendBody(b []byte) []byte }

// An OutputBody is the body of a reply with one output.
type OutputBody interface{ Append(b, data []byte) []byte }

// Failure is a reply that has no more than a status.
func (p Replies) Failure(r *Request, status smb2.Status) *transports.Message {
	m := p.Arena.New(smb2.ErrorResponseLength)
	smb2.AppendErrorReply(m.Bytes()[:0], r.Header(), status, 0)
	return m
}

// Answer is a reply of a body of at most n bytes.
func (p Replies) Answer(r *Request, n int, b Body) *transports.Message {
	m := p.Arena.New(smb2.HeaderSize + n)
	m.Resize(len(b.AppendBody(smb2.AppendReply(m.Bytes()[:0], r.Header(), smb2.StatusSuccess, 0))))
	return m
}

// Output is a reply with an output.
func (p Replies) Output(r *Request, status smb2.Status, b OutputBody, data []byte) *transports.Message {
	m := p.Arena.New(smb2.HeaderSize + OutputFixed + len(data))
	m.Resize(len(b.Append(smb2.AppendReply(m.Bytes()[:0], r.Header(), status, 0), data)))
	return m
}
