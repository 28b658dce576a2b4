package back

import (
	"math"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A split is a client's READ or WRITE that is larger than the server takes at
// once. It goes as parts, each a request of its own with its own credits, sent
// without waiting for the ones before.
type split struct {
	tree    *Tree
	request *tree.Request
	command smb2.Command
	length  uint32
	payload []byte              // of a WRITE, or where a READ's goes
	data    *transports.Message // READ's payload is in it, behind room for the reply's head

	// The sender's.
	next uint32 // where the part begins that is sent next
	step uint32 // how long parts are

	// Under Conn.mu.
	after     *split // of the same tree
	parts     []part
	id        smb2.MessageID // of the first part
	open      int            // parts without an answer, and one for the sender
	over      bool           // a part came short: what follows is of no use
	cancelled bool
	pended    bool
	reply     *transports.Message // of the first part, when it failed
}

// A part is what came of one request.
type part struct {
	length, moved uint32
	status        smb2.Status
}

// errOver ends the sending of a split and is nobody's answer.
const errOver = smb2.StatusPending

// split sends r in parts of step bytes, and less where the server does not
// grant the credits of one.
func (t *Tree) split(r *tree.Request, length, step uint32) {
	c := t.c
	s := t.begin()
	s.tree, s.request, s.command, s.length = t, r, r.Header().Command(), length
	t.countSplit()
	if st := s.prepare(step); st != smb2.StatusSuccess {
		s.stop(st)
		s.length = 0
	}
	for s.next < s.length {
		if st := s.sendPart(); st != smb2.StatusSuccess {
			s.stop(st)
			break
		}
	}
	c.mu.Lock()
	last := s.leave()
	c.mu.Unlock()
	if last {
		s.finish()
	}
}

// begin makes a split, with its sender.
func (t *Tree) begin() *split {
	c := t.c
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.splits
	if s == nil {
		s = new(split)
	} else {
		c.splits = s.after
	}
	s.open = 1
	s.after, t.splits = t.splits, s
	return s
}

// prepare finds the payload, unless what is asked cannot be divided: a pipe's
// messages, and offsets that are none, as that of the end of the file.
func (s *split) prepare(step uint32) smb2.Status {
	offset, ok := uint64(0), true
	if s.command == smb2.CommandRead {
		r, err := smb2.ParseReadRequest(s.request.Element)
		offset, ok = r.Offset, err == nil && r.Channel == smb2.ChannelNone
	} else {
		w, err := smb2.ParseWriteRequest(s.request.Element)
		if offset = w.Offset; err == nil {
			s.payload, ok = payloadOf(s.request)
		}
	}
	if !ok || s.tree.kind == smb2.SharePipe || offset > math.MaxInt64-uint64(s.length) {
		return smb2.StatusInvalidParameter
	}
	if st := s.shorten(step); st != smb2.StatusSuccess {
		return st
	}
	if s.command == smb2.CommandRead {
		s.data = s.tree.c.arena.New(smb2.ReadResponseBuffer + int(s.length))
		s.payload = s.data.Bytes()[smb2.ReadResponseBuffer:]
	}
	return smb2.StatusSuccess
}

// shorten makes the parts that follow step bytes long, or so many less that they
// come out at the price of the whole.
func (s *split) shorten(step uint32) smb2.Status {
	if step > creditSize {
		step -= step % creditSize
	}
	if step < minPart {
		return smb2.StatusInvalidParameter
	}
	s.step = step
	return smb2.StatusSuccess
}

// sendPart sends the next part, or makes them shorter.
func (s *split) sendPart() smb2.Status {
	t := s.tree
	n := min(s.step, s.length-s.next)
	p := t.placePart(s.command, s.payload[s.next:][:n])
	if room := t.c.inline(s.command); !p.placed && n > room {
		return s.shorten(room)
	}
	k, st := t.reservePart(s, n, p)
	switch {
	case st == smb2.StatusSuccess:
		s.next += n
		t.count(s.command, k.why)
		t.send(t.buildPart(k), k)
		return st
	case st == smb2.StatusInsuffServerResources && n > creditSize:
		st = s.shorten(n / 2)
	}
	p.drop()
	return st
}

// placePart is place for a part, whose payload is where it is.
func (t *Tree) placePart(command smb2.Command, payload []byte) placement {
	if why := t.placeable(command, uint32(len(payload))); why != placeIt {
		return placement{why: why}
	}
	if command == smb2.CommandRead {
		return t.expose(payload, transports.Writable)
	}
	return t.expose(payload, transports.Readable)
}

// reservePart is reserve for a part of n bytes.
func (t *Tree) reservePart(s *split, n uint32, p placement) (*call, smb2.Status) {
	c := t.c
	c.mu.Lock()
	defer c.mu.Unlock()
	charge := uint16(c.cost(uint64(n)))
	id, asked, st := t.await(price{charge, 1}, false, s)
	if st != smb2.StatusSuccess {
		return nil, st
	}
	k := c.calls.take()
	k.id, k.cost, k.charge, k.asked = id, charge, c.charge(charge), asked
	k.command, k.session, k.signed, k.sealed = s.command, t.session, t.signed, t.sealed
	k.request, k.length, k.placement = s.request, n, p
	k.split, k.part, k.at = s, len(s.parts), s.next
	k.cancelling = s.cancelled
	if len(s.parts) == 0 {
		s.id = id
	}
	s.parts = append(s.parts, part{length: n})
	s.open++
	t.link(k)
	return k, st
}

// buildPart makes the message of a part.
func (t *Tree) buildPart(k *call) *transports.Message {
	if k.placed {
		return t.buildPlaced(k)
	}
	if k.command == smb2.CommandRead {
		m := t.c.arena.New(smb2.ReadRequestBuffer + 1)
		r := k.readRequest()
		r.Append(t.head(m, k), nil)
		return m
	}
	m := t.c.arena.New(smb2.WriteRequestBuffer + int(k.length))
	w := k.writeRequest()
	w.Append(t.head(m, k), k.split.payload[k.at:][:k.length])
	return m
}

// readRequest is the client's READ as k asks it: the least that is to be read
// is for the whole.
func (k *call) readRequest() smb2.ReadRequest {
	r, _ := smb2.ParseReadRequest(k.request.Element)
	if k.split != nil {
		r.Length, r.MinimumCount = k.length, 0
		r.Offset += uint64(k.at)
	}
	return r
}

// writeRequest is the client's WRITE as k asks it.
func (k *call) writeRequest() smb2.WriteRequest {
	w, _ := smb2.ParseWriteRequest(k.request.Element)
	w.Offset += uint64(k.at)
	return w
}
