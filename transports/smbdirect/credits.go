package smbdirect

// sendCredits are what the peer lets us send, and where we keep the headers
// while they are on their way. The two are different limits: a peer may grant
// more than our queue holds.
type sendCredits struct {
	available int // SendCredits, [MS-SMBD] 3.1.1.1
	slots     int // sends we may still post
}

// add takes the peer's grant. The sum is capped: [MS-SMBD] gives no limit, and
// 65535 is more than any queue uses.
func (s *sendCredits) add(n int) { s.available = min(s.available+n, maxGrant) }

// receiveCredits are what we let the peer send. Posted and granted are kept
// apart: a grant must never exceed what is posted.
type receiveCredits struct {
	posted  int // receives posted and not completed
	granted int // of those, what the peer knows of and has not used
	target  int // what the peer asks for, ReceiveCreditTarget
	window  int // what we are ready to grant at a time, at most limit
	limit   int // ReceiveCreditMax, less when receive memory says so
}

// resize fits window and limit to receives of size bytes.
func (r *receiveCredits) resize(o *Options, size int) {
	r.limit = min(o.Credits, max(initialWindow, o.ReceiveMemory/size))
	r.window = min(r.limit, max(initialWindow, idleReceiveMemory/size))
}

// goal is how many credits the peer should have.
func (r *receiveCredits) goal() int { return min(r.target, r.window) }

// missing is how many receives are to be posted.
func (r *receiveCredits) missing() int { return max(0, r.window+spareReceives-r.posted) }

// grantable is what the next message can grant, [MS-SMBD] 3.1.5.9.
func (r *receiveCredits) grantable() int {
	return max(0, min(r.goal()-r.granted, r.posted-r.granted, maxGrant))
}

// extra is one credit on top of grant when that makes no more than over beyond
// the peer's target.
func (r *receiveCredits) extra(grant, over int) int {
	if r.granted+grant < r.goal()+over && r.posted > r.granted+grant {
		return 1
	}
	return 0
}

// used takes one received message off, and opens the window when the peer has
// used half of it before we could grant again.
func (r *receiveCredits) used() {
	r.posted--
	r.granted = max(0, r.granted-1)
	if r.goal()-r.granted == (r.window+1)/2 { // once in a burst, when it passes the half
		r.widen()
	}
}

// begun is told of a message that comes in n fragments: one that does not fit
// the window opens it too.
func (r *receiveCredits) begun(n int) {
	if n > r.window {
		r.widen()
	}
}

// widen doubles the window, when the peer asks for more than it has.
func (r *receiveCredits) widen() {
	if r.target > r.window {
		r.window = min(2*r.window, r.limit, r.target)
	}
}

// scarce says that the peer is about to stand still.
func (r *receiveCredits) scarce() bool { return r.granted <= r.goal()/4 }
