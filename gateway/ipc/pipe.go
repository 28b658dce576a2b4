package ipc

import (
	"bytes"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// An open is a pipe: what a FileID names. The server's lock guards it.
type open struct {
	id     smb2.FileID
	access smb2.Access
	stream bool // read as bytes, not as messages: FilePipeInformation

	association *association
	in          []byte   // the first part of a PDU
	out         [][]byte // PDUs to be read; of the first what is left of it
	over        error    // why there is no association any more
	waiting     []*wait
	counted     int64 // of the service's held
}

// A wait is a request that waits for something to read.
type wait struct {
	request    *tree.Request
	transceive bool
	most       uint32
	cancelled  bool // before it began to wait
	open       *open
}

// unread is what lies in the pipe, in bytes.
func (o *open) unread() (n int) {
	for _, m := range o.out {
		n += len(m)
	}
	return n
}

// size is what the pipe costs.
func (o *open) size() int64 {
	n := openCost + len(o.in) + o.unread()
	if o.association != nil {
		n += len(o.association.pending.stub)
	}
	return int64(n)
}

// write gives data to the association, which answers into the pipe.
func (o *open) write(data []byte) {
	o.in = append(o.in, data...)
	rest := o.in
	for o.over == nil && len(rest) > 0 {
		n, err := o.next(rest)
		if err != nil {
			o.end(err)
			return
		}
		if n == 0 {
			break
		}
		rest = rest[n:]
	}
	o.in = bytes.Clone(rest) // not the array that PDUs have come in
}

// next does the PDU that b begins with, and returns its length, or 0 if it is not
// all there.
func (o *open) next(b []byte) (int, error) {
	if len(b) < headerSize {
		return 0, nil
	}
	h, err := parseHeader(b)
	switch {
	case err != nil:
		return 0, err
	case int(h.length) > o.association.receive:
		return 0, errFragment
	case int(h.length) > len(b):
		return 0, nil
	case o.unread() > maxUnread:
		return 0, errUnread
	}
	answer, err := o.association.step(h, b[:h.length])
	o.out = append(o.out, answer...)
	return int(h.length), err
}

// end is the end of the association. What it has answered can still be read.
func (o *open) end(err error) {
	o.over, o.association, o.in = err, nil, nil
}

// take is the next of what there is to read, at most n bytes: of one message,
// unless the pipe is read as bytes. There is a message.
func (o *open) take(n uint32) ([]byte, smb2.Status) {
	if o.stream {
		return o.takeBytes(int(n)), smb2.StatusSuccess
	}
	m := o.out[0]
	if uint64(len(m)) > uint64(n) {
		o.out[0] = m[n:]
		return m[:n], smb2.StatusBufferOverflow
	}
	o.drop()
	return m, smb2.StatusSuccess
}

func (o *open) takeBytes(n int) (b []byte) {
	for len(o.out) > 0 && len(b) < n {
		m := o.out[0]
		part := min(len(m), n-len(b))
		b = append(b, m[:part]...)
		if o.out[0] = m[part:]; part == len(m) {
			o.drop()
		}
	}
	return b
}

// drop takes the first message out.
func (o *open) drop() {
	o.out[0] = nil
	if o.out = o.out[1:]; len(o.out) == 0 {
		o.out = nil
	}
}
