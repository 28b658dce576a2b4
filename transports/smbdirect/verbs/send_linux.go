//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// sendQueue holds the work that is not complete, in order: what the device
// has, and behind it what waits for room there or for a responder's turn.
type sendQueue struct {
	entries []entry // ring
	first   uint64  // the oldest that is not complete
	posted  uint64  // the next to go to the device
	last    uint64
	through uint64 // all before it is complete, but for reads that are late
	works   int    // of Config's depth
	heading uint64 // sends with a head so far: their heads have places in turn
	slots   int    // work requests that the device takes
	used    int    // and has
	inline  int
	sges    int
}

// entry is one operation of the queue.
type entry struct {
	op     uint32 // of verbs.h
	work   rdma.Op
	id     uint64
	list   [2]sge
	count  int32
	body   []byte // keeps the memory alive; a send's, when the device takes it by value
	inline bool
	parts  int // work requests that it takes
	remote rdma.Segment
	inv    uint32
	region *region // of a window's operation
	cure   bool    // nobody has posted it: see cure_linux.go
	bounce []byte  // mapped memory with a copy of the body
	mr     pointer // a registration for this operation
}

// receiveBit marks the ID of a receive's work request.
const receiveBit = 1 << 63

func (s *sendQueue) init(depth int) { s.entries = make([]entry, depth+memoryOps) }

func (s *sendQueue) entry(n uint64) *entry { return &s.entries[n%uint64(len(s.entries))] }

// full says that another n entries do not fit.
func (s *sendQueue) full(n int) bool { return int(s.last-s.first)+n > len(s.entries) }

// PostSend queues work. See rdma.QueuePair.
func (q *queuePair) PostSend(list []rdma.Work) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.check(list); err != nil {
		return fmt.Errorf("verbs: post send: %w", err)
	}
	heading := q.heading
	for i := range list {
		if err := q.queue(&list[i]); err != nil {
			q.heading = heading
			for ; i > 0; i-- {
				q.last--
				q.works--
				q.clean(q.entry(q.last))
			}
			return fmt.Errorf("verbs: post send: %w", err)
		}
	}
	q.push()
	return nil
}

func (q *queuePair) check(list []rdma.Work) error {
	switch {
	case q.err != nil:
		return q.err
	case q.state != stateEstablished:
		return errors.New("not established")
	case q.works+len(list) > q.config.SendDepth || q.full(len(list)):
		return rdma.ErrFull
	}
	for i := range list {
		w, limit := &list[i], maxPart
		if w.Op != rdma.OpSend {
			limit *= min(chain, q.slots) // what is longer would wait for room for ever
		}
		if n := len(w.Head) + len(w.Body); n > limit {
			return fmt.Errorf("work %d: %d bytes, limit %d", i, n, limit)
		}
	}
	return rdma.CheckWork(list, q.ord)
}

// queue adds an entry for w, with everything the device has to know.
func (q *queuePair) queue(w *rdma.Work) error {
	e := q.entry(q.last)
	*e = entry{work: w.Op, id: w.ID, body: w.Body, remote: w.Remote, parts: 1}
	var err error
	switch w.Op {
	case rdma.OpSend:
		err = q.gather(e, w)
	case rdma.OpWrite:
		e.op = opWrite
		err = q.reach(e, accessLocalWrite)
	case rdma.OpRead:
		e.op = opRead
		rights := uintptr(accessLocalWrite)
		if q.dev.sinkIsRemote() {
			rights |= accessRemoteWrite
		}
		err = q.reach(e, rights)
	}
	if err != nil {
		q.clean(e)
		return err
	}
	q.last++
	q.works++
	return nil
}

