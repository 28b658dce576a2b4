package loop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// Establish offers the initiator's end to the listener, or accepts at the
// responder's.
func (q *queuePair) Establish(ctx context.Context, p rdma.Params) error {
	if len(p.Private) > rdma.MaxPrivate {
		return fmt.Errorf("loop: establish: private data of %d bytes, limit %d", len(p.Private), rdma.MaxPrivate)
	}
	p.Private = slices.Clone(p.Private)
	if q.responder() {
		return q.accept(p)
	}
	return q.connect(ctx, p)
}

func (q *queuePair) connect(ctx context.Context, p rdma.Params) error {
	l := q.fabric.find(string(q.remote))
	q.link.mu.Lock()
	defer q.link.mu.Unlock()
	if q.err != nil || q.offered {
		return fmt.Errorf("loop: establish: %w", errors.Join(q.err, errOnce))
	}
	q.offered, q.params = true, p
	if l == nil {
		q.end(fmt.Errorf("loop: connect %s: %w", q.remote, syscall.ECONNREFUSED))
		return q.err
	}
	q.peer.configure(l.config)
	if !l.offer(q.peer) {
		q.end(fmt.Errorf("loop: connect %s: %w", q.remote, syscall.ECONNREFUSED))
		return q.err
	}
	stop := context.AfterFunc(ctx, func() {
		q.link.mu.Lock()
		q.cond.Broadcast()
		q.link.mu.Unlock()
	})
	defer stop()
	for !q.established && q.err == nil && ctx.Err() == nil {
		q.cond.Wait()
	}
	if !q.established && q.err == nil {
		q.end(fmt.Errorf("loop: connect %s: %w", q.remote, context.Cause(ctx)))
		q.peer.end(ErrLost)
	}
	return q.err
}

var errOnce = errors.New("a queue pair is established once")

func (q *queuePair) accept(p rdma.Params) error {
	q.link.mu.Lock()
	defer q.link.mu.Unlock()
	if q.err != nil {
		return fmt.Errorf("loop: establish: %w", q.err)
	}
	if q.established {
		return fmt.Errorf("loop: establish: %w", errOnce)
	}
	q.params = p
	q.ord = min(p.ORD, q.peer.params.IRD)
	q.peer.ord = min(q.peer.params.ORD, p.IRD)
	q.established, q.peer.established = true, true
	q.peer.cond.Broadcast()
	q.cond.Broadcast()
	return nil
}
