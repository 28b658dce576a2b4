//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"unsafe"

	"github.com/smbgw/smbgw/transports/mapped"
)

// wire is a queue pair's memory that the library or the device reads: work
// requests, which are linked and so may not be Go's, and the heads of sends.
type wire struct {
	memory *mapped.Memory
	block  []byte
	heads  []byte // headSize for each send of Config
	sends  *[chain]sendWR
	lists  *[chain][2]sge
	recv   *recvWR
	recvSG *sge
	out    *[2]pointer // what an event is about
	bad    *pointer    // the first request that was not taken

	postArgs, receiveArgs [3]uintptr // queue pair, requests, the first that was not taken
	wcs                   *[reapBatch]completion
	param                 *connParam
	note                  []byte // private data of a request or an answer
}

// layout of the block, in this order.
type wireBlock struct {
	sends  [chain]sendWR
	lists  [chain][2]sge
	wcs    [reapBatch]completion
	recv   recvWR
	recvSG sge
	param  connParam
	note   [256]byte
	bad    pointer
	out    [2]pointer
}

func (w *wire) init(m *mapped.Memory, sends int) {
	size := int(unsafe.Sizeof(wireBlock{}))
	w.memory = m
	w.block = m.Alloc(size + sends*headSize)
	clear(w.block[:size])
	b := (*wireBlock)(unsafe.Pointer(unsafe.SliceData(w.block)))
	w.sends, w.lists, w.wcs = &b.sends, &b.lists, &b.wcs
	w.recv, w.recvSG, w.param, w.note, w.out = &b.recv, &b.recvSG, &b.param, b.note[:], &b.out
	w.bad = &b.bad
	w.postArgs = [3]uintptr{0, uintptr(unsafe.Pointer(&b.sends)), uintptr(unsafe.Pointer(&b.bad))}
	w.receiveArgs = [3]uintptr{0, uintptr(unsafe.Pointer(&b.recv)), uintptr(unsafe.Pointer(&b.bad))}
	w.heads = w.block[size:]
	for i := range w.sends {
		w.sends[i].list = pointer(unsafe.Pointer(&w.lists[i]))
	}
	w.recv.list = pointer(unsafe.Pointer(w.recvSG))
	w.recv.count = 1
}

// free gives the memory back, when the device has no use for it.
func (w *wire) free() {
	if w.block != nil {
		w.memory.Free(w.block)
	}
	*w = wire{}
}

func address(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }
