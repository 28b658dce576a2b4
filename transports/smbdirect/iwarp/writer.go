package iwarp

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// run is the writer goroutine.
func (q *queuePair) run() {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	defer timer.Stop()
	for {
		q.mu.Lock()
		if next := q.timers(time.Now()); next > 0 {
			timer.Reset(next)
		}
		wrote := q.tx.handed || q.claim()
		if wrote {
			q.tx.handed = false
			live := q.err == nil
			q.mu.Unlock()
			if live {
				q.write()
			}
			q.mu.Lock()
			q.tx.writing = false
		}
		if !q.tx.writing {
			q.quiet()
		}
		over, late := q.err != nil && !q.tx.writing, q.late(time.Now())
		idle := !wrote && (q.tx.writing || !q.transmittable())
		q.mu.Unlock()
		switch {
		case over:
			q.teardown()
			return
		case late:
			q.end(errFirst, nil)
			continue
		case !idle:
			continue
		}
		select {
		case <-q.wake:
		case <-timer.C:
		}
	}
}

var errFirst = errors.New("iwarp: no valid frame from the peer in time")

// write sends everything there is, waiting for the socket.
func (q *queuePair) write() {
	q.file.SetWriteDeadline(time.Now().Add(q.provider.writeTimeout()))
	if err := q.raw.Write(q.pumpFn); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = fmt.Errorf("the peer took nothing for %v: %w", q.provider.writeTimeout(), err)
		}
		q.end(fmt.Errorf("iwarp: write: %w", err), nil)
	}
	q.file.SetWriteDeadline(time.Time{})
}

// timers does what is due and returns the time to the next, or 0.
func (q *queuePair) timers(now time.Time) time.Duration {
	if q.err != nil {
		return 0
	}
	t, next := &q.tx, time.Duration(0)
	wait := func(at time.Time) {
		if d := max(at.Sub(now), time.Microsecond); next == 0 || d < next {
			next = d
		}
	}
	if t.hold {
		if t.hold = now.Before(t.holdUntil); t.hold {
			wait(t.holdUntil)
		}
	}
	if q.heard {
		return next
	}
	if cures := q.provider.cures(); !t.firstSend.IsZero() && t.cures < len(cures) {
		if !now.Before(t.firstSend.Add(cures[t.cures])) {
			t.cure = true
			t.cures++
		}
		if t.cures < len(cures) {
			wait(t.firstSend.Add(cures[t.cures]))
		}
	}
	if !q.initiator {
		wait(t.firstBy)
	}
	return next
}

// late reports that the responder's wait for the first frame is over.
func (q *queuePair) late(now time.Time) bool {
	return q.err == nil && !q.initiator && !q.heard && !now.Before(q.tx.firstBy)
}
