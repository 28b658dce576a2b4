//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// region is exposed memory: behind a window, which the send queue binds and
// invalidates in order, or registered for this alone.
type region struct {
	q       *queuePair
	segment rdma.Segment
	rights  uint32
	win     *window // nil without windows
	parent  pointer // the registration that the window is in
	mr      pointer // made for this region: the parent, or the region itself
	settled bool    // the window is bound
	retired bool    // by the peer, or by us
	free    bool    // given back
}

// window is a memory window of type 2, one of a queue pair's.
type window struct {
	ptr   pointer
	key   uint32 // of the last binding
	binds int
}

var errEmptyRegion = errors.New("verbs: register: no memory")

// Register exposes b. See rdma.QueuePair.
func (q *queuePair) Register(b []byte, a rdma.Access) (rdma.Region, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.err != nil:
		return nil, fmt.Errorf("verbs: register: %w", q.err)
	case q.state != stateEstablished && q.state != stateReady:
		return nil, errors.New("verbs: register: not established")
	case len(b) == 0:
		return nil, errEmptyRegion
	case a != rdma.RemoteRead && a != rdma.RemoteWrite:
		return nil, fmt.Errorf("verbs: register: no access %d", a)
	}
	g := &region{q: q, segment: rdma.Segment{Offset: address(b), Length: uint32(len(b))}}
	g.rights = accessRemoteRead
	if a == rdma.RemoteWrite {
		g.rights = accessRemoteWrite
	}
	var err error
	if q.dev.windows {
		err = g.bind(b)
	} else {
		err = g.register(b)
	}
	if err != nil {
		return nil, err
	}
	q.regions[g.segment.Token] = g
	q.p.regions.Add(1)
	return g, nil
}

// register makes a registration of exactly the region.
func (g *region) register(b []byte) error {
	rights := uintptr(g.rights)
	if g.rights == accessRemoteWrite {
		rights |= accessLocalWrite // ibv_reg_mr(3) wants it
	}
	mr, err := g.q.pd.register(b, rights)
	if err != nil {
		return err
	}
	g.mr, g.segment.Token = mr, at[memoryRegion](mr).rkey
	return nil
}

// bind queues the binding of a window. The peer learns the token with a later
// send, which the device begins after it.
func (g *region) bind(b []byte) error {
	q := g.q
	if q.full(2) {
		return fmt.Errorf("verbs: register: %w", rdma.ErrFull)
	}
	mr, err := g.within(b)
	if err != nil {
		return err
	}
	if g.win, err = q.takeWindow(); err != nil {
		if g.mr != 0 {
			q.pd.deregister(g.mr)
		}
		return err
	}
	g.parent, g.segment.Token = mr, g.win.key
	q.operate(opBindMW, g)
	q.push()
	return nil
}

// within is the registration that the window is to be in. rxe holds a peer to
// that one's bounds and not to the window's own, so there it is exactly b.
func (g *region) within(b []byte) (mr pointer, err error) {
	pd := g.q.pd
	if !g.q.dev.isRXE() {
		if mr, err = pd.chunk(b); err != nil || mr != 0 {
			return mr, err
		}
	}
	g.mr, err = pd.register(b, accessLocalWrite|accessBind)
	return g.mr, err
}

// operate queues a window's operation.
func (q *queuePair) operate(op uint32, g *region) {
	*q.entry(q.last) = entry{op: op, region: g, parts: 1}
	q.last++
}

// takeWindow returns a window with a key that was not used yet: the low eight
// bits of a type 2 window's are ours to choose, ibv_alloc_mw(3).
func (q *queuePair) takeWindow() (*window, error) {
	for {
		n := len(q.idleWindows) - 1
		if n < 0 {
			break
		}
		w := q.idleWindows[n]
		q.idleWindows = q.idleWindows[:n]
		if w.binds < maxBinds {
			return w.renew(), nil
		}
		q.freeWindow(w)
	}
	ptr, err := q.l.object(uintptr(q.dev.ops.allocMW), uintptr(q.pd.pd), mwType2)
	if err != nil {
		return nil, explainErrno("ibv_alloc_mw", err)
	}
	return (&window{ptr: ptr, key: at[memoryWindow](ptr).rkey}).renew(), nil
}

func (w *window) renew() *window {
	w.key = w.key&^0xff | (w.key+1)&0xff
	w.binds++
	return w
}

