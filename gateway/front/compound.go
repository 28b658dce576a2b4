package front

import "github.com/smbgw/smbgw/smb2"

// A compound is the requests that came in one message. Their answers leave in
// one, [MS-SMB2] 3.3.4.1.3, unless one of them takes a while: then those that
// are there leave first, and the others as they come. conn.mu guards it.
type compound struct {
	answers []outgoing // by index; without a message where there is no answer
	left    int        // without their answer
	size    int64      // bytes of answers
	broken  bool
}

func newCompound(n int) *compound { return &compound{answers: make([]outgoing, n), left: n} }

// put keeps an answer, and sends all when it was the last. c.mu is held.
func (k *compound) put(c *conn, i int, o outgoing) (wake bool) {
	k.answers[i] = o
	k.size += int64(o.size())
	return k.skip(c)
}

// skip counts an element that is done; CANCEL has no answer. c.mu is held.
func (k *compound) skip(c *conn) (wake bool) {
	if k.left--; k.left > 0 {
		return false
	}
	return k.flush(c)
}

// breakUp sends what is there. c.mu is held.
func (k *compound) breakUp(c *conn) (wake bool) {
	if k.broken {
		return false
	}
	k.broken = true
	return k.flush(c)
}

// flush sends the answers that are there in one message; one by one when their
// payload is placed, or when they are too long together. c.mu is held.
func (k *compound) flush(c *conn) (wake bool) {
	size, count, last, placed := 0, 0, 0, false
	for i := range k.answers {
		if o := &k.answers[i]; o.m != nil {
			size += o.m.Len() + smb2.Pad(o.m.Len())
			placed = placed || o.push != nil
			count, last = count+1, i
		}
	}
	switch {
	case count == 0:
		return false
	case count == 1 || placed || size > int(c.inline)+messageSlack:
		return k.scatter(c)
	}
	out := outgoing{m: c.Arena.New(size), each: make([]*channel, 0, count)}
	at := 0
	for i := range k.answers {
		if o := &k.answers[i]; o.m != nil {
			at = out.join(o, at, i != last)
		}
	}
	return c.enqueue(out)
}

// join copies an answer into out, with zeros behind it up to the next or to the
// end, [MS-SMB2] 3.3.4.1.3. It owns the answer's message.
func (out *outgoing) join(o *outgoing, at int, more bool) (next int) {
	b := out.m.Bytes()[at:]
	n := copy(b, o.m.Bytes())
	padded := n + smb2.Pad(n)
	clear(b[n:padded])
	if more {
		smb2.Header(b).SetNextCommand(uint32(padded))
	}
	if o.m.Invalidates && !out.m.Invalidates { // a message carries one token, [MS-SMBD] 3.1.5.1
		out.m.Invalidate, out.m.Invalidates = o.m.Invalidate, true
	}
	var signing *channel
	if o.sign {
		signing = o.channel
	}
	out.each = append(out.each, signing)
	if o.seal {
		out.seal, out.channel = true, o.channel
	}
	o.m.Release()
	o.m = nil
	return at + padded
}

// scatter sends the answers one by one. c.mu is held.
func (k *compound) scatter(c *conn) (wake bool) {
	for i, o := range k.answers {
		if o.m != nil {
			k.answers[i] = outgoing{}
			smb2.Header(o.m.Bytes()).Clear(smb2.FlagRelated)
			wake = c.enqueue(o) || wake
		}
	}
	return wake
}
