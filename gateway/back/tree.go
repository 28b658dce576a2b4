package back

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
)

// A Tree is a tree connect, and the server of its client's requests.
type Tree struct {
	c       *Conn
	session *Session
	client  *tree.Client
	share   string
	id      uint32
	kind    smb2.ShareType
	signed  bool
	sealed  bool
	memory  Memory  // nil for as much as there is
	tally   *counts // of a client on a shared connection; nil of others
	leave   func()  // what its Space does when it is closed; nil without one

	marked atomic.Bool // a call may want a CANCEL

	// Under Conn.mu.
	first   *call  // outstanding, newest first
	splits  *split // what goes in parts
	aparts  *apart // chains that go element by element
	telling int    // clients that are just being told to wait
	kept    int    // chains that wait for the session to be good again
	closing bool
}

var _ tree.Server = (*Tree)(nil)

// Draw has the tree ask m before data is exposed to the server. It comes before the
// first request.
func (t *Tree) Draw(m Memory) { t.memory = m }

// Limits are those of the tree: what a READ or WRITE may move without being
// split.
func (t *Tree) Limits() Limits {
	l := t.c.limits
	l.MaxRead, l.MaxWrite = t.most(smb2.CommandRead), t.most(smb2.CommandWrite)
	return l
}

// link and unlink keep the tree's outstanding calls.
func (t *Tree) link(k *call) {
	k.tree, k.after = t, t.first
	if t.first != nil {
		t.first.before = k
	}
	t.first = k
}

func (t *Tree) unlink(k *call) {
	if k.before != nil {
		k.before.after = k.after
	} else {
		t.first = k.after
	}
	if k.after != nil {
		k.after.before = k.before
	}
	k.before, k.after = nil, nil
}

// Cancel asks the server for the early end of r, [MS-SMB2] 3.2.4.24. What has
// not been sent yet is sent first.
func (t *Tree) Cancel(r *tree.Request) {
	t.c.mu.Lock()
	for a := t.aparts; a != nil; a = a.next {
		a.cancel(r)
	}
	t.c.mu.Unlock()
	t.cancelCalls(r)
}

// cancelCalls is Cancel for what the server has been asked.
func (t *Tree) cancelCalls(r *tree.Request) {
	t.c.mu.Lock()
	for k := t.first; k != nil; k = k.after {
		if k.request == r {
			k.cancelling = true
			t.marked.Store(true)
		}
	}
	for s := t.splits; s != nil; s = s.after {
		if s.request == r {
			s.cancelled = true
			t.c.stir()
		}
	}
	t.c.mu.Unlock()
	t.cancelMarked()
}

// cancelMarked sends a CANCEL for every call that wants one and can have it.
func (t *Tree) cancelMarked() {
	for t.cancelOne() {
	}
}

func (t *Tree) cancelOne() bool {
	c := t.c
	c.mu.Lock()
	k := t.first
	for k != nil && !(k.cancelling && k.sent && !k.cancelled) {
		k = k.after
	}
	if k == nil || c.cause != nil {
		c.mu.Unlock()
		return false
	}
	k.cancelled = true
	h := smb2.NewHeader(smb2.CommandCancel, k.id) // with GMAC its id is the nonce, pended or not
	h.SetProcessID(processID)
	h.SetTreeID(t.id)
	if k.async != 0 {
		h.SetAsync(k.async)
	}
	h.SetSessionID(t.session.id)
	c.mu.Unlock()
	b := new(smb2.Cancel).AppendBody(h)
	m := c.arena.New(len(b))
	copy(m.Bytes(), b)
	if _, err := c.transmit(m, t.session, t.signed, t.sealed, nil); err != nil {
		c.abort(err)
	}
	return true
}

// Close disconnects the tree, [MS-SMB2] 3.2.4.22: the server closes its opens,
// and answers what is outstanding as it does for a client of its own; what it
// leaves is cancelled. Where the connection is over there is nothing left to do,
// and nothing may be done where the client can come back for its opens. A LOGOFF
// disconnects its trees by itself.
func (t *Tree) Close() {
	t.shut()
	if !t.session.endsTrees() {
		t.disconnect()
	}
	t.drain()
	c := t.c
	c.mu.Lock()
	c.holders.leave(t)
	s := t.session
	s.trees = slices.DeleteFunc(s.trees, func(o *Tree) bool { return o == t })
	last := len(s.trees) == 0
	c.mu.Unlock()
	if t.leave != nil && last {
		t.leave()
	}
}

// shut lets nothing more begin.
func (t *Tree) shut() {
	t.c.mu.Lock()
	t.closing = true
	t.c.stir()
	t.c.mu.Unlock()
}

// disconnect waits for the answer.
func (t *Tree) disconnect() {
	defer cancelLate(t)()
	ctx, cancel := bounded()
	defer cancel()
	a, err := t.insist(ctx, t.question(smb2.CommandTreeDisconnect, new(smb2.TreeDisconnect).AppendBody))
	if err == nil {
		a.m.Release()
	}
}

// cancelLate cancels what is outstanding on trees that end, when a server has
// had time to end it by itself: it may wait for that before it answers. What it
// returns is called when it has answered.
func cancelLate(trees ...*Tree) (answered func()) {
	cancelled := make(chan struct{})
	late := time.AfterFunc(graceTime, func() {
		for _, t := range trees {
			t.cancelAll()
		}
		close(cancelled)
	})
	return func() {
		if !late.Stop() {
			<-cancelled
		}
	}
}

// cancelAll asks for the end of all that is outstanding.
func (t *Tree) cancelAll() {
	t.c.mu.Lock()
	for k := t.first; k != nil; k = k.after {
		k.cancelling = true
		t.marked.Store(true)
	}
	t.c.mu.Unlock()
	t.cancelMarked()
}

// drain returns when nothing is outstanding. A server that does not let go is
// given up, or, where others are on the connection, what it does not let go of.
func (t *Tree) drain() {
	t.cancelAll()
	c := t.c
	giveUp := func() { c.abort(ErrSilent) }
	if c.options.Shared {
		giveUp = t.orphan
	}
	stop := time.AfterFunc(closeTime, giveUp)
	defer stop.Stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for t.first != nil || t.splits != nil || t.aparts != nil || t.kept > 0 {
		c.changed.Wait()
	}
}
