package back

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// interim tells the client to wait, once, [MS-SMB2] 3.2.5.1.5. It owns m.
func (c *Conn) interim(k *call, h smb2.Header, m *transports.Message) {
	first := false
	c.mu.Lock()
	if h.Has(smb2.FlagAsync) {
		k.async = h.AsyncID()
	}
	pended := &k.pended
	if k.split != nil {
		pended = &k.split.pended
	}
	first, *pended = !*pended, true
	if first = first && k.request != nil; first {
		c.wait(k)
		k.tree.telling++
	}
	c.mu.Unlock()
	m.Release()
	if !first {
		return
	}
	k.request.Pending()
	c.mu.Lock()
	k.tree.telling--
	c.changed.Broadcast()
	c.mu.Unlock()
}

// finish hands a final reply to who waits for it. The call is in no table any
// more, but still its tree's. It owns m.
func (c *Conn) finish(k *call, m *transports.Message, proven bool, file *smb2.FileID) error {
	k.revoke() // before anything of what it exposed is looked at
	if k.request == nil {
		c.finishOwn(k, answer{m, proven})
		return nil
	}
	h := smb2.Header(m.Bytes())
	h.SetStatus(k.verdict(h.Status()))
	c.soothe(h)
	if h.Status() == smb2.StatusNetworkSessionExpired && c.keep(k) {
		m.Release()
		return nil
	}
	if !proven && (k.signed || k.sealed) || h.Status() == smb2.StatusUserSessionDeleted {
		m = c.failed(k, m)
	} else {
		var err error
		if m, err = c.checked(k, m); err != nil {
			c.answer(k, c.failure(k.command, lost(k.command)))
			return violation("%w", err)
		}
		c.learn(k, m.Bytes(), file)
	}
	c.answer(k, m)
	return nil
}

func (c *Conn) finishOwn(k *call, a answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k.done != nil {
		k.done <- a
	} else {
		a.m.Release()
	}
	c.calls.free(k)
}

// failed puts an error of our own in the place of a reply that nothing proves,
// or that speaks of our session, which the client knows nothing of. It owns m.
func (c *Conn) failed(k *call, m *transports.Message) *transports.Message {
	status := smb2.Header(m.Bytes()).Status()
	m.Release()
	if status == smb2.StatusUserSessionDeleted {
		status = smb2.StatusNetworkNameDeleted
		c.mu.Lock()
		k.session.gone = true
		c.stir()
		c.mu.Unlock()
	}
	return c.failure(k.command, status)
}

// checked looks at the replies that carry data before a client does, and puts
// what was placed into a reply. It owns m.
func (c *Conn) checked(k *call, m *transports.Message) (*transports.Message, error) {
	element := m.Bytes()
	st := smb2.Header(element).Status()
	switch {
	case k.command == smb2.CommandRead && st.HasData():
		r, err := smb2.ParseReadResponse(element)
		if err == nil {
			_, err = r.Data(element)
		}
		if err == nil {
			err = k.checkRead(&r, c.suite.Dialect)
		}
		if err != nil {
			m.Release()
			return nil, err
		}
		return c.gather(k, m, &r), nil
	case k.command == smb2.CommandWrite && st == smb2.StatusSuccess:
		w, err := smb2.ParseWriteResponse(element)
		if err == nil && w.Count > k.length {
			err = violation("WRITE of %d bytes is answered as %d", k.length, w.Count)
		}
		if err != nil {
			m.Release()
			return nil, err
		}
		k.moved = w.Count
	}
	return m, nil
}

// gather puts together what a READ is answered with. It owns m.
func (c *Conn) gather(k *call, m *transports.Message, r *smb2.ReadResponse) *transports.Message {
	k.moved = r.DataLength
	switch {
	case k.placed && r.DataRemaining > 0:
		if k.moved = r.DataRemaining; k.split == nil {
			return c.placedRead(k, m, r.DataRemaining)
		}
	case k.split != nil:
		data, _ := r.Data(m.Bytes())
		copy(k.split.payload[k.at:], data)
	}
	return m
}

// checkRead accepts data in the message where it was to be placed: ksmbd does
// so on pipes.
func (k *call) checkRead(r *smb2.ReadResponse, d smb2.Dialect) error {
	placed := uint32(0)
	if k.placed {
		placed = r.DataRemaining
	}
	switch {
	case r.DataLength > k.length, placed > k.length:
		return violation("READ of %d bytes is answered as %d and %d placed", k.length, r.DataLength, placed)
	case placed > 0 && r.DataLength > 0:
		return violation("READ is answered both in the message and beside it")
	case placed > 0 && d >= smb2.Dialect311 && r.Flags&smb2.ReadResponseTransform != 0:
		return violation("READ is answered with a transform that was not asked for")
	}
	return nil
}

// placedRead writes the reply's head in front of n bytes that were placed. It
// owns m.
func (c *Conn) placedRead(k *call, m *transports.Message, n uint32) *transports.Message {
	out := k.data
	k.data = nil
	b := append(out.Bytes()[:0], m.Bytes()[:smb2.HeaderSize]...)
	m.Release()
	r := smb2.ReadResponse{DataOffset: smb2.ReadResponseBuffer, DataLength: n}
	r.AppendBody(b)
	out.Resize(smb2.ReadResponseBuffer + int(n))
	return out
}

// answer ends a client's request, or a part of it. It owns m, and the call's
// record.
func (c *Conn) answer(k *call, m *transports.Message) {
	k.drop()
	if k.split != nil {
		c.answerPart(k, m)
		return
	}
	k.request.Reply(m)
	c.mu.Lock()
	k.tree.unlink(k)
	c.calls.free(k)
	c.changed.Broadcast()
	c.mu.Unlock()
}

// failure is a reply of our own.
func (c *Conn) failure(command smb2.Command, st smb2.Status) *transports.Message {
	m := c.arena.New(smb2.ErrorResponseLength)
	smb2.AppendErrorReply(m.Bytes()[:0], smb2.NewHeader(command, 0), st, 0)
	return m
}
