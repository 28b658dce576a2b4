package gateway

import (
	"errors"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// answerOne sends the client the reply of a message with one element. It owns
// m.
func (v *converter) answerOne(m *transports.Message, a answer) *end {
	o := a.op
	switch {
	case a.hidden:
		m.Release()
		return nil
	case o == nil:
		return v.sendFront(m)
	}
	token, invalidates := o.token()
	out := m
	switch {
	case a.status != 0:
		out = v.arena.New(smb2.ErrorResponseLength)
		putError(out.Bytes()[:0], &a)
	case a.data == nil && o.reply != nil: // split: the client's reply is part 0's, not the last one
		out = v.arena.New(len(a.element))
		copy(out.Bytes(), a.element)
		smb2.Header(out.Bytes()).SetNextCommand(0)
	case a.data == nil:
	case o.served:
		out = v.arena.New(smb2.ReadResponseBuffer)
		putRead(out.Bytes()[:0], &a)
		if e := v.push(&a); e != nil {
			out.Release()
			m.Release()
			return e
		}
		o = nil // ended, or about to be, by the transfer
	default:
		out = a.holder // with room for the header in front of the data
		putRead(out.Bytes()[:0], &a)
		out.Resize(smb2.ReadResponseBuffer + len(a.data))
	}
	if o != nil {
		v.pending.free(o)
	}
	if out != m {
		m.Release()
	}
	out.Invalidate, out.Invalidates = token, invalidates
	return v.sendFront(out)
}

// answerCompound sends the client a message of several elements, some of them
// in a new form. Data that the client gets inline is copied: compounds of READ
// are rare and small. It owns m.
func (v *converter) answerCompound(m *transports.Message, list []answer) *end {
	defer m.Release()
	size, last := 0, -1
	for i := range list {
		if a := &list[i]; !a.hidden {
			n := a.newLength()
			size += n + smb2.Pad(n)
			last = i
		}
	}
	if last < 0 {
		v.abandon(list)
		return nil
	}
	if size > transports.MaxMessage {
		v.abandon(list)
		return &end{backend, offended, &transports.MessageSizeError{Size: size, Limit: transports.MaxMessage}}
	}
	out := v.arena.New(size)
	b := out.Bytes()[:0]
	for i := range list {
		a := &list[i]
		if a.hidden {
			continue
		}
		if a.op != nil && !out.Invalidates { // a message carries one token, [MS-SMBD] 3.1.5.1
			out.Invalidate, out.Invalidates = a.op.token()
		}
		start := len(b)
		b = a.put(b)
		next := 0
		if i != last {
			for n := smb2.Pad(len(b) - start); n > 0; n-- {
				b = append(b, 0)
			}
			next = len(b) - start
		}
		if h := smb2.Header(b[start:]); h.NextCommand() != uint32(next) {
			h.SetNextCommand(uint32(next))
		}
		if e := v.finish(a); e != nil {
			v.abandon(list[i+1:])
			out.Release()
			return e
		}
	}
	out.Resize(len(b))
	return v.sendFront(out)
}

// newLength is the element's length in the rebuilt message, without padding.
func (a *answer) newLength() int {
	switch {
	case a.status != 0:
		return smb2.ErrorResponseLength
	case a.data == nil:
		return len(a.element)
	case a.op.served:
		return smb2.ReadResponseBuffer
	}
	return smb2.ReadResponseBuffer + len(a.data)
}

// put appends the element in its new form.
func (a *answer) put(b []byte) []byte {
	switch {
	case a.status != 0:
		return putError(b, a)
	case a.data == nil:
		return append(b, a.element...)
	case a.op.served:
		return putRead(b, a)
	}
	return append(putRead(b, a), a.data...)
}

// finish ends the operation of an element that has been put, or hands it over
// to the transfer of its data.
func (v *converter) finish(a *answer) *end {
	switch {
	case a.op == nil:
		return nil
	case a.data != nil && a.op.served:
		return v.push(a)
	}
	drop(a.holder)
	v.pending.free(a.op)
	return nil
}

// abandon gives back what answers hold that will not be sent.
func (v *converter) abandon(list []answer) {
	for i := range list {
		if a := &list[i]; a.op != nil {
			drop(a.holder)
			v.pending.free(a.op)
		}
	}
}

// push sends a READ's payload into the client's memory. The operation is the
// transfer's from here on.
func (v *converter) push(a *answer) *end {
	o, n := a.op, len(a.data)
	if !v.pending.push(uint32(n)) {
		drop(a.holder)
		v.pending.free(o)
		return &end{}
	}
	v.c.out.bytes += uint64(n)
	o.moving, o.moved = a.holder, uint32(n)
	v.front.Push(o.to, a.data, (*push)(o))
	if err := v.pending.failure(); err != nil {
		return &end{client, ended, err}
	}
	return nil
}

// token is what the final reply to o retires, [MS-SMB2] 3.3.5.12, 3.3.5.13:
// the first descriptor's only.
func (o *op) token() (token uint32, invalidates bool) {
	if !o.served || !o.invalidate {
		return 0, false
	}
	return o.to[0].Token, true
}

// putHeader appends the reply's header. Its signature does not hold for what
// follows; a client that asks for RDMA does not want one.
func putHeader(b []byte, a *answer) []byte {
	start := len(b)
	b = append(b, a.element[:smb2.HeaderSize]...)
	h := smb2.Header(b[start:])
	h.SetCommand(a.op.command)
	h.SetNextCommand(0)
	if h.Has(smb2.FlagSigned) {
		h.SetFlags(h.Flags() &^ smb2.FlagSigned)
		h.ClearSignature()
	}
	return b
}

// putRead appends the head of a READ response: for data behind it, or beside.
func putRead(b []byte, a *answer) []byte {
	r := smb2.ReadResponse{DataOffset: smb2.ReadResponseBuffer}
	if a.op.served {
		r.DataRemaining = uint32(len(a.data))
	} else {
		r.DataLength = uint32(len(a.data))
	}
	return r.AppendBody(putHeader(b, a))
}

func putError(b []byte, a *answer) []byte {
	start := len(b)
	b = putHeader(b, a)
	smb2.Header(b[start:]).SetStatus(a.status)
	return append(new(smb2.ErrorResponse).AppendBody(b), 0)
}

// sendFront sends m to the client. A READ's reply that is longer than the
// client's leg takes becomes an error: it asked for more than it can have.
func (v *converter) sendFront(m *transports.Message) *end {
	n := m.Len()
	var head [smb2.HeaderSize]byte
	copy(head[:], m.Bytes())
	err := v.c.front.Send(m)
	if err == nil {
		v.c.out.bytes += uint64(n)
		return nil
	}
	if _, tooLong := errors.AsType[*transports.MessageSizeError](err); tooLong && n > smb2.ErrorResponseLength && readAlone(head[:]) {
		out := v.arena.New(smb2.ErrorResponseLength)
		putError(out.Bytes()[:0], &answer{
			element: head[:],
			op:      &op{command: smb2.CommandRead},
			status:  smb2.StatusInvalidParameter,
		})
		return v.sendFront(out)
	}
	e := sendFailed(backend, err)
	return &e
}

// readAlone says that head begins an unsigned reply to READ and nothing else.
func readAlone(head smb2.Header) bool {
	return smb2.KindOf(head) == smb2.KindSMB2 && head.Command() == smb2.CommandRead &&
		head.NextCommand() == 0 && !head.Has(smb2.FlagSigned)
}
