package gateway

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// An op is a READ or WRITE that is converted, from the client's request to the
// end of its reply. It is made by the reader of requests, belongs to the
// reader of replies once it is inserted in pending, and to the transfer to the
// client once that began. Records are reused.
type op struct {
	pending *pending
	sibling *op // the next one of the same message; idle: the next idle one

	command  smb2.Command // what the client asked
	refused  bool         // a harmless question went in its place: STATUS_INVALID_PARAMETER
	length   uint32       // bytes the client asked for
	minimum  uint32       // READ's MinimumCount, when it was split
	reserved uint32       // bytes held in pending

	// The front leg: the client's descriptors, when it asked for placement.
	served     bool
	to         []transports.Descriptor
	invalidate bool // the reply retires the first descriptor's token
	pulling    bool
	pulled     chan error // one slot: the end of the transfer from the client

	// The back leg. parts has one entry unless the request was split, and is
	// not grown after insert: pending points into it.
	placed  bool
	data    *transports.Message // holds what is exposed: READ with room for a header in front
	parts   []part
	left    int                 // parts without a final reply
	credits uint32              // of replies that the client does not see
	reply   *transports.Message // split: part 0's final reply
	element []byte              // in reply

	moving *transports.Message // holds what is on its way to the client
	moved  uint32              // bytes of it
}

// A part is one request of our own on the back leg.
type part struct {
	id       smb2.MessageID
	op       *op
	next     *part // in pending's bucket
	exposure transports.Exposure
	offset   uint32 // in the operation's payload
	length   uint32
	request  *transports.Message // split: waits to be sent
	status   smb2.Status         // of its final reply
	count    uint32              // bytes it moved
}

func newOp(t *pending) *op {
	return &op{pending: t, pulled: make(chan error, 1), parts: make([]part, 0, 1)}
}

// add appends a part.
func (o *op) add(id smb2.MessageID, offset, length uint32) *part {
	o.parts = append(o.parts, part{id: id, op: o, offset: offset, length: length})
	o.left++
	return &o.parts[len(o.parts)-1]
}

// release gives back all memory that o holds. What is exposed is revoked first.
func (o *op) release() {
	for i := range o.parts {
		p := &o.parts[i]
		p.revoke()
		p.request = drop(p.request)
	}
	o.data, o.reply, o.moving = drop(o.data), drop(o.reply), drop(o.moving)
	o.element = nil
}

// reset makes o ready for reuse, keeping its slices and its channel.
func (o *op) reset() {
	clear(o.parts)
	*o = op{pending: o.pending, pulled: o.pulled, to: o.to[:0], parts: o.parts[:0]}
}

// revoke ends the backend's access.
func (p *part) revoke() {
	if p.exposure != nil {
		p.exposure.Revoke()
		p.exposure = nil
	}
}

func drop(m *transports.Message) *transports.Message {
	if m != nil {
		m.Release()
	}
	return nil
}

// A pull is the end of a transfer from the client.
type pull op

func (p *pull) Done(err error) { p.pulled <- err }

// A push is the end of a transfer to the client, and of its operation.
type push op

func (p *push) Done(err error) { p.pending.pushed((*op)(p), err) }

var (
	_ transports.Done = (*pull)(nil)
	_ transports.Done = (*push)(nil)
)
