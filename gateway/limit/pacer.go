package limit

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A pacer is a bucket with a clock.
type pacer struct {
	limited atomic.Bool // whether there is a rate
	mu      sync.Mutex  // guards what follows
	bucket  bucket
	timer   *time.Timer // deals; nil until somebody has waited
}

// bound changes the rate.
func (p *pacer) bound(rate int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limited.Store(rate > 0)
	p.bucket.change(time.Now(), rate)
	p.arm()
}

// pay blocks until n tokens are paid, or until ctx ends: then they are owed. It says
// whether it has waited.
func (p *pacer) pay(ctx context.Context, n int64, w *waiter) bool {
	if !p.limited.Load() {
		return false
	}
	p.mu.Lock()
	if p.bucket.pay(time.Now(), n, w) {
		p.mu.Unlock()
		return false
	}
	p.arm()
	p.mu.Unlock()
	select {
	case <-w.ready:
		return true
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !w.in {
		<-w.ready
		return true
	}
	p.bucket.leave(w)
	return true
}

// charge takes tokens without waiting for them.
func (p *pacer) charge(n int64) {
	if p.limited.Load() {
		p.mu.Lock()
		p.bucket.charge(time.Now(), n)
		p.mu.Unlock()
	}
}

// arm has deal called when there is something to deal. mu is held.
func (p *pacer) arm() {
	d := p.bucket.pause()
	switch {
	case d == 0:
	case p.timer == nil:
		p.timer = time.AfterFunc(d, p.deal)
	default:
		p.timer.Reset(d)
	}
}

func (p *pacer) deal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bucket.deal(time.Now())
	p.arm()
}

// until is how long it takes until nothing is owed.
func (p *pacer) until() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bucket.refill(time.Now())
	return p.bucket.until(p.bucket.full())
}
