//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
	"unsafe"

	"github.com/ebitengine/purego"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// completionQueue is the device's, with the channel that tells its events. One
// queue serves both directions: one call takes what there is, one arms it.
type completionQueue struct {
	cq      pointer
	events  pointer // struct ibv_comp_channel
	file    *os.File
	raw     syscall.RawConn
	lib     *library
	ops     *verbsContext
	armed   bool // an event will come
	waiting bool // Poll waits for it, without the mutex
	unacked int  // events; the queue can be destroyed when all are acknowledged

	eventErr error

	// Arguments of the calls that are made all the time.
	pollArgs, eventArgs [3]uintptr
	notifyArgs          [2]uintptr
	ready               func(uintptr) bool // takes an event, made once
}

// create makes the queue. What it writes, completions and what an event is
// about, is mapped memory: the arguments of the calls do not keep Go's alive.
func (c *completionQueue) create(l *library, d *device, entries int, wcs *[reapBatch]completion, out *[2]pointer) error {
	var err error
	c.lib, c.ops = l, d.ops
	if c.events, err = l.object(l.createCompChannel, uintptr(d.ctx)); err != nil {
		return explainErrno("ibv_create_comp_channel", err)
	}
	if c.file, c.raw, err = pollable(int(at[compChannel](c.events).fd), "completions"); err != nil {
		return err
	}
	c.cq, err = l.object(l.createCQ, uintptr(d.ctx), uintptr(entries), 0, uintptr(c.events), 0)
	if err != nil {
		return explainErrno("ibv_create_cq", err)
	}
	c.notifyArgs = [2]uintptr{uintptr(c.cq), 0}
	c.pollArgs = [3]uintptr{uintptr(c.cq), reapBatch, uintptr(unsafe.Pointer(wcs))}
	c.eventArgs = [3]uintptr{uintptr(c.events), uintptr(unsafe.Pointer(&out[0])), uintptr(unsafe.Pointer(&out[1]))}
	c.ready = func(uintptr) bool {
		c.eventErr = l.statusOf(l.getCQEvent, c.eventArgs[:])
		return !errors.Is(c.eventErr, syscall.EAGAIN)
	}
	return nil
}

// arm asks for one event. What has completed before it makes none, so the
// queue is looked at once more.
func (c *completionQueue) arm() error {
	c.armed = true
	if err := c.lib.statusOf(uintptr(c.ops.notify), c.notifyArgs[:]); err != nil {
		return fmt.Errorf("verbs: req_notify_cq: %w", err)
	}
	return nil
}

// event blocks until the event, in the Go poller.
func (c *completionQueue) event() error {
	if err := c.raw.Read(c.ready); err != nil {
		return err
	}
	if c.eventErr != nil {
		return c.eventErr
	}
	if c.unacked++; c.unacked == ackBatch {
		c.ack()
	}
	return nil
}

func (c *completionQueue) ack() {
	if c.unacked > 0 {
		purego.SyscallN(c.lib.ackCQEvents, uintptr(c.cq), uintptr(c.unacked))
		c.unacked = 0
	}
}

// poll takes completions of the device, and returns how many.
func (c *completionQueue) poll() int { return int(call(uintptr(c.ops.pollCQ), c.pollArgs[:])) }

// kick makes whoever waits for an event come back.
func (c *completionQueue) kick() {
	if c.file != nil {
		_ = c.file.SetReadDeadline(time.Unix(1, 0))
	}
}

// destroy gives back what create made, when nobody waits.
func (c *completionQueue) destroy() {
	if c.cq != 0 {
		c.ack()
		_ = c.lib.status(c.lib.destroyCQ, uintptr(c.cq))
	}
	if c.file != nil {
		c.file.Close()
	}
	if c.events != 0 {
		_ = c.lib.status(c.lib.destroyCompChannel, uintptr(c.events))
	}
	c.cq, c.events, c.file = 0, 0, nil
}

// completions are what Poll has not taken yet.
type completions struct {
	list []rdma.Completion
	next int
}

func (c *completions) add(cp rdma.Completion) {
	if c.next > 0 && len(c.list) == cap(c.list) {
		c.list, c.next = c.list[:copy(c.list, c.list[c.next:])], 0
	}
	c.list = append(c.list, cp)
}

func (c *completions) take(dst []rdma.Completion) int {
	n := copy(dst, c.list[c.next:])
	c.next += n
	if c.next == len(c.list) {
		c.list, c.next = c.list[:0], 0
	}
	return n
}
