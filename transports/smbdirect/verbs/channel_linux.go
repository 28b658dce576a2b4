//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// event is a copy of what the connection manager says; the library's own has
// been acknowledged.
type event struct {
	kind, status int32
	id           pointer // of a connect request, the new one
	param        connParam
	private      []byte
}

// A handler is told the events of its ID by the channel's goroutine. It must
// not block, nor destroy the ID.
type handler interface{ onEvent(*event) }

// channel is an event channel of librdmacm and the goroutine that reads it.
// Reading is part of connection set-up: the library moves the queue pair on
// while it does. One channel serves a dialled connection, or a listener and
// all that it has accepted.
type channel struct {
	l    *library
	ptr  pointer
	file *os.File // a duplicate of the library's descriptor, for the Go poller
	raw  syscall.RawConn
	done chan struct{}

	// reading is held while the library reads an event, and moves the queue
	// pair of its ID on: so that nobody destroys that meanwhile.
	reading sync.Mutex

	mu       sync.Mutex
	handlers map[pointer]handler // by ID
	ids      int                 // that the library has, those without a handler any more too
}

func newChannel(l *library) (*channel, error) {
	ptr, err := l.object(l.createEventChannel)
	if err != nil {
		return nil, explainErrno("rdma_create_event_channel", err)
	}
	c := &channel{l: l, ptr: ptr, done: make(chan struct{}), handlers: make(map[pointer]handler)}
	if c.file, c.raw, err = pollable(int(*at[int32](ptr)), "rdma_cm"); err != nil {
		_ = l.status(l.destroyEventChannel, uintptr(ptr))
		return nil, fmt.Errorf("verbs: %w", err)
	}
	go c.run()
	return c, nil
}

// pollable gives the Go poller a duplicate of a library's descriptor, which
// the library goes on to own. The descriptor blocks no thread from then on.
func pollable(fd int, name string) (*os.File, syscall.RawConn, error) {
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, nil, os.NewSyscallError("fcntl", err)
	}
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("dup", err)
	}
	f := os.NewFile(uintptr(dup), name)
	raw, err := f.SyscallConn()
	if err == nil {
		err = f.SetReadDeadline(time.Time{}) // fails when the poller does not take it
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, raw, nil
}

// run reads events until the channel is closed.
func (c *channel) run() {
	defer close(c.done)
	out := new(pointer)
	for {
		var err error
		waited := c.raw.Read(func(uintptr) bool {
			c.reading.Lock() // it does not block
			err = c.l.status(c.l.getCMEvent, uintptr(c.ptr), uintptr(unsafe.Pointer(out)))
			c.reading.Unlock()
			return !errors.Is(err, syscall.EAGAIN)
		})
		if waited != nil {
			return
		}
		if err == nil {
			c.take(*out)
			continue
		}
		// Other errors concern one connection whose queue pair could not be
		// moved on, and its own timer ends it; or they stay.
		time.Sleep(errorPause)
	}
}

// take copies an event and acknowledges it. The handler is looked up before:
// until the acknowledgement the ID cannot be destroyed, nor its address be
// that of another.
func (c *channel) take(p pointer) {
	e := at[cmEvent](p)
	ev := &event{kind: e.kind, status: e.status, id: e.id, param: e.param}
	if n := int(e.param.privateLength); n > 0 && e.param.private != 0 && hasPrivate(e.kind) {
		ev.private = bytes.Clone(unsafe.Slice(at[byte](e.param.private), n))
	}
	ev.param.private = 0
	key := e.id
	if e.kind == eventConnectRequest {
		key = e.listen
	}
	c.mu.Lock()
	h := c.handlers[key]
	c.mu.Unlock()
	_ = c.l.status(c.l.ackCMEvent, uintptr(p))
	if h != nil {
		h.onEvent(ev)
	} else if ev.kind == eventConnectRequest {
		c.refuse(ev.id)
	}
}

// hasPrivate says which events come with parameters of a connection.
func hasPrivate(kind int32) bool {
	switch kind {
	case eventConnectRequest, eventConnectResponse, eventRejected, eventEstablished:
		return true
	}
	return false
}

// refuse turns a request away that nobody waits for.
func (c *channel) refuse(id pointer) {
	_ = c.l.status(c.l.reject, uintptr(id), 0, 0)
	_ = c.l.status(c.l.destroyID, uintptr(id))
}

// newID makes an ID of the channel.
func (c *channel) newID(h handler) (pointer, error) {
	out := new(pointer)
	if err := c.l.status(c.l.createID, uintptr(c.ptr), uintptr(unsafe.Pointer(out)), 0, portSpaceTCP); err != nil {
		return 0, explainErrno("rdma_create_id", err)
	}
	c.adopt(*out, h)
	return *out, nil
}

// adopt makes h the handler of an ID.
func (c *channel) adopt(id pointer, h handler) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handlers[id] = h
	c.ids++
}

// destroy ends an ID, and with its last one the channel. It blocks until the
// channel's goroutine has acknowledged what the ID was told, so that one may
// not call it. The handler goes first: a request that comes may be given the
// address of the ID as soon as that is destroyed.
func (c *channel) destroy(id pointer) {
	c.mu.Lock()
	delete(c.handlers, id)
	c.mu.Unlock()
	_ = c.l.status(c.l.destroyID, uintptr(id))
	c.mu.Lock()
	c.ids--
	last := c.ids == 0
	c.mu.Unlock()
	if last {
		c.close()
	}
}

// close ends the channel, which has no IDs any more.
func (c *channel) close() {
	_ = c.file.SetReadDeadline(time.Unix(1, 0))
	<-c.done
	c.file.Close()
	_ = c.l.status(c.l.destroyEventChannel, uintptr(c.ptr))
}
