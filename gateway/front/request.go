package front

import (
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A request is one element from its arrival to its answer. Records are reused;
// only the reader takes one.
type request struct {
	tree.Request
	c          *conn
	next, prev *request // in conn.pending, or next in conn.idle

	head     [smb2.HeaderSize]byte // as it came: the tree may write over its own
	channel  *channel              // nil before there is one
	at       *branch               // nil where it concerns none
	compound *compound             // nil when it is alone
	index    int                   // in compound
	alone    [1]*tree.Request      // for self
	chain    uint64                // the message it came in; 0 once the reader has left it
	cost     int64                 // bytes it holds, answer included

	sealed    bool
	signed    bool // came signed, so the answer is
	charged   bool // credits went out with the interim response
	async     uint64
	inUse     int  // calls of Cancel that are under way
	unwanted  bool // beyond maxAsync: the tree has been asked to give it up
	answered  bool
	accounted bool // in conn.pending
	served    bool // a tree has it

	// Of a READ or WRITE by RDMA.
	placed     bool
	invalidate bool
	to         []transports.Descriptor
	pullErr    error
}

func (r *request) header() smb2.Header { return r.head[:] }

// list is requests linked both ways.
type list struct{ first *request }

func (l *list) push(r *request) {
	r.prev, r.next = nil, l.first
	if l.first != nil {
		l.first.prev = r
	}
	l.first = r
}

func (l *list) remove(r *request) {
	if r.prev != nil {
		r.prev.next = r.next
	} else {
		l.first = r.next
	}
	if r.next != nil {
		r.next.prev = r.prev
	}
	r.prev, r.next = nil, nil
}

// take returns a record for an element of m, with a reference to it. sealed is
// the session that m was sealed for, or nil.
func (c *conn) take(m *transports.Message, element []byte, sealed *channel) *request {
	c.mu.Lock()
	r := c.idle.first
	if r != nil {
		c.idle.remove(r)
	}
	c.mu.Unlock()
	if r == nil {
		r = &request{c: c}
	}
	r.Message, r.Element, r.Replier = m.Retain(), element, r
	copy(r.head[:], element)
	r.chain = c.chain
	r.channel, r.sealed = sealed, sealed != nil
	return r
}

// recycle gives up what a request has held, and keeps its record. c.mu is held.
func (c *conn) recycle(r *request) {
	r.Message.Release()
	*r = request{c: c, to: r.to[:0]}
	c.idle.push(r)
}

// self is the request as a chain of one.
func (r *request) self() []*tree.Request {
	r.alone[0] = &r.Request
	return r.alone[:]
}

// begin enters a request into the books, from where CANCEL finds it. It is false
// when too many wait, or when one compound asks for too much. served says that a
// tree gets it now.
func (c *conn) begin(r *request, served bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.count >= maxPending || r.compound != nil && c.held+r.cost+r.compound.size > maxHeld+maxCompound {
		return false
	}
	c.pending.push(r)
	c.count++
	c.held += r.cost
	r.accounted, r.served = true, served
	return true
}

// end takes it out again. c.mu is held.
func (c *conn) end(r *request) {
	if !r.accounted {
		return
	}
	c.pending.remove(r)
	c.count--
	c.held -= r.cost
	if r.async != 0 {
		c.waiting--
	}
	r.accounted = false
	if c.held <= maxHeld {
		c.room.Signal()
	}
}

// Reply takes the answer of a tree.
func (r *request) Reply(_ *tree.Request, m *transports.Message) { r.c.answer(r, m) }

// Pending sends the interim response.
func (r *request) Pending(*tree.Request) { r.c.interim(r) }

var _ tree.Replier = (*request)(nil)
