//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"fmt"
	"runtime"
	"sync"
	"syscall"

	"github.com/ebitengine/purego"
)

// library holds the functions of the two system libraries. The functions that
// are inline in verbs.h are reached through a device's context instead.
type library struct {
	// libibverbs
	allocPD, freePD               uintptr
	regMR, freeMR                 uintptr
	queryDevice                   uintptr
	createCompChannel             uintptr
	destroyCompChannel            uintptr
	createCQ, destroyCQ           uintptr
	getCQEvent, ackCQEvents       uintptr
	modifyQP                      uintptr
	getAsyncEvent, ackAsyncEvent  uintptr
	getDeviceList, freeDeviceList uintptr
	openDevice, closeDevice       uintptr

	// librdmacm
	createEventChannel  uintptr
	destroyEventChannel uintptr
	getCMEvent          uintptr
	ackCMEvent          uintptr
	createID, destroyID uintptr
	resolveAddr         uintptr
	resolveRoute        uintptr
	bindAddr            uintptr
	listen              uintptr
	connect             uintptr
	accept              uintptr
	reject              uintptr
	disconnect          uintptr
	createQP, destroyQP uintptr
	getSrcPort          uintptr

	errnoLocation uintptr // libc's __errno_location
}

// load opens the libraries once per process; they are never unloaded.
var load = sync.OnceValues(func() (*library, error) {
	l := new(library)
	for _, file := range []struct {
		name, pack string
		symbols    map[string]*uintptr
	}{
		{"libc.so.6", "libc6", map[string]*uintptr{"__errno_location": &l.errnoLocation}},
		{"libibverbs.so.1", "libibverbs1", map[string]*uintptr{
			"ibv_alloc_pd": &l.allocPD, "ibv_dealloc_pd": &l.freePD,
			"ibv_reg_mr": &l.regMR, "ibv_dereg_mr": &l.freeMR,
			"ibv_query_device":        &l.queryDevice,
			"ibv_create_comp_channel": &l.createCompChannel, "ibv_destroy_comp_channel": &l.destroyCompChannel,
			"ibv_create_cq": &l.createCQ, "ibv_destroy_cq": &l.destroyCQ,
			"ibv_get_cq_event": &l.getCQEvent, "ibv_ack_cq_events": &l.ackCQEvents,
			"ibv_modify_qp":       &l.modifyQP,
			"ibv_get_async_event": &l.getAsyncEvent, "ibv_ack_async_event": &l.ackAsyncEvent,
			"ibv_get_device_list": &l.getDeviceList, "ibv_free_device_list": &l.freeDeviceList,
			"ibv_open_device": &l.openDevice, "ibv_close_device": &l.closeDevice,
		}},
		{"librdmacm.so.1", "librdmacm1", map[string]*uintptr{
			"rdma_create_event_channel": &l.createEventChannel, "rdma_destroy_event_channel": &l.destroyEventChannel,
			"rdma_get_cm_event": &l.getCMEvent, "rdma_ack_cm_event": &l.ackCMEvent,
			"rdma_create_id": &l.createID, "rdma_destroy_id": &l.destroyID,
			"rdma_resolve_addr": &l.resolveAddr, "rdma_resolve_route": &l.resolveRoute,
			"rdma_bind_addr": &l.bindAddr, "rdma_listen": &l.listen,
			"rdma_connect": &l.connect, "rdma_accept": &l.accept, "rdma_reject": &l.reject,
			"rdma_disconnect": &l.disconnect,
			"rdma_create_qp":  &l.createQP, "rdma_destroy_qp": &l.destroyQP,
			"rdma_get_src_port": &l.getSrcPort,
		}},
	} {
		h, err := purego.Dlopen(file.name, purego.RTLD_NOW|purego.RTLD_GLOBAL)
		if err != nil {
			return nil, &LibraryError{File: file.name, Package: file.pack, Err: err}
		}
		for name, fn := range file.symbols {
			if *fn, err = purego.Dlsym(h, name); err != nil {
				return nil, &LibraryError{File: file.name, Package: file.pack, Err: fmt.Errorf("no function %s: %w", name, err)}
			}
		}
	}
	return l, nil
})

// failure is the error number of the function that a thread has called last.
// Where it is kept is libc's to say, and each thread has its own.
func (l *library) failure() error {
	where, _, _ := purego.SyscallN(l.errnoLocation)
	if n := *at[int32](pointer(where)); n != 0 {
		return syscall.Errno(n)
	}
	return syscall.EIO
}

// status calls a function that returns 0, or an error number as libibverbs
// does, or -1 and errno as librdmacm does. It blocks a thread as long as the
// function runs.
//
//go:uintptrescapes
func (l *library) status(fn uintptr, args ...uintptr) error { return l.statusOf(fn, args) }

// statusOf is status with arguments that are kept for the next call: a list
// made for one call is an allocation.
func (l *library) statusOf(fn uintptr, args []uintptr) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	switch n := call(fn, args); {
	case n == 0:
		return nil
	case n == -1:
		return l.failure()
	case n < 0:
		return syscall.Errno(-n)
	default:
		return syscall.Errno(n)
	}
}

// call calls a function on the hot path.
func call(fn uintptr, args []uintptr) int32 {
	r, _, _ := purego.SyscallN(fn, args...)
	return int32(r)
}

// object calls a function that returns an object, or NULL and errno.
//
//go:uintptrescapes
func (l *library) object(fn uintptr, args ...uintptr) (pointer, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r, _, _ := purego.SyscallN(fn, args...)
	if r == 0 {
		return 0, l.failure()
	}
	return pointer(r), nil
}
