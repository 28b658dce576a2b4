package limit

import (
	"sync/atomic"
	"time"
)

// A budget is what a subject has, and what it may have.
type budget struct {
	subject Subject
	table   *Table
	gauges  [counted]gauge
	rates   [NumberOfKinds - counted]pacer
	quiet   [NumberOfKinds]atomic.Int64 // until when a kind is not reported, in nanoseconds of 1970
	missed  [NumberOfKinds]atomic.Int64 // times that it was not

	open       int     // meters that have it; the table's
	next, prev *budget // of those that nobody has; the table's
}

func newBudget(t *Table, s Subject) *budget {
	b := &budget{subject: s, table: t}
	for k := range b.gauges {
		b.gauges[k].unit = 1
	}
	b.gauges[Bytes].unit = usual
	b.rates[RequestsPerSecond-counted].bucket.piece = 1
	b.rates[BytesPerSecond-counted].bucket.piece = quantum
	return b
}

// bound puts limits in force.
func (b *budget) bound(l Limits) {
	for k := range b.gauges {
		b.gauges[k].bound(l[k])
	}
	for k := range b.rates {
		b.rates[k].bound(l[counted+Kind(k)])
	}
}

// limit is what is in force.
func (b *budget) limit(k Kind) int64 {
	if k < counted {
		return b.gauges[k].limit.Load()
	}
	p := &b.rates[k-counted]
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bucket.rate
}

// met reports that a limit has been met, once in a while.
func (b *budget) met(k Kind) {
	report := b.table.Report
	if report == nil {
		return
	}
	now := time.Now().UnixNano()
	until := b.quiet[k].Load()
	if now < until || !b.quiet[k].CompareAndSwap(until, now+int64(silence)) {
		b.missed[k].Add(1)
		return
	}
	report(Excess{b.subject, k, b.limit(k), b.missed[k].Swap(0)})
}

// settled says that the budget has nothing to remember.
func (b *budget) settled() bool { return b.until() == 0 }

// until is how long it takes until nothing is owed.
func (b *budget) until() (d time.Duration) {
	for k := range b.rates {
		d = max(d, b.rates[k].until())
	}
	return d
}
