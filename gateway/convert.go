package gateway

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/smbgw/smbgw/smb2"
	"github.com/smbgw/smbgw/transports"
)

// A converter relays a connection of which a leg can place. Three workers
// share it:
//
//	requests  reads the client, decides, prepares, and sends when nothing waits
//	forward   sends what waits for data from the client, in order
//	replies   reads the backend, finishes, and sends to the client
//
// What a request will need is all prepared by requests, in the order of
// arrival, so nothing that is queued waits for what is queued behind it.
type converter struct {
	c         *connection
	arena     *transports.Arena
	threshold uint32

	front, back placer // without a Placer where the leg does not place

	dialect atomic.Uint32 // a smb2.Dialect: replies writes it, requests reads it
	pending pending
	pipes   pipes

	queue  chan batch
	queued atomic.Int32 // in queue, or being sent by forward

	// Counted as placed, but refused in the end, by who delivers: READs, WRITEs.
	unsent [2]atomic.Uint64

	// Owned by requests.
	counts counts
	plan   []planned

	// Owned by replies.
	answers []answer
}

// A placer is a leg that can place, and the most it moves at once.
type placer struct {
	transports.Placer
	max         uint32 // bytes
	invalidates bool   // the peer may revoke what is exposed to it
}

// newConverter returns the converter that c needs, or nil when nothing can be
// placed on either leg and messages need not be looked at.
func newConverter(c *connection) *converter {
	v := &converter{c: c, arena: c.arena, threshold: c.backend.Threshold}
	if v.threshold == 0 {
		v.threshold = DefaultThreshold
	}
	// A descriptor is as long as that: a smaller payload would make the request
	// longer, and the longest compound too long.
	v.threshold = max(v.threshold, smb2.DescriptorSize+1)
	if p, ok := c.front.(transports.Placer); ok && p.Placement().Server {
		v.front = placer{Placer: p, max: min(p.Placement().MaxReadWrite, maxPayload)}
	}
	if p, ok := c.back.(transports.Placer); ok && c.backend.Place && !p.Placement().Server {
		if is := p.Placement(); is.MaxReadWrite > 0 {
			v.back = placer{p, is.MaxReadWrite, is.Invalidates}
		}
	}
	if v.front.Placer == nil && v.back.Placer == nil {
		return nil
	}
	v.pending.init()
	return v
}

// relay carries messages both ways until one side ends, hangs up, and says
// why. Nothing is left of the converter when it returns.
func (v *converter) relay(ctx context.Context) end {
	ends := make(chan end, 3)
	paced, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	forwarded := make(chan struct{}) // nothing is left in the queue
	if v.front.Placer != nil {
		v.queue = make(chan batch, maxQueue)
		wg.Go(func() {
			v.forward(ends)
			close(forwarded)
		})
	} else {
		close(forwarded)
	}
	wg.Go(func() {
		e := v.requests(paced)
		if v.queue != nil {
			close(v.queue)
		}
		// What the client sent before its end still goes out, unless it is
		// held up: then only hanging up helps.
		t := time.NewTimer(drainTime)
		defer t.Stop()
		select {
		case <-forwarded:
		case <-t.C:
		}
		ends <- e
	})
	wg.Go(func() { ends <- v.replies(paced) })

	why := await(ctx, ends)
	stop()
	v.pending.close()
	v.c.hangUp(why)
	wg.Wait()
	v.pending.sweep()
	reads, writes := v.unsent[0].Load(), v.unsent[1].Load()
	v.counts.placedReads -= reads
	v.counts.placedWrites -= writes
	v.counts.refused += reads + writes
	return why
}

// A batch is a message on its way to the backend, with the operations in it.
type batch struct {
	m   *transports.Message // nil when ops is one that was split: its parts have requests
	ops *op                 // linked by sibling
}

// requests reads the client.
func (v *converter) requests(ctx context.Context) end {
	for {
		v.c.in.pace(ctx)
		m, err := v.c.front.Receive()
		if err != nil {
			return end{client, ended, err}
		}
		v.c.in.bytes += uint64(m.Len())
		m.Invalidates = false // tokens of one leg mean nothing on the other
		b, e := v.prepare(m)
		if e != nil {
			return *e
		}
		if v.queue != nil && (b.waits() || v.queued.Load() > 0) {
			v.queued.Add(1)
			v.queue <- b
			continue
		}
		if e := v.deliver(b); e != nil {
			return *e
		}
	}
}

// prepare turns a client's message into what the backend gets. It owns m.
func (v *converter) prepare(m *transports.Message) (batch, *end) {
	switch smb2.KindOf(m.Bytes()) {
	case smb2.KindTransform:
		v.counts.reasons[encrypted]++
		return batch{m: m}, nil
	case smb2.KindSMB2:
	default:
		return batch{m: m}, nil
	}
	n, ops, bytes, e := v.decide(m.Bytes())
	if e != nil {
		m.Release()
		return batch{}, e
	}
	if ops == 0 {
		v.tally(v.plan[:n])
		return batch{m: m}, nil
	}
	if err := v.pending.reserve(ops, bytes); err != nil {
		m.Release()
		return batch{}, &end{backend, offended, err}
	}
	return v.build(m, v.plan[:n])
}
