//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import "time"

// stallCures are the moments after set-up at which a silent iWARP responder is
// sent an empty RDMA Write. siw as responder overlooks a first message that
// comes within some 3 ms of its reply until something more comes; the kernel's
// own clients stall for 5 s then.
var stallCures = [...]time.Duration{20 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond}

// cure gets an initiator's first message read. It ends with the first message
// of the peer, or with the connection.
func (q *queuePair) cure() {
	began := time.Now()
	for _, at := range stallCures {
		select {
		case <-time.After(time.Until(began.Add(at))):
		case <-q.ending:
			return
		}
		if !q.nudge() {
			return
		}
	}
}

// nudge sends an empty RDMA Write, which names no memory, behind a message that
// the peer has not answered. It says whether the peer is silent still.
func (q *queuePair) nudge() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil || q.firstRecv > 0 {
		return false
	}
	if q.posted > 0 && !q.full(1) {
		*q.entry(q.last) = entry{op: opWrite, parts: 1, cure: true}
		q.last++
		q.push()
	}
	return true
}
