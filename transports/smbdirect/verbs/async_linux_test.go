//go:build (amd64 || arm64) && !noverbs

package verbs

import (
	"encoding/binary"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

// A fakeDevice has events that a pipe brings, and counts what is acknowledged.
type fakeDevice struct {
	library *library
	device  pointer
	events  *os.File // 8 bytes each, kind and element
	acked   *atomic.Int32
}

// newFakeDevice is opened in memory that is not Go's, as the library's is.
func newFakeDevice(t *testing.T) *fakeDevice {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	memory, err := unix.Mmap(-1, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.Close()
		r.Close()
		unix.Munmap(memory)
	})
	f := &fakeDevice{new(library), pointer(uintptr(unsafe.Pointer(&memory[0]))), w, new(atomic.Int32)}
	fd := int(r.Fd())
	unix.SetNonblock(fd, false) // as the library opens it
	at[verbsContext](f.device).asyncFD = int32(fd)
	acked := f.acked
	// As in libibverbs: -1 and errno, here by reading a descriptor that fails so.
	f.library.getAsyncEvent = purego.NewCallback(func(_ uintptr, e *asyncEvent) int32 {
		var b [8]byte
		if n, err := unix.Read(fd, b[:]); err != nil {
			return -int32(err.(unix.Errno))
		} else if n != len(b) {
			return -int32(unix.EIO)
		}
		e.kind, e.element = int32(binary.LittleEndian.Uint32(b[:])), pointer(binary.LittleEndian.Uint32(b[4:]))
		return 0
	})
	f.library.ackAsyncEvent = purego.NewCallback(func(uintptr) { acked.Add(1) })
	return f
}

func (f *fakeDevice) happens(t *testing.T, kind, element uint32) {
	t.Helper()
	b := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, kind), element)
	if _, err := f.events.Write(b); err != nil {
		t.Fatal(err)
	}
}

type told struct {
	kind    int32
	element pointer
	acked   int32 // events acknowledged before
}

func (f *fakeDevice) watch(t *testing.T) (<-chan told, func()) {
	t.Helper()
	events := make(chan told, 8)
	stop, err := watchDevice(f.library, f.device, func(kind int32, element pointer) {
		events <- told{kind, element, f.acked.Load()}
	})
	if err != nil {
		t.Fatal(err)
	}
	return events, stop
}

func expect(t *testing.T, events <-chan told, want told) {
	t.Helper()
	select {
	case got := <-events:
		if got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("no event, want %+v", want)
	}
}

// Each event is told, in order, and acknowledged once, after that.
func TestWatch(t *testing.T) {
	f := newFakeDevice(t)
	f.happens(t, asyncPortActive, 1) // before anybody looks
	before := runtime.NumGoroutine()
	events, stop := f.watch(t)
	expect(t, events, told{asyncPortActive, 1, 0})
	f.happens(t, asyncQPAccess, 77)
	expect(t, events, told{asyncQPAccess, 77, 1})
	f.happens(t, asyncCQError, 78)
	expect(t, events, told{asyncCQError, 78, 2})
	stop()
	if n := f.acked.Load(); n != 3 {
		t.Errorf("%d events are acknowledged of 3", n)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before the watch", n, before)
	}
	if len(events) != 0 {
		t.Errorf("after stop: %+v", <-events)
	}
	// The library's own descriptor is open still: closing it is up to the library.
	if _, err := unix.FcntlInt(uintptr(at[verbsContext](f.device).asyncFD), unix.F_GETFD, 0); err != nil {
		t.Errorf("the library's descriptor: %v", err)
	}
}

// A device that is taken out is told once, and there is nothing to acknowledge.
func TestWatchGone(t *testing.T) {
	f := newFakeDevice(t)
	events, stop := f.watch(t)
	defer stop()
	f.events.Close()
	expect(t, events, told{asyncDeviceFatal, 0, 0})
}

func TestWatchNothing(t *testing.T) {
	f := newFakeDevice(t)
	at[verbsContext](f.device).asyncFD = -1
	if _, err := watchDevice(f.library, f.device, nil); err == nil {
		t.Error("a device without a descriptor is watched")
	}
}