// gather makes a send's list: by value when it is short, else the head from
// its place and the body from where it is.
func (q *queuePair) gather(e *entry, w *rdma.Work) error {
	e.op = opSend
	if w.Invalidates && q.dev.attr.capFlags&capMgmtExt != 0 {
		e.op, e.inv = opSendInv, w.Invalidate
	}
	total := len(w.Head) + len(w.Body)
	if len(w.Head) > headSize || len(w.Body) > 0 && len(w.Head) > 0 && q.sges < 2 {
		return q.copyBody(e, w.Head, w.Body)
	}
	if len(w.Head) > 0 {
		place := q.heads[q.heading%uint64(q.config.SendDepth)*headSize:][:headSize]
		q.heading++
		copy(place, w.Head)
		mr, err := q.pd.chunk(q.block)
		if err != nil {
			return err
		}
		if mr == 0 && total > q.inline {
			return q.copyBody(e, w.Head, w.Body)
		}
		e.list[0] = sge{addr: address(place), length: uint32(len(w.Head))}
		if mr != 0 {
			e.list[0].lkey = at[memoryRegion](mr).lkey
		}
		e.count = 1
	}
	if len(w.Body) == 0 || total <= q.inline {
		e.inline = total <= q.inline
		if len(w.Body) > 0 {
			e.list[e.count] = sge{addr: address(w.Body), length: uint32(len(w.Body))}
			e.count++
		}
		return nil
	}
	mr, err := q.pd.chunk(w.Body)
	if err != nil {
		return err
	}
	if mr == 0 {
		return q.copyBody(e, w.Head, w.Body)
	}
	e.list[e.count] = sge{addr: address(w.Body), length: uint32(len(w.Body)), lkey: at[memoryRegion](mr).lkey}
	e.count++
	return nil
}

// copyBody is for memory that the device does not know: rare, the program's
// own messages are in mapped memory.
func (q *queuePair) copyBody(e *entry, head, body []byte) error {
	e.bounce = q.memory.Alloc(len(head) + len(body))
	copy(e.bounce[copy(e.bounce, head):], body)
	mr, err := q.pd.chunk(e.bounce)
	if err == nil && mr == 0 {
		mr, err = q.pd.register(e.bounce, accessLocalWrite)
		e.mr = mr
	}
	if err != nil {
		return err
	}
	e.list[0] = sge{addr: address(e.bounce), length: uint32(len(e.bounce)), lkey: at[memoryRegion](mr).lkey}
	e.count = 1
	return nil
}

// reach lets the device reach a transfer's local memory.
func (q *queuePair) reach(e *entry, rights uintptr) error {
	if len(e.body) == 0 {
		e.parts = 0 // names no memory, so no device is asked
		return nil
	}
	mr, err := pointer(0), error(nil)
	if rights&accessRemoteWrite == 0 {
		mr, err = q.pd.chunk(e.body)
	}
	if err == nil && mr == 0 {
		mr, err = q.pd.register(e.body, rights)
		e.mr = mr
	}
	if err != nil {
		return err
	}
	e.list[0] = sge{addr: address(e.body), length: uint32(len(e.body)), lkey: at[memoryRegion](mr).lkey}
	e.count = 1
	e.parts = (len(e.body) + maxPart - 1) / maxPart
	return nil
}

// clean gives back what an entry has needed.
func (q *queuePair) clean(e *entry) {
	if e.bounce != nil {
		q.memory.Free(e.bounce)
	}
	if e.mr != 0 {
		q.pd.deregister(e.mr)
	}
	*e = entry{}
}

// push gives the device what it has room for, in chains of one call each.
func (q *queuePair) push() {
	for q.posted < q.last && q.state == stateEstablished && !q.stopped {
		from, n := q.posted, 0
		for q.posted < q.last {
			e := q.entry(q.posted)
			if !q.heard && e.region == nil || q.used+n+e.parts > q.slots || n+e.parts > chain || q.repeats(e) && q.used+n > 0 {
				break
			}
			for part := range e.parts {
				q.request(&q.sends[n], &q.lists[n], e, q.posted, part)
				n++
			}
			q.posted++
		}
		if n == 0 {
			q.sweep()
			return
		}
		q.sign(n)
		*q.bad = 0
		if call(uintptr(q.dev.ops.post), q.postArgs[:]) != 0 {
			taken := q.taken(n)
			q.used += taken
			q.posted = q.sends[taken].id
			q.end(errLost) // the queue pair is in error: why is told otherwise
			return
		}
		q.used += n
		q.bindings(from)
	}
}