func (q *queuePair) freeWindow(w *window) {
	q.p.giveBack(q.l.status(uintptr(q.dev.ops.freeMW), uintptr(w.ptr)))
}

// request fills in the work request of a window's operation.
func (g *region) request(r *sendWR, op uint32) {
	r.count = 0
	if op == opLocalInv {
		r.invalidate, r.rkey = g.segment.Token, g.segment.Token
		return
	}
	r.mw, r.mwKey = g.win.ptr, g.win.key
	r.mr, r.bindAddr, r.bindLength, r.bindAccess = g.parent, g.segment.Offset, uint64(g.segment.Length), g.rights
}

// bound tells the library the key that the window has now: its duty with
// ibv_bind_mw, ours with a work request.
func (g *region) bound() { at[memoryWindow](g.win.ptr).rkey = g.win.key }

// performed is told the end of a window's operation.
func (g *region) performed(op uint32, err error) {
	switch {
	case err != nil:
	case op == opLocalInv:
		g.invalidated()
	default:
		g.settled = true
		g.q.cond.Broadcast()
	}
}

// invalidated is told that the region's token is void.
func (g *region) invalidated() {
	g.retired = true
	g.q.cond.Broadcast()
}

func (g *region) Segment() rdma.Segment { return g.segment }

// Deregister ends the peer's access. It blocks for the time that the device
// takes for it, which is that of the work before it.
func (g *region) Deregister() {
	q := g.q
	q.mu.Lock()
	defer q.mu.Unlock()
	if g.free {
		return
	}
	g.free = true
	if q.state == stateEstablished {
		q.reap() // the peer may have been quicker
	}
	if g.win != nil && !g.retired && q.err == nil {
		if q.dev.isRXE() {
			q.dropWindow(g)
		} else {
			q.retire(g)
		}
	}
	for tries := 0; g.win != nil && !g.retired && q.state != stateEnded; tries++ {
		q.look(tries)
	}
	g.release()
	delete(q.regions, g.segment.Token)
	q.p.regions.Add(-1)
}

// dropWindow frees a window, when it is bound. A peer may have invalidated it
// without our having heard, and the kernel panics when rxe is asked to do that
// again.
func (q *queuePair) dropWindow(g *region) {
	for tries := 0; !g.settled && q.err == nil; tries++ {
		q.look(tries)
	}
	if q.err == nil {
		q.freeWindow(g.win)
		g.win, g.retired = nil, true
	}
}

// retire queues the invalidation of a window.
func (q *queuePair) retire(g *region) {
	for tries := 0; q.full(1) && q.err == nil; tries++ {
		q.look(tries)
	}
	if q.err == nil {
		q.operate(opLocalInv, g)
		q.push()
	}
}

// look takes what the device has completed, and waits a little when it is not
// the first try: for whoever polls, or without one for time to pass.
func (q *queuePair) look(tries int) {
	if q.state != stateEnded && q.cq != 0 {
		q.reap()
	}
	switch {
	case tries < spins:
		q.mu.Unlock()
		runtime.Gosched()
		q.mu.Lock()
	case q.waiting:
		q.cond.Wait()
	default:
		q.mu.Unlock()
		time.Sleep(50 * time.Microsecond)
		q.mu.Lock()
	}
}

// release gives back the window and the registration. A window that is bound
// still, at the connection's end, is not for use again, and goes before the
// registration that it keeps.
func (g *region) release() {
	q := g.q
	switch {
	case g.win == nil:
	case g.retired && len(q.idleWindows) < maxWindows:
		q.idleWindows = append(q.idleWindows, g.win)
	default:
		q.freeWindow(g.win)
	}
	g.win = nil
	if g.mr != 0 {
		q.pd.deregister(g.mr)
		g.mr = 0
	}
}

// releaseAll gives back what the regions and the pool hold, at the end of the
// connection: the queue pair is in error, and what was posted is flushed.
func (q *queuePair) releaseAll() {
	for _, g := range q.regions {
		g.release()
	}
	for _, w := range q.idleWindows {
		q.freeWindow(w)
	}
	q.idleWindows = nil
}

// Settle blocks until the region is exposed. Peers learn a token by a message
// behind it, so that nobody but a test has to wait.
func (g *region) Settle() {
	q := g.q
	q.mu.Lock()
	defer q.mu.Unlock()
	for tries := 0; g.win != nil && !g.settled && q.state != stateEnded; tries++ {
		q.look(tries)
	}
}
