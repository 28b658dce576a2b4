package gateway

import (
	"sync"
	"sync/atomic"

	"github.com/smbgw/smbgw/gateway/limit"
	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A limitedTree counts what a tree is asked for and what it answers. Of what it
// counts it refuses CREATEs alone: for the rest the client is not read.
type limitedTree struct {
	tree.Server
	replies tree.Replies
	set     limit.Set
	leave   func() // the mount's budget; nil for none

	opens atomic.Int64 // that a Close has to give back

	mu   sync.Mutex // guards free
	free *ticket    // records for reuse
}

// Serve hands a chain on, without the CREATEs that are too many and what is related
// to them, [MS-SMB2] 3.3.5.2.7.2.
func (t *limitedTree) Serve(chain []*tree.Request) {
	from := 0 // what is not handed on yet
	for i := 0; i < len(chain); i++ {
		if t.begin(chain[i]) {
			continue
		}
		if i > from {
			t.Server.Serve(chain[from:i])
		}
		t.refuse(chain[i])
		for i+1 < len(chain) && chain[i+1].Header().Command() != smb2.CommandCreate {
			i++
			t.refuse(chain[i])
		}
		from = i + 1
	}
	if from < len(chain) {
		t.Server.Serve(chain[from:])
	}
}

// refuse answers a request for which there are too many opens.
func (t *limitedTree) refuse(r *tree.Request) {
	r.Reply(t.replies.Failure(r, smb2.StatusTooManyOpenedFiles))
}

// Close ends the tree, and gives back what its client has not closed.
func (t *limitedTree) Close() {
	t.Server.Close()
	t.set.Give(limit.Opens, t.opens.Swap(0))
	if t.leave != nil {
		t.leave()
	}
}

// begin counts a request, and has its answer counted; false when it is a CREATE too
// many.
func (t *limitedTree) begin(r *tree.Request) bool {
	command := r.Header().Command()
	if command == smb2.CommandCreate && !t.set.Take(limit.Opens, 1) {
		return false
	}
	k := t.take()
	k.replier, k.command, k.asked, k.held = r.Replier, command, int64(len(r.Element)), int64(len(r.Element))
	if n, err := smb2.Payload(r.Element); err == nil && command != smb2.CommandWrite { // whose payload is in the message
		k.held += int64(n)
	}
	r.Replier = k
	t.set.Begin(k.held)
	return true
}

// count notes what has become of a CREATE or CLOSE.
func (t *limitedTree) count(command smb2.Command, done bool) {
	switch {
	case command == smb2.CommandCreate && done:
		t.opens.Add(1)
	case command == smb2.CommandCreate:
		t.set.Give(limit.Opens, 1)
	case command == smb2.CommandClose && done && t.closed():
		t.set.Give(limit.Opens, 1)
	}
}

// closed takes an open away, if there is one: a server may say yes to anything.
func (t *limitedTree) closed() bool {
	for {
		n := t.opens.Load()
		if n == 0 || t.opens.CompareAndSwap(n, n-1) {
			return n > 0
		}
	}
}

// A ticket stands between a request and who waits for its answer. Records are
// reused.
type ticket struct {
	t       *limitedTree
	replier tree.Replier
	command smb2.Command
	asked   int64 // bytes of the request
	held    int64 // and of the answer that it asks for
	kept    int64 // of held, once it is parked
	parked  bool
	next    *ticket
}

var _ tree.Replier = (*ticket)(nil)

func (t *limitedTree) take() *ticket {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := t.free
	if k == nil {
		return &ticket{t: t}
	}
	t.free = k.next
	return k
}

// end counts the answer and takes the record back.
func (k *ticket) end(m *transports.Message) (replier tree.Replier) {
	t := k.t
	done := m.Len() >= smb2.HeaderSize && !smb2.Header(m.Bytes()).HasErrorBody()
	t.count(k.command, done)
	if crossed := k.asked + int64(m.Len()); k.parked {
		t.set.Unpark(k.kept, k.held, crossed)
	} else {
		t.set.End(k.held, crossed)
	}
	replier = k.replier
	t.mu.Lock()
	*k = ticket{t: t, next: t.free}
	t.free = k
	t.mu.Unlock()
	return replier
}

// Reply takes the tree's answer.
func (k *ticket) Reply(r *tree.Request, m *transports.Message) {
	r.Replier = k.end(m)
	r.Reply(m)
}

// Pending parks the request: what waits for somebody else to do something may wait
// for ever, and no other may have to wait for it. The memory for a READ's or WRITE's
// data is there all the same.
func (k *ticket) Pending(r *tree.Request) {
	if k.command == smb2.CommandRead || k.command == smb2.CommandWrite {
		k.kept = k.held
	}
	k.parked = true
	k.t.set.Park(k.held - k.kept)
	k.replier.Pending(r)
}