// repeats says that an entry must not be behind what may be sent once more. rxe
// binds a window again when it repeats a message that was before the binding,
// and that fails, as the window is bound.
func (q *queuePair) repeats(e *entry) bool { return e.op == opBindMW && q.dev.isRXE() }

// taken is how many of n requests the device has taken before one that it has
// refused, ibv_post_send(3).
func (q *queuePair) taken(n int) int {
	first := pointer(unsafe.Pointer(&q.sends[0]))
	if *q.bad < first {
		return 0
	}
	return min(int((*q.bad-first)/pointer(unsafe.Sizeof(q.sends[0]))), n-1)
}

// sign links n requests and makes the last one tell its end, and so that of
// all before it.
func (q *queuePair) sign(n int) {
	for i := range n - 1 {
		q.sends[i].next = pointer(unsafe.Pointer(&q.sends[i+1]))
	}
	q.sends[n-1].next = 0
	q.sends[n-1].flags |= flagSignaled
}

// bindings tells the library the keys of the windows that have been posted.
func (q *queuePair) bindings(from uint64) {
	for n := from; n < q.posted; n++ {
		if e := q.entry(n); e.op == opBindMW {
			e.region.bound()
		}
	}
}

// sweep completes what no device is asked for, in its turn. No event tells of
// that: whoever waits for one is called.
func (q *queuePair) sweep() {
	before := q.first
	for q.first < q.posted && q.entry(q.first).parts == 0 {
		q.complete(q.entry(q.first), nil)
	}
	if q.waiting && q.first > before {
		q.kick()
	}
}

// request fills in one work request: entry n, or a part of it.
func (q *queuePair) request(r *sendWR, list *[2]sge, e *entry, n uint64, part int) {
	*r = sendWR{id: n, list: r.list, count: e.count, opcode: e.op}
	*list = e.list
	if e.inline {
		r.flags = flagInline
	}
	switch e.op {
	case opSendInv:
		// libsiw takes the token from the other union.
		r.invalidate, r.rkey = e.inv, e.inv
	case opWrite, opRead:
		at, length := part*maxPart, min(len(e.body)-part*maxPart, maxPart)
		list[0].addr += uint64(at)
		list[0].length = uint32(length)
		r.remoteAddr, r.rkey = e.remote.Offset+uint64(at), e.remote.Token
		if q.late(e) && part == e.parts-1 {
			r.flags |= flagSignaled
		}
	case opBindMW, opLocalInv:
		e.region.request(r, e.op)
	}
}

// reading is how many reads are not complete.
func (q *queuePair) reading() int {
	n := 0
	for i := q.first; i < q.last; i++ {
		if q.entry(i).op == opRead {
			n++
		}
	}
	return n
}

// late says that an entry is a read whose end only its own completion tells.
// siw completes sends and writes when they are on their way, though an earlier
// read waits for its response still.
func (q *queuePair) late(e *entry) bool {
	return e.op == opRead && e.parts > 0 && q.dev.kind == IWARP
}

// sent completes everything up to entry n, but for late reads and what is
// behind them. What the device has told of is its last one.
func (q *queuePair) sent(n uint64) {
	q.through = max(q.through, n+1)
	read := q.late(q.entry(n)) // those before it have come too
	for q.first < q.through && (read && q.first <= n || !q.late(q.entry(q.first))) {
		e := q.entry(q.first)
		q.used -= e.parts
		q.complete(e, nil)
	}
	q.sweep()
}

// unsent ends everything before entry n, which has failed.
func (q *queuePair) unsent(n uint64) {
	for q.first < n {
		e := q.entry(q.first)
		var err error
		if q.late(e) {
			err = rdma.ErrFlushed
		}
		q.used -= e.parts
		q.complete(e, err)
	}
}

// complete ends the oldest entry.
func (q *queuePair) complete(e *entry, err error) {
	switch {
	case e.region != nil:
		e.region.performed(e.op, err)
	case !e.cure:
		q.works--
		q.done.add(rdma.Completion{Op: e.work, ID: e.id, Err: err})
	}
	q.clean(e)
	q.first++
}
