//go:build (amd64 || arm64) && !noverbs

package verbs

import (
	"errors"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// watchDevice tells on of each asynchronous event of an opened device: what it
// is and about what, a queue pair, a completion queue or the number of a port.
// That object lives as long as on runs, since the event is acknowledged behind
// it, and destroying the object waits for that. So on neither destroys nor
// stops anything itself.
//
// A device that gives no events any more, because it has been taken out, is
// reported as asyncDeviceFatal.
//
// The watch ends with stop, which waits for it, and has to come before the
// device is closed.
func watchDevice(l *library, device pointer, on func(kind int32, element pointer)) (stop func(), err error) {
	f, conn, err := pollable(int(at[verbsContext](device).asyncFD), "events of a device")
	if err != nil {
		return nil, err
	}
	w := &watch{library: l, device: device, event: new(asyncEvent)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.run(conn, on)
	}()
	return func() {
		_ = f.SetReadDeadline(time.Unix(1, 0))
		<-done
		f.Close()
	}, nil
}

// A watch reads the events of one device.
type watch struct {
	library *library
	device  pointer
	event   *asyncEvent
}

func (w *watch) run(conn syscall.RawConn, on func(kind int32, element pointer)) {
	for {
		var err error
		waited := conn.Read(func(uintptr) bool {
			err = w.next()
			return !errors.Is(err, syscall.EAGAIN)
		})
		switch {
		case errors.Is(waited, os.ErrDeadlineExceeded):
			return
		case waited != nil || err != nil:
			on(asyncDeviceFatal, 0)
			return
		}
		on(w.event.kind, w.event.element)
		_ = w.library.status(w.library.ackAsyncEvent, uintptr(unsafe.Pointer(w.event)))
	}
}

// next reads an event, and does not wait for one.
func (w *watch) next() error {
	for {
		err := w.library.status(w.library.getAsyncEvent, uintptr(w.device), uintptr(unsafe.Pointer(w.event)))
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
