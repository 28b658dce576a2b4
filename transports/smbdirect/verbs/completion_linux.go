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

	out      *[2]pointer // where an event's queue and context are written
	eventErr error
	ready    func(uintptr) bool // takes an event, made once
}

func (c *completionQueue) create(l *library, d *device, entries int) error {
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
	c.out = new([2]pointer)
	c.ready = func(uintptr) bool {
		c.eventErr = l.status(l.getCQEvent, uintptr(c.events), uintptr(unsafe.Pointer(&c.out[0])), uintptr(unsafe.Pointer(&c.out[1])))
		return !errors.Is(c.eventErr, syscall.EAGAIN)
	}
	return nil
}

// arm asks for one event. What has completed before it makes none, so the
// queue is looked at once more.
func (c *completionQueue) arm() error {
	c.armed = true
	if err := c.lib.status(uintptr(c.ops.notify), uintptr(c.cq), 0); err != nil {
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

// poll takes completions of the device into wc, and returns how many.
func (c *completionQueue) poll(wc []completion) int {
	r, _, _ := purego.SyscallN(uintptr(c.ops.pollCQ), uintptr(c.cq), uintptr(len(wc)), uintptr(unsafe.Pointer(&wc[0])))
	return int(int32(r))
}

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

func (c *completions) add(cp rdma.Completion) { c.list = append(c.list, cp) }

func (c *completions) take(dst []rdma.Completion) int {
	n := copy(dst, c.list[c.next:])
	c.next += n
	if c.next == len(c.list) {
		c.list, c.next = c.list[:0], 0
	}
	return n
}
