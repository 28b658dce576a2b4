//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"sync"
	"unsafe"

	"github.com/smbgw/smbgw/transports/mapped"
)

// domain is a protection domain and the memory that is registered in it: whole
// chunks, with local rights, when they are first used.
type domain struct {
	d     *device
	pd    pointer
	limit int // chunks; 0 is no limit

	mu     sync.RWMutex
	chunks map[*mapped.Chunk]pointer // the library's struct ibv_mr
	stop   func()
}

func newDomain(d *device) (*domain, error) {
	pd, err := d.l.object(d.l.allocPD, uintptr(d.ctx))
	if err != nil {
		return nil, explainErrno("ibv_alloc_pd", err)
	}
	a := &domain{d: d, pd: pd, chunks: make(map[*mapped.Chunk]pointer)}
	if !d.windows {
		a.limit = domainChunks
	}
	a.stop = d.p.memory().Watch(a.forget)
	return a, nil
}

// canWindow tries what the device says it can.
func (a *domain) canWindow() bool {
	mw, err := a.d.l.object(uintptr(a.d.ops.allocMW), uintptr(a.pd), mwType2)
	if err != nil {
		return false
	}
	return a.d.l.status(uintptr(a.d.ops.freeMW), uintptr(mw)) == nil
}

// chunkRights are the rights of a registered chunk: none for peers.
func (a *domain) chunkRights() uintptr {
	if a.d.windows {
		return accessLocalWrite | accessBind
	}
	return accessLocalWrite
}

// chunk is the registration of the chunk that holds b, made now if need be. It
// is 0 when b is other memory, or the domain has enough.
func (a *domain) chunk(b []byte) (pointer, error) {
	c, ok := a.d.p.memory().Chunk(b)
	if !ok {
		return 0, nil
	}
	a.mu.RLock()
	mr, ok := a.chunks[c]
	full := a.limit > 0 && len(a.chunks) >= a.limit
	a.mu.RUnlock()
	if ok || full {
		return mr, nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if mr, ok := a.chunks[c]; ok {
		return mr, nil
	}
	mr, err := a.register(c.Bytes(), a.chunkRights())
	if err == nil {
		a.chunks[c] = mr
	}
	return mr, err
}

// register registers exactly b. It pins memory and may take a millisecond for
// some MiB.
func (a *domain) register(b []byte, rights uintptr) (pointer, error) {
	mr, err := a.d.l.object(a.d.l.regMR, uintptr(a.pd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), rights)
	if err != nil {
		return 0, explainMemory("ibv_reg_mr", uint64(len(b)), err)
	}
	return mr, nil
}

func (a *domain) deregister(mr pointer) { a.d.p.giveBack(a.d.l.status(a.d.l.freeMR, uintptr(mr))) }

// forget ends the registration of a chunk that is about to be unmapped.
func (a *domain) forget(c *mapped.Chunk) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if mr, ok := a.chunks[c]; ok {
		a.deregister(mr)
		delete(a.chunks, c)
	}
}

// close gives everything back. Nothing of the domain is in use any more.
func (a *domain) close() {
	a.stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	for c, mr := range a.chunks {
		a.deregister(mr)
		delete(a.chunks, c)
	}
	a.d.p.giveBack(a.d.l.status(a.d.l.freePD, uintptr(a.pd)))
}
