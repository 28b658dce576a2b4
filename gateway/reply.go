package gateway

import (
	"context"

	"errors"
	"fmt"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// An answer is what becomes of one element of the backend's message.
type answer struct {
	element []byte // as it came; its header is the client's reply's too
	hidden  bool   // the client does not see it
	op      *op    // nil: it passes as it is. Otherwise its last reply is here

	status smb2.Status         // when not 0: becomes an error with this status
	data   []byte              // when not nil: READ's payload, in holder
	holder *transports.Message // one reference of ours
}

// replies reads the backend.
func (v *converter) replies(ctx context.Context) end {
	for {
		v.c.out.pace(ctx)
		m, err := v.c.back.Receive()
		if err != nil {
			return end{backend, ended, err}
		}
		m.Invalidates = false // a token of ours, if any: nothing to the client
		v.c.gate.see(m.Bytes())
		if e := v.reply(m); e != nil {
			return *e
		}
	}
}

// reply turns a message of the backend into what the client gets. It owns m.
func (v *converter) reply(m *transports.Message) *end {
	if smb2.KindOf(m.Bytes()) != smb2.KindSMB2 {
		return v.sendFront(m)
	}
	e := v.settleAll(m)
	switch {
	case e != nil:
		v.abandon(v.answers)
		m.Release()
		return e
	case len(v.answers) == 1:
		return v.answerOne(m, v.answers[0])
	case converted(v.answers):
		return v.answerCompound(m, v.answers)
	}
	return v.sendFront(m)
}

func converted(list []answer) bool {
	for i := range list {
		if list[i].op != nil || list[i].hidden {
			return true
		}
	}
	return false
}

// settleAll fills v.answers with the message's elements, or leaves it empty
// when it is no proper compound: then it is for the client to judge.
func (v *converter) settleAll(m *transports.Message) *end {
	v.answers = v.answers[:0]
	n := 0
	for rest := m.Bytes(); len(rest) > 0; n++ {
		_, after, err := smb2.Split(rest)
		if err != nil {
			return nil
		}
		rest = after
	}
	if n > maxElements {
		return &end{backend, offended, fmt.Errorf("compound of %d replies, limit %d", n, maxElements)}
	}
	for rest := m.Bytes(); len(rest) > 0; {
		element, after, _ := smb2.Split(rest)
		a, e := v.settle(element, m)
		if e != nil {
			return e
		}
		v.answers = append(v.answers, a)
		rest = after
	}
	return nil
}

// settle finds what an element answers and decides what becomes of it.
func (v *converter) settle(element []byte, m *transports.Message) (a answer, e *end) {
	h := smb2.Header(element)
	a.element = element
	if !h.Has(smb2.FlagReply) {
		return a, nil
	}
	v.observe(h)
	p, hide, err := v.pending.claim(h)
	if err != nil {
		return a, &end{backend, offended, err}
	}
	a.hidden = hide
	if p == nil {
		return a, nil
	}
	o := p.op
	p.revoke() // before anything of what it exposed is looked at
	p.status = h.Status()
	data, err := o.check(p, element, smb2.Dialect(v.dialect.Load()))
	if err != nil {
		if o.left == 0 {
			v.pending.free(o)
		}
		return a, &end{backend, offended, err}
	}
	if len(o.parts) > 1 {
		if !o.keep(p, element, m) {
			a.hidden = true
			return a, nil
		}
		return v.finishSplit(o), nil
	}
	a.op = o
	switch {
	case o.refused:
		a.status = smb2.StatusInvalidParameter
	case len(data) > 0 && o.served:
		a.data, a.holder = data, m.Retain()
	case o.placed && p.count > 0 && o.command == smb2.CommandRead:
		a.data = o.data.Bytes()[smb2.ReadResponseBuffer:][:p.count]
		a.holder, o.data = o.data, nil
	}
	return a, nil
}

// observe learns the dialect and which trees are pipes. Replies are seen
// before the client sees them, so it cannot act on them earlier than we do.
func (v *converter) observe(h smb2.Header) {
	switch h.Command() {
	case smb2.CommandNegotiate:
		r, err := smb2.ParseNegotiateResponse(h)
		if err == nil && h.Status() == smb2.StatusSuccess {
			v.dialect.Store(uint32(r.Dialect))
		}
	case smb2.CommandTreeConnect, smb2.CommandTreeDisconnect, smb2.CommandLogoff:
		v.pipes.observe(h)
	}
}

// claim finds the part that a reply belongs to and, when it is the final one,
// takes it out. Interim replies pass when they are to the message id that the
// client used, and else are hidden: the client knows nothing of parts.
func (t *pending) claim(h smb2.Header) (p *part, hide bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.parts == 0 {
		return nil, false, nil
	}
	id := h.MessageID()
	p = t.at(id)
	if p == nil {
		return nil, false, nil
	}
	o := p.op
	want := o.command
	if o.refused {
		want = smb2.CommandQueryInfo
	}
	if h.Command() != want {
		return nil, false, fmt.Errorf("message id %d was %v and is answered as %v", id, want, h.Command())
	}
	if h.Status() == smb2.StatusPending {
		if o.refused {
			h.SetCommand(o.command)
		}
		if p != &o.parts[0] {
			o.credits += uint32(h.Credits())
			return nil, true, nil
		}
		return nil, false, nil
	}
	t.unlink(id)
	o.left--
	return p, false, nil
}

// check holds the final reply to a part against what was asked. data is a
// READ's payload when it came in the message.
func (o *op) check(p *part, element []byte, d smb2.Dialect) (data []byte, err error) {
	switch {
	case o.refused:
	case o.command == smb2.CommandRead && p.status.HasData():
		return o.checkRead(p, element, d)
	case o.command == smb2.CommandWrite && p.status == smb2.StatusSuccess:
		w, err := smb2.ParseWriteResponse(element)
		if err != nil {
			return nil, err
		}
		if p.count = w.Count; w.Count > p.length {
			return nil, fmt.Errorf("WRITE of %d bytes is answered as %d", p.length, w.Count)
		}
	}
	return nil, nil
}

// checkRead accepts data in the message where it was to be placed: ksmbd does
// so on pipes.
func (o *op) checkRead(p *part, element []byte, d smb2.Dialect) ([]byte, error) {
	r, err := smb2.ParseReadResponse(element)
	if err != nil {
		return nil, err
	}
	data, err := r.Data(element)
	if err != nil {
		return nil, err
	}
	if o.placed {
		p.count = r.DataRemaining
	}
	switch {
	case r.DataLength > p.length, p.count > p.length:
		return nil, fmt.Errorf("READ of %d bytes is answered as %d and %d placed", p.length, r.DataLength, r.DataRemaining)
	case p.count > 0 && r.DataLength > 0:
		return nil, errors.New("READ is answered both in the message and beside it")
	case len(o.parts) > 1 && r.DataLength > 0:
		return nil, errors.New("a part of a READ is answered in the message")
	case p.count > 0 && d >= smb2.Dialect311 && r.Flags&smb2.ReadResponseTransform != 0:
		return nil, errors.New("READ is answered with a transform that was not asked for")
	}
	return data, nil
}
