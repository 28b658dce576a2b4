package mem

import (
	"net"
	"sync"

	"github.com/smbgw/smbgw/transports"
)

// A PlacerConn is a Conn that also places.
type PlacerConn struct{ *Conn }

var _ transports.Placer = (*PlacerConn)(nil)

func (c *PlacerConn) Placement() transports.Placement { return c.place.limits }

// Expose makes b reachable for the peer.
func (c *PlacerConn) Expose(b []byte, r transports.Right) (transports.Exposure, error) {
	if c.place.limits.Server {
		return nil, transports.ErrRole
	}
	if uint64(len(b)) > uint64(c.place.limits.MaxReadWrite) {
		return nil, &transports.TransferSizeError{Size: uint64(len(b)), Limit: uint64(c.place.limits.MaxReadWrite)}
	}
	if err := c.failure(); err != nil {
		return nil, err
	}
	return c.place.regions.add(b, r)
}

func (c *PlacerConn) Push(to []transports.Descriptor, src []byte, done transports.Done) {
	c.place.transfer(to, src, transports.Writable, done)
}

func (c *PlacerConn) Pull(dst []byte, from []transports.Descriptor, done transports.Done) {
	c.place.transfer(from, dst, transports.Readable, done)
}

// A placement is the part of a Conn that moves data. A server's has a
// goroutine that does the transfers in order.
type placement struct {
	conn    *Conn
	limits  transports.Placement
	regions regions // what the peer can reach

	mu    sync.Mutex // guards what follows, for moments only
	queue []*transfer
	last  *transfer // the one asked for last
	over  bool      // no more are taken

	wake chan struct{} // the queue has changed
	done chan struct{} // the goroutine has ended
}

// A transfer is one Push or Pull.
type transfer struct {
	list     []transports.Descriptor
	b        []byte
	need     transports.Right
	tell     transports.Done
	finished chan struct{}
}

func newPlacement(c *Conn, limits transports.Placement) *placement {
	p := &placement{conn: c, limits: limits, wake: make(chan struct{}, 1), done: make(chan struct{})}
	if !limits.Server {
		close(p.done)
	}
	return p
}

// transfer queues a Push or a Pull, or fails it at once.
func (p *placement) transfer(list []transports.Descriptor, b []byte, need transports.Right, tell transports.Done) {
	if err := p.check(list, b); err != nil {
		tell.Done(err)
		return
	}
	t := &transfer{append([]transports.Descriptor(nil), list...), b, need, tell, make(chan struct{})}
	p.mu.Lock()
	over := p.over
	if !over {
		p.queue = append(p.queue, t)
		p.last = t
	}
	p.mu.Unlock()
	if over {
		tell.Done(p.reason())
		return
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *placement) check(list []transports.Descriptor, b []byte) error {
	if !p.limits.Server {
		return transports.ErrRole
	}
	if limit := uint64(p.limits.MaxReadWrite); uint64(len(b)) > limit {
		return &transports.TransferSizeError{Size: uint64(len(b)), Limit: limit}
	}
	return transports.CheckDescriptors(list, len(b))
}

// flush waits until all transfers asked for so far are done, and says whether
// the connection is still good.
func (p *placement) flush() bool {
	p.mu.Lock()
	last := p.last
	p.mu.Unlock()
	if last != nil {
		<-last.finished
	}
	return p.conn.failure() == nil
}

// run does the transfers until the connection is over.
func (p *placement) run() {
	defer close(p.done)
	for {
		for t := p.next(); t != nil; t = p.next() {
			p.do(t)
		}
		select {
		case <-p.wake:
		case <-p.conn.closed:
			p.refuseRest()
			return
		case <-p.conn.link.broken:
			p.refuseRest()
			return
		}
	}
}

func (p *placement) next() *transfer {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		return nil
	}
	t := p.queue[0]
	p.queue = p.queue[1:]
	return t
}

// do does one transfer. One that may not be ends the connection.
func (p *placement) do(t *transfer) {
	err := p.conn.failure()
	if err == nil {
		err = p.conn.peer.place.regions.move(t.list, t.b, t.need)
		if err != nil {
			p.conn.link.breakWith(err)
		}
	}
	t.tell.Done(err)
	close(t.finished)
}

// refuseRest fails what has come since the last look at the queue, and makes
// transfer fail everything after that.
func (p *placement) refuseRest() {
	p.mu.Lock()
	p.over = true
	rest := p.queue
	p.queue = nil
	p.mu.Unlock()
	for _, t := range rest {
		t.tell.Done(p.reason())
		close(t.finished)
	}
}

func (p *placement) reason() error {
	if err := p.conn.failure(); err != nil {
		return err
	}
	return net.ErrClosed
}

// end waits for the goroutine and takes all memory out of the peer's reach.
func (p *placement) end() {
	<-p.done
	p.regions.removeAll()
}

func (p *placement) invalidate(token uint32) { p.regions.remove(token) }
