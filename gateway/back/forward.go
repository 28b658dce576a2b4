package back

import (
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/transports"
)

// Serve forwards a chain as one message, or element by element where it is too
// large for one or for the credits that the server grants, and a READ or WRITE
// that is too large in parts. It blocks while there are too few credits, so that
// a client has no more in flight than its server takes.
func (t *Tree) Serve(chain []*tree.Request) {
	if t.c.options.Shared && !unpromise(chain) {
		t.serveRefused(chain)
		return
	}
	if len(chain) == 1 && isData(chain[0].Header().Command()) {
		t.serveData(chain)
		return
	}
	if len(chain) > 1 && !t.fits(chain) {
		t.serveApart(chain)
		return
	}
	t.clamp(chain)
	charge, st := t.price(chain)
	if st == smb2.StatusSuccess {
		st = t.forward(chain, charge, placement{})
	}
	switch {
	case st == smb2.StatusInsuffServerResources && len(chain) > 1:
		t.serveApart(chain)
	case st != smb2.StatusSuccess:
		t.refuse(chain, st)
	}
}

// serveRefused serves a chain of which an element is to be refused, as a server
// does that has got it: what follows the element follows its failure.
func (t *Tree) serveRefused(chain []*tree.Request) {
	if len(chain) > 1 {
		t.serveApart(chain)
		return
	}
	t.refuse(chain, unkept(chain[0].Element))
}

// forward sends a chain. With any status but success nothing has come of it.
func (t *Tree) forward(chain []*tree.Request, charge uint16, p placement) smb2.Status {
	calls, st := t.reserve(chain, charge, p)
	if st != smb2.StatusSuccess {
		p.drop()
		return st
	}
	t.send(t.build(chain, calls), calls)
	return smb2.StatusSuccess
}

// send sends the message of calls. It owns m.
func (t *Tree) send(m *transports.Message, calls *call) {
	entered, err := t.c.transmit(m, t.session, t.signed, t.sealed, calls)
	if err != nil {
		t.c.abort(err)
		if !entered {
			t.abandon(calls)
		}
		return
	}
	if t.marked.Load() {
		t.cancelMarked()
	}
}

// serveData forwards a READ or WRITE that is alone.
func (t *Tree) serveData(chain []*tree.Request) {
	r := chain[0]
	command := r.Header().Command()
	payload, err := smb2.Payload(r.Element)
	if err != nil || payload > maxTransfer {
		t.refuse(chain, smb2.StatusInvalidParameter)
		return
	}
	length := uint32(payload)
	if most := t.most(command); length > most {
		t.split(r, length, most)
		return
	}
	p := t.place(r, length)
	if !p.placed && length > t.c.inline(command) {
		t.split(r, length, t.c.inline(command))
		return
	}
	st := t.forward(chain, uint16(t.c.cost(payload)), p)
	switch {
	case st == smb2.StatusInsuffServerResources && length > creditSize:
		t.split(r, length, length/2)
	case st != smb2.StatusSuccess:
		t.refuse(chain, st)
	}
}

// price is what the chain costs, or why a server would not take it: for
// STATUS_INSUFF_SERVER_RESOURCES only as one message.
func (t *Tree) price(chain []*tree.Request) (charge uint16, st smb2.Status) {
	c := t.c
	size, sum := 0, uint64(0)
	for _, r := range chain {
		payload, err := smb2.Payload(r.Element)
		if err != nil || payload > uint64(c.limits.largest()) {
			return 0, smb2.StatusInvalidParameter
		}
		size += len(r.Element) + smb2.Pad(len(r.Element))
		sum += c.cost(payload)
	}
	if size > c.maxSend-crypt.TransformSize || sum > uint64(c.options.target()) {
		if len(chain) > 1 {
			return 0, smb2.StatusInsuffServerResources
		}
		return 0, smb2.StatusInvalidParameter
	}
	return uint16(sum), smb2.StatusSuccess
}

// cost is the charge of a payload, [MS-SMB2] 3.2.4.1.5.
func (c *Conn) cost(payload uint64) uint64 {
	if c.charge(1) == 0 {
		return 1
	}
	return smb2.Charge(payload)
}

// reserve waits for credits and makes the calls of a chain, the tree's from
// here on but in no table yet.
func (t *Tree) reserve(chain []*tree.Request, charge uint16, p placement) (calls *call, st smb2.Status) {
	c := t.c
	c.mu.Lock()
	defer c.mu.Unlock()
	id, asked, st := t.await(price{charge, len(chain)}, isUrgent(chain), nil)
	if st != smb2.StatusSuccess {
		return nil, st
	}
	return t.open(chain, id, asked, p), st
}

