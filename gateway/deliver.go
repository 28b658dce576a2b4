package gateway

import (
	"errors"
	"fmt"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// forward sends what requests has queued, in order, each once its data is here.
func (v *converter) forward(ends chan<- end) {
	over := false
	for b := range v.queue {
		if over {
			v.discard(b)
		} else if e := v.deliver(b); e != nil {
			ends <- *e
			over = true
		}
		v.queued.Add(-1)
	}
}

// waits says that data for b is still to come from the client.
func (b *batch) waits() bool {
	for o := b.ops; o != nil; o = o.sibling {
		if o.pulling {
			return true
		}
	}
	return false
}

// wait blocks until all data for b is here, or will not come.
func (b *batch) wait() (err error) {
	for o := b.ops; o != nil; o = o.sibling {
		if o.pulling {
			o.pulling = false
			if e := <-o.pulled; e != nil && err == nil {
				err = e
			}
		}
	}
	return err
}

// discard gives back what will not be sent.
func (v *converter) discard(b batch) {
	b.wait()
	for o := b.ops; o != nil; {
		next := o.sibling
		v.pending.free(o)
		o = next
	}
	drop(b.m)
}

// deliver publishes b's operations and sends it. It owns b; after insert the
// operations belong to the reader of replies, even before anything was sent.
func (v *converter) deliver(b batch) *end {
	if err := b.wait(); err != nil {
		v.discard(b)
		return &end{client, ended, err}
	}
	switch {
	case b.ops == nil:
		return v.send(b.m)
	case b.m == nil:
		return v.deliverParts(b)
	}
	var head [smb2.WriteRequestBuffer]byte
	copy(head[:], b.m.Bytes())
	alone := b.ops.sibling == nil
	if e := v.insert(b); e != nil {
		return e
	}
	err := v.c.back.Send(b.m)
	if _, tooLong := errors.AsType[*transports.MessageSizeError](err); tooLong && alone {
		return v.refuseUnsent(head[:], err)
	}
	return failed(err)
}

// deliverParts is deliver for an operation that was split.
func (v *converter) deliverParts(b batch) *end {
	var list [maxParts]*transports.Message
	n := len(b.ops.parts)
	for i := range b.ops.parts {
		q := &b.ops.parts[i]
		list[i], q.request = q.request, nil
	}
	e := v.insert(b)
	for _, m := range list[:n] {
		if e != nil {
			m.Release()
			continue
		}
		e = v.send(m)
	}
	return e
}

// insert publishes b's operations. A message id that is in use would make two
// requests share one reply: [MS-SMB2] 3.3.5.2.3 has the connection closed.
func (v *converter) insert(b batch) *end {
	id := b.ops.parts[0].id
	if v.pending.insert(b.ops) {
		return nil
	}
	v.discard(b)
	return &end{client, offended, fmt.Errorf("message id %d is used again before its reply, or one of its compound", id)}
}

// refuseUnsent refuses a request whose inline form is longer than the back leg
// takes. Nothing of it was sent.
func (v *converter) refuseUnsent(head []byte, err error) *end {
	o := v.pending.recall(smb2.Header(head).MessageID())
	if o == nil {
		return &end{backend, offended, errUnsent}
	}
	m := v.arena.New(smb2.QueryInfoRequestLength)
	putHarmless(m.Bytes()[:0], head)
	o.refused = true
	v.unsent[o.command&1].Add(1)
	if e := v.insert(batch{m: m, ops: o}); e != nil {
		return e
	}
	v.c.log.Debug("request refused", "peer", v.c.peer, "command", smb2.Header(head).Command(), "error", err)
	return v.send(m)
}

var errUnsent = errors.New("reply to a request that was not sent")

func (v *converter) send(m *transports.Message) *end { return failed(v.c.back.Send(m)) }

// failed is the end that an error of sending to the backend means.
func failed(err error) *end {
	if err == nil {
		return nil
	}
	e := sendFailed(client, err)
	return &e
}
