package smbdirect

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/smbgw/smbgw/transports"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// A Conn is one SMB Direct connection, negotiated and ready.
//
// One goroutine, the pump, is in the queue pair's Poll all the time; mu guards
// everything else. Whoever holds mu tells the core what happened and then does
// what the core asks, so fragments leave from the pump when credits arrive and
// from Send when there are some.
type Conn struct {
	qp     rdma.QueuePair
	o      *Options
	server bool
	ord    int  // RDMA reads that may be outstanding; set before the pump starts
	inv    bool // the peer may invalidate our regions; likewise

	link rdma.Link // set before the pump starts

	mu       sync.Mutex
	changed  sync.Cond // inbox, queue, error, timer: Receive, Send and Close wait here
	writable sync.Cond // Send and Close wait here
	core     core
	ready    chan struct{} // closed when negotiated, held before the answer, or failed
	isReady  bool
	err      error  // the first failure; nothing starts after it
	broken   bool   // the queue pair takes nothing more: Poll will say why
	closed   bool   // by Close
	onEnd    func() // when set: told once, by the pump, that the connection has ended

	receiver
	sender
	placing

	timer    *time.Timer
	armed    bool // the timer runs, or its function has not finished
	armedFor time.Time
	pumped   chan struct{}  // closed when the pump has ended and cleaned up
	teardown sync.WaitGroup // revoking and closing the queue pair
}

var (
	_ transports.Placer   = (*Conn)(nil)
	_ transports.Deferred = (*Conn)(nil)
	_ transports.Bounded  = (*Conn)(nil)
	_ transports.Limited  = (*Conn)(nil)
	_ transports.Carried  = (*Conn)(nil)
)

// newConn makes a connection over a queue pair that is not established, and
// posts the receive of the negotiation. The caller establishes it and calls
// start, or abandon.
func newConn(qp rdma.QueuePair, o *Options, server bool) (*Conn, error) {
	now := time.Now()
	c := &Conn{
		qp:     qp,
		o:      o,
		server: server,
		core:   newCore(o, server, now),
		ready:  make(chan struct{}),
		pumped: make(chan struct{}),
	}
	c.changed.L, c.writable.L = &c.mu, &c.mu
	c.sender.init(o)
	c.timer = time.AfterFunc(time.Hour, c.onTimer)
	c.timer.Stop()
	if err := c.postReceives(); err != nil {
		c.abandon()
		return nil, err
	}
	return c, nil
}

// start begins the negotiation over the established queue pair.
func (c *Conn) start() {
	c.ord, c.inv = c.qp.ORD(), c.qp.RemoteInvalidation()
	c.mu.Lock()
	c.core.established()
	c.step(time.Now())
	c.mu.Unlock()
	go c.pump()
}

// abandon gives back a queue pair that was not started.
func (c *Conn) abandon() {
	drain(c.qp)
	c.freeBuffers()
}

// drain closes a queue pair and takes what it still has to give.
func drain(qp rdma.QueuePair) {
	qp.Close()
	var dst [completionBatch]rdma.Completion
	for {
		if _, err := qp.Poll(dst[:]); err != nil {
			return
		}
	}
}

// Admit answers the peer of a deferred connection, whose messages are limited
// to what the network was made for, or to limit bytes where that is less. The
// protocol has no limit below 131072 bytes.
func (c *Conn) Admit(limit int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.core.deferred {
		c.core.admit(limit)
		c.step(time.Now())
	}
	for c.err == nil && (c.broken || c.core.state != stateOpen) {
		c.changed.Wait() // when broken, Poll has the reason
	}
	return c.err
}

// holds says that the connection waits for Admit.
func (c *Conn) holds() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.core.deferred
}

// MaxSend is the longest message that the peer takes, its MaxFragmentedSize.
func (c *Conn) MaxSend() int { return c.core.maxFragmentedSend }

// MaxReceive is the longest message that we take, our MaxFragmentedSize.
func (c *Conn) MaxReceive() int { return c.core.maxFragmentedReceive }