// open makes the calls of a chain. The first one asks for all the credits, and
// has what is placed.
func (t *Tree) open(chain []*tree.Request, id smb2.MessageID, asked uint16, p placement) *call {
	var first *call
	last, head := &first, id
	var file smb2.FileID // of the element before, [MS-SMB2] 3.3.5.2.7.2
	for i, r := range chain {
		payload, _ := smb2.Payload(r.Element)
		n := t.c.cost(payload)
		k := t.c.calls.take()
		k.id, k.cost, k.charge, k.asked = id, uint16(n), t.c.charge(uint16(n)), asked
		k.command, k.session, k.signed, k.sealed = r.Header().Command(), t.session, t.signed, t.sealed
		k.request, k.length = r, uint32(payload)
		k.head, k.chained = head, len(chain)
		if i == 0 {
			copy(file[:], smb2.FileIDOf(r.Element))
		}
		switch k.command {
		case smb2.CommandClose:
			k.file = file
		case smb2.CommandCreate:
			file, k.durable = smb2.NoFile, reclaims(r.Element) // its answer says it
		}
		t.link(k)
		*last, last = k, &k.sibling
		id += smb2.MessageID(n)
		asked = 0
	}
	first.placement = p
	return first
}

// build makes the message that goes to the server.
func (t *Tree) build(chain []*tree.Request, calls *call) *transports.Message {
	if len(chain) == 1 {
		if isData(calls.command) {
			t.count(calls.command, calls.why)
		}
		if calls.placed {
			return t.buildPlaced(calls)
		}
		if m := whole(chain[0]); m != nil {
			t.patch(m.Bytes(), calls, false)
			return m.Retain()
		}
	}
	return t.join(chain, calls)
}

// whole is r's message when there is nothing in it but r's element, and room in
// front of it, so that it can go out as it came in.
func whole(r *tree.Request) *transports.Message {
	m := r.Message
	b := m.Bytes()
	if smb2.KindOf(b) == smb2.KindTransform && len(b) == crypt.TransformSize+len(r.Element) {
		m.Trim(crypt.TransformSize)
		b = m.Bytes()
	}
	if len(b) != len(r.Element) || &b[0] != &r.Element[0] || m.Headroom() < crypt.TransformSize+framing {
		return nil
	}
	return m
}

// framing is what a transport puts in front of a message.
const framing = 4

// join copies the elements of a chain into one message.
func (t *Tree) join(chain []*tree.Request, calls *call) *transports.Message {
	size := 0
	for i, r := range chain {
		size += len(r.Element)
		if i < len(chain)-1 {
			size += smb2.Pad(size)
		}
		if len(chain) > 1 {
			t.countInline(r)
		}
	}
	m := t.c.arena.New(size)
	b := m.Bytes()[:0]
	k := calls
	for i, r := range chain {
		at := len(b)
		b = append(b, r.Element...)
		t.patch(b[at:], k, i > 0)
		if i < len(chain)-1 {
			b = smb2.Link(b, at)
		}
		k = k.sibling
	}
	return m
}

// countInline counts a READ or WRITE that goes with its neighbours.
func (t *Tree) countInline(r *tree.Request) {
	command := r.Header().Command()
	if !isData(command) {
		return
	}
	payload, _ := smb2.Payload(r.Element)
	why := t.placeable(command, uint32(payload))
	if why == placeIt {
		why = inCompound
	}
	t.count(command, why)
}

// patch makes a client's header one of ours. What means something to the server
// stays: where its dialect knows them, a request's priority, that it is sent
// again, and after which loss of a channel.
func (t *Tree) patch(element []byte, k *call, related bool) {
	h := smb2.Header(element)
	keep := smb2.Flags(0)
	if t.c.suite.Dialect >= smb2.Dialect30 {
		keep |= smb2.FlagReplay
		h.SetStatus(smb2.Status(h.ChannelSequence()))
	} else {
		h.SetStatus(0)
	}
	if t.c.suite.Dialect >= smb2.Dialect311 {
		keep |= smb2.FlagPriority
	}
	f := h.Flags() & keep
	if related {
		f |= smb2.FlagRelated
	}
	h.SetFlags(f)
	h.SetNextCommand(0)
	t.c.stamp(h, k, t.id)
}

// refuse answers a chain that was not forwarded.
func (t *Tree) refuse(chain []*tree.Request, st smb2.Status) {
	for _, r := range chain {
		r.Reply(t.c.failure(r.Header().Command(), st))
	}
}

// abandon answers calls that did not get into the table.
func (t *Tree) abandon(k *call) {
	for k != nil {
		next := k.sibling
		k.revoke()
		t.c.answer(k, t.c.failure(k.command, smb2.StatusNetworkNameDeleted))
		k = next
	}
}
