package back

import (
	"slices"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/smb2/crypt"
	"github.com/smbgw/smbgw/transports"
)

// An apart is a chain that the server does not take as one message, because of
// a READ or WRITE that has to be split, of the length of it all, or of the
// credits that it grants. Its elements go one after the other, each when the one
// before has been answered, and follow each other as [MS-SMB2] 3.3.5.2.7.2 has a
// server do it.
//
// It stands in the place of the elements' Repliers until they are answered.
type apart struct {
	tree     *Tree
	chain    []*tree.Request
	repliers []tree.Replier
	answers  chan *transports.Message // room for the one that is waited for

	// Owned by run.
	file   smb2.FileID // that the next element inherits; zero for none
	failed smb2.Status // of the CREATE that was to make it

	// Under Conn.mu.
	next      *apart // of the same tree
	at        int    // the element that is under way: those before are gone
	cancelled []bool
}

var _ tree.Replier = (*apart)(nil)

// fits says that the READs and WRITEs of a chain need not be split, and that one
// message holds what the READs bring.
func (t *Tree) fits(chain []*tree.Request) bool {
	replies := 0
	for _, r := range chain {
		command := r.Header().Command()
		if !isData(command) {
			continue
		}
		payload, err := smb2.Payload(r.Element)
		if err != nil {
			return true // price refuses the whole
		}
		if payload > uint64(min(t.most(command), t.c.inline(command))) {
			return false
		}
		if command == smb2.CommandRead {
			replies += int(payload) + smb2.ReadResponseBuffer
		}
	}
	return replies <= t.c.maxReceive-crypt.TransformSize
}

// serveApart serves a chain element by element, beside what its client asks
// meanwhile: an element may wait for an acknowledgement that the same client
// has to send.
func (t *Tree) serveApart(chain []*tree.Request) {
	c := t.c
	a := &apart{
		tree: t, chain: slices.Clone(chain), repliers: make([]tree.Replier, len(chain)),
		answers: make(chan *transports.Message, 1), cancelled: make([]bool, len(chain)),
	}
	for i, r := range chain {
		a.repliers[i], r.Replier = r.Replier, a
	}
	c.mu.Lock()
	begun := c.cause == nil && !t.closing // else its end may be waited for already
	if begun {
		a.next, t.aparts = t.aparts, a
		c.helpers.Go(a.run)
	}
	c.mu.Unlock()
	if begun {
		return
	}
	for i, r := range chain {
		r.Replier = a.repliers[i]
	}
	t.refuse(chain, smb2.StatusNetworkNameDeleted)
}

// run serves the elements in order and is over when all have been answered.
func (a *apart) run() {
	c := a.tree.c
	for i, r := range a.chain {
		m := a.serve(i, r)
		a.inherit(r, m.Bytes())
		c.mu.Lock()
		a.at = i + 1
		c.mu.Unlock()
		r.Replier = a.repliers[i]
		r.Reply(m)
	}
	c.mu.Lock()
	at := &a.tree.aparts
	for *at != a {
		at = &(*at).next
	}
	*at = a.next
	c.changed.Broadcast()
	c.mu.Unlock()
}

// serve has the server answer one element, or answers it.
func (a *apart) serve(i int, r *tree.Request) *transports.Message {
	t, command := a.tree, r.Header().Command()
	if i > 0 && r.Header().Has(smb2.FlagRelated) {
		if st := a.resolve(r); st != smb2.StatusSuccess {
			return t.c.failure(command, st)
		}
	}
	if a.wantsEnd(i) {
		return t.c.failure(command, smb2.StatusCancelled)
	}
	t.Serve([]*tree.Request{r})
	if a.wantsEnd(i) { // it may have come before there was a call to cancel
		t.cancelCalls(r)
	}
	return <-a.answers
}

// resolve gives a related element the FileId of the one before it. Where there
// was to be one and the CREATE failed, its status is the element's.
func (a *apart) resolve(r *tree.Request) smb2.Status {
	id := smb2.FileIDOf(r.Element)
	switch {
	case id == nil:
		return smb2.StatusSuccess
	case a.failed != smb2.StatusSuccess:
		return a.failed
	case a.file == smb2.FileID{}:
		return smb2.StatusInvalidHandle
	}
	copy(id, a.file[:])
	return smb2.StatusSuccess
}

// inherit notes what the next element has from r, which was answered by reply.
// A failure other than CREATE's leaves the open to what comes next, mostly its
// CLOSE, as Samba and ksmbd do it.
func (a *apart) inherit(r *tree.Request, reply []byte) {
	h := r.Header()
	if h.Command() != smb2.CommandCreate && h.Has(smb2.FlagRelated) {
		return
	}
	a.file, a.failed = smb2.FileID{}, smb2.StatusSuccess
	if h.Command() != smb2.CommandCreate {
		copy(a.file[:], smb2.FileIDOf(r.Element))
		return
	}
	if a.failed = smb2.Header(reply).Status(); a.failed != smb2.StatusSuccess {
		return
	}
	if q, err := smb2.ParseCreateResponse(reply); err == nil {
		a.file = q.FileID
	}
}

// Reply takes the answer to the element that is under way. It owns m.
func (a *apart) Reply(_ *tree.Request, m *transports.Message) { a.answers <- m }

// Pending tells the client to wait for r.
func (a *apart) Pending(r *tree.Request) {
	a.repliers[slices.Index(a.chain, r)].Pending(r)
}

func (a *apart) wantsEnd(i int) bool {
	c := a.tree.c
	c.mu.Lock()
	defer c.mu.Unlock()
	return a.cancelled[i]
}

// cancel notes that r is to end early, if it is one of a's that has not ended.
// A CLOSE goes all the same: without it the open would stay. Under Conn.mu.
func (a *apart) cancel(r *tree.Request) {
	if i := slices.Index(a.chain[a.at:], r); i >= 0 && r.Header().Command() != smb2.CommandClose {
		a.cancelled[a.at+i] = true
	}
}
