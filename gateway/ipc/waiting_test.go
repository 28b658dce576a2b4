package ipc

import (
	"sync"
	"testing"

	"github.com/smbgw/smbgw/smb2"
)

// A READ of an empty pipe waits for a WRITE, and gets what that brings, in its
// turn.
func TestReadWaits(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	f := c.open()
	first, second := c.waits(reading(f, 20)), c.waits(reading(f, 4280))
	c.do(ok, writing(f, bindPDU(1, binding())))
	status, b := c.wait(first)
	if status != smb2.StatusBufferOverflow || len(c.readData(b)) != 20 {
		t.Errorf("first: %v", status)
	}
	if status, _ := c.wait(second); status != ok {
		t.Errorf("second: %v", status)
	}
	if first.request.Message == second.request.Message {
		t.Error("two requests are one")
	}
}

// A transaction of the first part of a call waits for the answer to the rest.
func TestTransceiveWaits(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	f := c.bindPipe()
	call := ask(2)
	s := c.waits(controlling(f, smb2.FsctlPipeTransceive, call[:30], 4280))
	c.control(smb2.StatusPipeBusy, f, smb2.FsctlPipeTransceive, ask(3), 4280)
	c.do(ok, writing(f, call[30:]))
	status, b := c.wait(s)
	if h, err := parseHeader(c.ioctlOutput(b)); status != ok || err != nil || h.call != 2 {
		t.Errorf("%v, %+v: %v", status, h, err)
	}
}

// Those who wait are answered when they are cancelled, the pipe is closed or its
// other end goes.
func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	f := c.bindPipe()
	cancelled, left := c.waits(reading(f, 10)), c.waits(reading(f, 10))
	c.server.Cancel(cancelled.request)
	c.server.Cancel(cancelled.request)
	if status, _ := c.wait(cancelled); status != smb2.StatusCancelled {
		t.Errorf("cancelled: %v", status)
	}
	c.do(ok, closing(f))
	if status, _ := c.wait(left); status != smb2.StatusFileClosed {
		t.Errorf("closed: %v", status)
	}
	f = c.bindPipe()
	left = c.waits(reading(f, 10))
	c.do(ok, writing(f, make([]byte, headerSize)))
	if status, _ := c.wait(left); status != smb2.StatusPipeDisconnected {
		t.Errorf("disconnected: %v", status)
	}
	left = c.waits(reading(c.open(), 10))
	c.server.Close()
	if status, _ := c.wait(left); status != smb2.StatusFileClosed {
		t.Errorf("tree closed: %v", status)
	}
	c.do(smb2.StatusNetworkNameDeleted, reading(f, 10))
}

// Between the interim response and the waiting a request can be cancelled, and
// its pipe be closed or written to.
func TestBetween(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	for name, x := range map[string]struct {
		told func(f smb2.FileID, s *sent)
		want smb2.Status
	}{
		"cancelled": {func(_ smb2.FileID, s *sent) { c.server.Cancel(s.request) }, smb2.StatusCancelled},
		"closed":    {func(f smb2.FileID, _ *sent) { c.do(ok, closing(f)) }, smb2.StatusFileClosed},
		"written":   {func(f smb2.FileID, _ *sent) { c.do(ok, writing(f, bindPDU(1, binding()))) }, ok},
	} {
		f := c.open()
		all, requests := c.chain(reading(f, 4280))
		all[0].told = func() { x.told(f, all[0]) }
		c.server.Serve(requests)
		if status, _ := c.wait(all[0]); status != x.want {
			t.Errorf("%s: %v, want %v", name, status, x.want)
		}
	}
}

// Only so many wait, and in a chain only the last.
func TestWaitingLimits(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	f := c.open()
	for range maxWaiting {
		c.waits(reading(f, 10))
	}
	c.do(smb2.StatusInsufficientResources, reading(f, 10))
	all := c.send(creating("srvsvc", 0x12019f), reading(smb2.NoFile, 10), reading(smb2.NoFile, 10))
	if status, _ := c.wait(all[1]); status != smb2.StatusInternalError {
		t.Errorf("in the middle: %v", status)
	}
	if len(all[2].pending) != 1 {
		t.Error("the last does not wait")
	}
}

// A chain opens, writes, reads and closes; when nothing is opened, nothing is
// done.
func TestChain(t *testing.T) {
	t.Parallel()
	c := newWorld(t).connect()
	n := smb2.NoFile
	all := c.send(creating("srvsvc", 0x12019f), writing(n, bindPDU(1, binding())), reading(n, 4280), closing(n))
	for i, s := range all {
		if status, _ := c.wait(s); status != ok {
			t.Errorf("element %d: %v", i, status)
		}
	}
	for i, s := range c.send(creating("nothing", 0x12019f), reading(n, 4280), closing(n)) {
		if status, _ := c.wait(s); status != smb2.StatusObjectNameNotFound {
			t.Errorf("element %d: %v", i, status)
		}
	}
	if status, _ := c.wait(c.send(part{smb2.CommandEcho, (&smb2.Echo{}).AppendBody}, reading(n, 1))[1]); status != smb2.StatusInvalidHandle {
		t.Errorf("behind no file: %v", status)
	}
}

// Many at once on one pipe and on others: every request is answered once.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, Share{Name: "data"})
	shared := w.connect()
	var wg sync.WaitGroup
	for range 4 {
		c := &client{t: t, world: w, server: shared.server}
		wg.Go(func() {
			for range 50 {
				f := c.bindPipe()
				s := c.waits(reading(f, 4280))
				wg.Go(func() { c.server.Cancel(s.request) })
				c.do(ok, writing(f, ask(2)))
				if status, _ := c.wait(s); status == smb2.StatusCancelled {
					c.do(ok, reading(f, 4280))
				} else if status != ok {
					t.Errorf("%v", status)
				}
				c.do(ok, closing(f))
			}
		})
	}
	wg.Wait()
}