// SetLimit is transports.Limited's. The peer is not told of it.
func (c *Conn) SetLimit(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.core.limit = n
}

// Placement says what the connection can place.
func (c *Conn) Placement() transports.Placement {
	return transports.Placement{MaxReadWrite: c.core.maxReadWrite, Server: c.server, Invalidates: c.inv && !c.server}
}

// RemoteAddr is the peer's address.
func (c *Conn) RemoteAddr() net.Addr { return c.qp.RemoteAddr() }

// fail latches the first error and begins the end: memory is revoked first,
// then the queue pair closed, which makes the pump clean up. It is called with
// mu held.
func (c *Conn) fail(err error) {
	if c.err != nil {
		return
	}
	c.err = err
	if c.armed && c.timer.Stop() {
		c.armed = false
	}
	c.wake()
	c.setReady()
	c.teardown.Go(func() {
		c.revokeAll()
		c.qp.Close()
	})
}

func (c *Conn) wake() {
	c.changed.Broadcast()
	c.writable.Broadcast()
}

func (c *Conn) setReady() {
	if !c.isReady {
		c.isReady = true
		close(c.ready)
	}
}

// step does everything that the core asks for. It is called with mu held,
// after each event or batch of them.
func (c *Conn) step(now time.Time) {
	if c.err != nil || c.broken {
		return
	}
	err := c.postReceives()
	if err == nil {
		err = c.postSends(now)
	}
	if err == nil {
		err = c.postReads(now)
	}
	switch {
	case errors.Is(err, rdma.ErrFull):
		c.fail(fmt.Errorf("smbdirect: %w", err)) // our books are wrong
		return
	case err != nil:
		c.broken = true // the connection has ended: Poll has the reason
		return
	}
	if c.core.refused != nil {
		c.fail(c.core.refused)
		return
	}
	if c.core.state == stateOpen || c.core.state == stateResponding && c.core.deferred {
		c.setReady()
	}
	c.arm(now)
}

// arm lets the timer run no longer than to the core's deadline. Deadlines that
// move away are left to the timer's function, so that a busy connection does
// not touch the timer for each message.
func (c *Conn) arm(now time.Time) {
	d := c.core.deadline()
	if c.armed && !d.Before(c.armedFor) {
		return
	}
	if c.armed && !c.timer.Stop() {
		return // its function waits for mu and arms anew
	}
	c.armed, c.armedFor = true, d
	c.timer.Reset(d.Sub(now))
}

// onTimer is the timer's function.
func (c *Conn) onTimer() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = false
	defer c.wake() // Close waits for the last of these
	if c.err != nil {
		return
	}
	now := time.Now()
	if err := c.core.expired(now); err != nil {
		c.fail(err)
		return
	}
	c.step(now)
}

// Close ends the connection. A message that Send has accepted still leaves
// when the peer has credits for it within a second.
func (c *Conn) Close() error {
	c.mu.Lock()
	c.closed = true
	c.wake()
	c.linger()
	c.fail(fmt.Errorf("smbdirect: %w", net.ErrClosed))
	c.mu.Unlock()

	<-c.pumped
	c.teardown.Wait()

	c.mu.Lock()
	defer c.mu.Unlock()
	for c.armed {
		c.changed.Wait()
	}
	c.drop()
	return nil
}

// linger waits a bounded time until the queue has been posted.
func (c *Conn) linger() {
	if c.err != nil || c.broken || c.queue.len() == 0 && c.current == nil {
		return
	}
	over := false
	done := make(chan struct{})
	t := time.AfterFunc(closeLinger, func() {
		c.mu.Lock()
		over = true
		c.wake()
		c.mu.Unlock()
		close(done)
	})
	for !over && c.err == nil && !c.broken && (c.queue.len() > 0 || c.current != nil) {
		c.writable.Wait()
	}
	if !t.Stop() {
		c.mu.Unlock()
		<-done
		c.mu.Lock()
	}
}
