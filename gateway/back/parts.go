package back

import (
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// stop ends the sending of a split with the status of what was not sent.
func (s *split) stop(st smb2.Status) {
	if st == errOver {
		return
	}
	c := s.tree.c
	c.mu.Lock()
	s.parts = append(s.parts, part{status: st})
	c.mu.Unlock()
}

// answerPart enters the answer to a part. It owns m and k.
func (c *Conn) answerPart(k *call, m *transports.Message) {
	s, st := k.split, smb2.Header(m.Bytes()).Status()
	c.mu.Lock()
	p := &s.parts[k.part]
	p.status, p.moved = st, k.moved
	if !st.HasData() || p.moved < p.length {
		s.over = true
		c.stir()
	}
	if k.part == 0 && !st.HasData() {
		s.reply, m = m, nil
	}
	k.tree.unlink(k)
	c.calls.free(k)
	last := s.leave()
	c.changed.Broadcast()
	c.mu.Unlock()
	if m != nil {
		m.Release()
	}
	if last {
		s.finish()
	}
}

// leave counts a part out, or the sender. Under Conn.mu.
func (s *split) leave() (last bool) {
	s.open--
	return s.open == 0
}

// finish answers the client, when nothing of a split is on its way any more.
func (s *split) finish() {
	c := s.tree.c
	if _, st := s.sum(); st != smb2.StatusNetworkSessionExpired || !s.keep() {
		s.request.Reply(s.answer())
	}
	if s.data != nil {
		s.data.Release()
	}
	if s.reply != nil {
		s.reply.Release()
	}
	c.mu.Lock()
	at := &s.tree.splits
	for *at != s {
		at = &(*at).after
	}
	*at = s.after
	*s = split{parts: s.parts[:0], after: c.splits}
	c.splits = s
	c.changed.Broadcast()
	c.mu.Unlock()
}

// answer is the one reply to a split.
func (s *split) answer() *transports.Message {
	c := s.tree.c
	total, st := s.sum()
	switch {
	case !st.HasData() && s.reply != nil:
		m := s.reply
		s.reply = nil
		return m
	case !st.HasData():
		return c.failure(s.command, st)
	case s.command == smb2.CommandWrite:
		m := c.arena.New(smb2.WriteResponseLength)
		w := smb2.WriteResponse{Count: total}
		w.AppendBody(smb2.AppendReply(m.Bytes()[:0], s.request.Header(), st, 0))
		return m
	}
	r, _ := smb2.ParseReadRequest(s.request.Element)
	if total == 0 || total < r.MinimumCount {
		return c.failure(s.command, smb2.StatusEndOfFile) // [MS-SMB2] 3.3.5.12
	}
	m := s.data
	s.data = nil
	b := smb2.AppendReply(m.Bytes()[:0], s.request.Header(), st, 0)
	(&smb2.ReadResponse{DataOffset: smb2.ReadResponseBuffer, DataLength: total}).AppendBody(b)
	m.Resize(smb2.ReadResponseBuffer + int(total))
	return m
}

// sum is what the parts come to, as if they had been one: what the first of
// them moved until one came short, or the first error before that. Where there
// is nothing more to read, what there was is a short read.
func (s *split) sum() (total uint32, st smb2.Status) {
	for i, p := range s.parts {
		switch {
		case i > 0 && p.status == smb2.StatusEndOfFile && s.command == smb2.CommandRead:
			return total, smb2.StatusSuccess
		case i > 0 && p.status == smb2.StatusNetworkNameDeleted:
			return 0, lost(s.command)
		case !p.status.HasData():
			return 0, p.status
		}
		if total += p.moved; p.moved < p.length {
			return total, p.status
		}
	}
	return total, smb2.StatusSuccess
}
