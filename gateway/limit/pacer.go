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

// pay takes n tokens, or puts w where it waits for them.
func (p *pacer) pay(n int64, w *waiter) bool {
	if !p.limited.Load() {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bucket.pay(time.Now(), n, w) {
		return true
	}
	p.arm()
	return false
}

// await blocks until w's tokens are paid, or until ctx ends: then they are owed.
func (p *pacer) await(ctx context.Context, w *waiter) {
	select {
	case <-w.ready:
		return
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !w.passed() {
		p.bucket.leave(w)
	}
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
