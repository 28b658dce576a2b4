package back

import (
	"time"

	"github.com/smbgw/smbgw/gateway/tree"
	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// What a server does not let go of when its tree ends, cancelled or not, ends a
// client's own connection. One that others are on outlives it: the client gets
// its answer, and what is left is an orphan, with the memory that the server has
// been given, until the server answers it or the connection is over.

// An undertaker takes an orphan's answer.
type undertaker struct{}

func (undertaker) Reply(r *tree.Request, m *transports.Message) {
	r.Message.Release()
	m.Release()
}

func (undertaker) Pending(*tree.Request) {}

// orphan answers what is outstanding on a tree that has waited for long enough. It
// comes again for what is just being dealt with.
func (t *Tree) orphan() {
	c := t.c
	c.mu.Lock()
	for t.telling > 0 {
		c.changed.Wait()
	}
	answers, ok := t.disown()
	ok = ok && c.orphans <= maxOrphans
	if ok && t.first != nil {
		time.AfterFunc(graceTime, t.orphan)
	}
	c.changed.Broadcast()
	c.mu.Unlock()
	for _, r := range answers {
		r.Reply(c.failure(r.Header().Command(), lost(r.Header().Command())))
	}
	if !ok {
		c.abort(ErrSilent)
	}
}

// disown moves the tree's calls to one that nobody waits for, and says whom to
// answer. It is false when the server takes nothing: one of them is still being
// sent. Under Conn.mu.
func (t *Tree) disown() (answers []*tree.Request, ok bool) {
	limbo := &Tree{c: t.c, session: t.session, client: t.client, kind: t.kind, closing: true}
	orphans := make(map[*tree.Request]*tree.Request)
	orphan := func(r *tree.Request) *tree.Request {
		if orphans[r] == nil {
			orphans[r] = &tree.Request{Message: r.Message.Retain(), Element: r.Element, Replier: undertaker{}}
			answers = append(answers, r)
		}
		return orphans[r]
	}
	t.disownSplits(limbo, orphan)
	ok = true
	for k := t.first; k != nil; {
		next := k.after
		switch {
		case !k.sent:
			ok = false
		case k.entered && (k.split == nil || k.split.tree == limbo): // else its answer is on its way
			k.request = orphan(k.request)
			k.orphan = true
			t.c.orphans++
			t.unlink(k)
			limbo.link(k)
		}
		k = next
	}
	return answers, ok
}

// disownSplits moves those of which nothing but answers is missing, so that their
// parts can be moved.
func (t *Tree) disownSplits(limbo *Tree, orphan func(*tree.Request) *tree.Request) {
	for at := &t.splits; *at != nil; {
		s := *at
		waiting := 0
		for k := t.first; k != nil; k = k.after {
			if k.split == s && k.entered {
				waiting++
			}
		}
		if s.open == 0 || waiting != s.open { // it is being sent, or answered
			at = &s.after
			continue
		}
		*at = s.after
		s.request, s.tree = orphan(s.request), limbo
		s.after, limbo.splits = limbo.splits, s
	}
}

// bury forgets a session that has been left, with the last of its orphans. Under
// mu.
func (c *Conn) bury(k *call) {
	if k.orphan {
		c.orphans--
	}
	if s := k.session; s != nil && s.lingering && !c.calls.has(s) {
		delete(c.sessions, s.id)
		s.wipe()
	}
}

// wait counts a request in that the server has told to wait. Where its session
// has more of these than is left to others it is given up, as far as the server
// lets go of it. Under mu.
func (c *Conn) wait(k *call) {
	if !c.options.Shared || k.request == nil || k.split != nil || k.waiting {
		return
	}
	s := k.session
	k.waiting = true
	s.waiting++
	c.waiting++
	if s.waiting > max(minWaiting, maxWaiting-c.waiting) && c.cause == nil && !k.cancelling {
		k.unwanted, k.cancelling = true, true
		t := k.tree
		t.marked.Store(true)
		c.helpers.Go(t.cancelMarked)
	}
}

// waited counts it out. Under mu.
func (c *Conn) waited(k *call) {
	if k.waiting {
		k.session.waiting--
		c.waiting--
	}
}

// verdict is the status that a client gets: of what it has not cancelled itself
// there is no room for more.
func (k *call) verdict(st smb2.Status) smb2.Status {
	if k.unwanted && st == smb2.StatusCancelled {
		return smb2.StatusInsufficientResources
	}
	return st
}
