package limit

import "time"

// A waiter is one lane of a meter in at most one queue, under that queue's lock.
type waiter struct {
	need       int64 // tokens, of a bucket
	in         bool  // a queue
	next, prev *waiter
	ready      chan struct{} // one slot: filled by who takes it out
	timer      *time.Timer   // nil until it was needed
}

// expires is a channel that gets something when a while has passed.
func (w *waiter) expires(d time.Duration) <-chan time.Time {
	if w.timer == nil {
		w.timer = time.NewTimer(d)
	} else {
		w.timer.Reset(d)
	}
	return w.timer.C
}

// passed says that w has been woken, and takes note of it. The queue's lock is held.
func (w *waiter) passed() bool {
	if w.in {
		return false
	}
	<-w.ready
	return true
}

// A queue is who waits, first come first.
type queue struct{ first, last *waiter }

func (q *queue) push(w *waiter) {
	w.in, w.prev, w.next = true, q.last, nil
	if q.last != nil {
		q.last.next = w
	} else {
		q.first = w
	}
	q.last = w
}

func (q *queue) remove(w *waiter) {
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		q.first = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		q.last = w.prev
	}
	w.in, w.next, w.prev = false, nil, nil
}

// wake lets a waiter go on.
func (q *queue) wake(w *waiter) {
	q.remove(w)
	w.ready <- struct{}{}
}
