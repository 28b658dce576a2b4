package limit

import "time"

// A bucket is the tokens of one rate, and who waits for some. It is pure: the time
// comes from outside.
type bucket struct {
	rate    int64 // tokens a second; 0: no limit
	piece   int64 // tokens of one turn
	tokens  float64
	at      time.Time // as of when
	waiting queue
}

// full is how many tokens the bucket holds: no less than a turn's.
func (b *bucket) full() float64 { return float64(max(b.rate/reserve, b.piece)) }

// refill puts in what has come up since.
func (b *bucket) refill(now time.Time) {
	if d := now.Sub(b.at); d > 0 {
		b.tokens = min(b.tokens+d.Seconds()*float64(b.rate), b.full())
		b.at = now
	}
}

// change sets the rate. A bucket that had none is full.
func (b *bucket) change(now time.Time, rate int64) {
	had := b.rate
	b.refill(now)
	b.rate = rate
	switch {
	case had == 0:
		b.tokens, b.at = b.full(), now
	default:
		b.tokens = min(b.tokens, b.full())
	}
	b.deal(now)
}

// pay takes n tokens for w, at once or, when it is false, by and by.
func (b *bucket) pay(now time.Time, n int64, w *waiter) bool {
	if b.rate == 0 {
		return true
	}
	b.refill(now)
	if b.waiting.first == nil && b.tokens >= float64(n) {
		b.tokens -= float64(n)
		return true
	}
	w.need = n
	b.waiting.push(w)
	b.deal(now)
	return w.passed()
}

// deal gives those who wait what there is, in turn.
func (b *bucket) deal(now time.Time) {
	b.refill(now)
	for w := b.waiting.first; w != nil; w = b.waiting.first {
		n := min(w.need, b.piece)
		if b.rate > 0 && b.tokens < float64(n) {
			return
		}
		b.tokens -= float64(n)
		if w.need -= n; w.need == 0 || b.rate == 0 {
			b.waiting.wake(w)
			continue
		}
		b.waiting.remove(w)
		b.waiting.push(w)
	}
}

// leave takes w out, who owes what it has not paid.
func (b *bucket) leave(w *waiter) {
	b.waiting.remove(w)
	b.tokens -= float64(w.need)
}

// charge is pay of somebody who does not wait.
func (b *bucket) charge(now time.Time, n int64) {
	if b.rate > 0 {
		b.refill(now)
		b.tokens -= float64(n)
	}
}

// pause is how long nobody gets anything, 0 when nobody waits.
func (b *bucket) pause() time.Duration {
	if b.waiting.first == nil {
		return 0
	}
	return max(b.until(float64(min(b.waiting.first.need, b.piece))), minPause)
}

// until is how long it takes to have so many tokens.
func (b *bucket) until(tokens float64) time.Duration {
	if b.rate == 0 || b.tokens >= tokens {
		return 0
	}
	return time.Duration((tokens - b.tokens) / float64(b.rate) * float64(time.Second))
}
