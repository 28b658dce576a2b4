//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"unsafe"
)

// devices are the opened devices of a provider, by the library's context.
type devices struct {
	mu   sync.Mutex
	all  map[pointer]*device
	told map[string]bool // names that Opened has been told
}

// device is an RDMA device while connections use it. The library opens it and
// keeps it open; what we make with it goes with the last connection, so that a
// device that was removed is let go.
type device struct {
	p       *Provider
	l       *library
	ctx     pointer
	ops     *verbsContext
	name    string
	kind    Kind
	attr    deviceAttr
	windows bool    // type 2B windows protect memory, and domain is everybody's
	domain  *domain // nil without windows: each connection has its own

	users int // guarded by devices.mu
	stop  func()

	mu  sync.Mutex
	qps map[pointer]*queuePair // for asynchronous events
}

// use returns the device of an ID whose address is resolved. Every use ends
// with a release, before the ID is destroyed.
func (p *Provider) use(l *library, id pointer) (*device, error) {
	ctx := at[cmID](id).verbs
	if ctx == 0 {
		return nil, ErrNoRoute
	}
	p.devices.mu.Lock()
	defer p.devices.mu.Unlock()
	if d := p.devices.all[ctx]; d != nil {
		d.users++
		return d, nil
	}
	d, err := openDevice(p, l, ctx)
	if err != nil {
		return nil, err
	}
	if p.devices.all == nil {
		p.devices.all = make(map[pointer]*device)
	}
	p.devices.all[ctx] = d
	p.tell(d)
	return d, nil
}

// tell is the first use of a device, said once.
func (p *Provider) tell(d *device) {
	if p.Opened == nil || p.devices.told[d.name] {
		return
	}
	if p.devices.told == nil {
		p.devices.told = make(map[string]bool)
	}
	p.devices.told[d.name] = true
	p.Opened(d.name, d.kind, protection(d.windows))
}

func openDevice(p *Provider, l *library, ctx pointer) (*device, error) {
	d := &device{p: p, l: l, ctx: ctx, ops: at[verbsContext](ctx), users: 1, qps: make(map[pointer]*queuePair)}
	d.name, d.kind = identify(d.ops.device)
	if err := l.status(l.queryDevice, uintptr(ctx), uintptr(unsafe.Pointer(&d.attr))); err != nil {
		return nil, explainErrno("ibv_query_device", err)
	}
	d.windows = d.attr.capFlags&capWindow2B != 0 && d.attr.maxMW > 0 && d.ops.allocMW != 0 && d.kind != IWARP
	if d.windows {
		var err error
		if d.domain, err = newDomain(d); err != nil {
			return nil, err
		}
		if !d.domain.canWindow() {
			d.domain.close()
			d.windows, d.domain = false, nil
		}
	}
	stop, err := watchDevice(l, ctx, d.onAsync)
	if err != nil {
		if d.domain != nil {
			d.domain.close()
		}
		return nil, fmt.Errorf("verbs: %s: %w", d.name, err)
	}
	d.stop = stop
	return d, nil
}

// release ends a use of the device.
func (d *device) release() {
	ds := &d.p.devices
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if d.users--; d.users > 0 {
		return
	}
	delete(ds.all, d.ctx)
	d.stop()
	if d.domain != nil {
		d.domain.close()
	}
}

// ownDomain is the protection domain for one connection's memory. With
// windows, which belong to one queue pair, all share one; a registration
// serves whoever knows its key in the same domain, so that without windows
// each connection has its own.
func (d *device) ownDomain() (*domain, error) {
	if d.windows {
		return d.domain, nil
	}
	return newDomain(d)
}

func (d *device) disown(pd *domain) {
	if pd != d.domain {
		pd.close()
	}
}

// sinkIsRemote says that the target of an RDMA Read has to be writable for the
// peer. On iWARP a Read Response is a tagged message like a write, RFC 5040 4.4,
// and devices check it as one; siw does not. Its token is on the wire, so that
// such a device has no domain that connections share.
func (d *device) sinkIsRemote() bool { return d.kind == IWARP && d.attr.vendorID != siwVendor }

// onAsync is told what concerns the device beside completions.
func (d *device) onAsync(kind int32, element pointer) {
	switch kind {
	case asyncQPFatal, asyncQPRequest, asyncQPAccess:
		d.mu.Lock()
		q := d.qps[element]
		d.mu.Unlock()
		if q != nil {
			q.onAsync(kind)
		}
	case asyncCQError, asyncDeviceFatal:
		for _, q := range d.entered() {
			if kind == asyncDeviceFatal || q.hasCQ(element) {
				q.onAsync(kind)
			}
		}
	}
}

// entered are the queue pairs at this moment. Their mutexes are taken outside
// of the device's, which is taken inside of theirs.
func (d *device) entered() []*queuePair {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Values(d.qps))
}

func (d *device) enter(qp pointer, q *queuePair) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.qps[qp] = q
}

func (d *device) leave(qp pointer) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.qps, qp)
}

// identify reads what a device of the library's is. RoCE and InfiniBand differ
// in the link that their first port has.
func identify(dev pointer) (name string, kind Kind) {
	d := at[verbsDevice](dev)
	name = d.text()
	if d.transportType == transportIWARP {
		return name, IWARP
	}
	link, err := os.ReadFile("/sys/class/infiniband/" + name + "/ports/1/link_layer")
	if err == nil && strings.TrimSpace(string(link)) == "InfiniBand" {
		return name, InfiniBand
	}
	return name, RoCE
}

// isRXE says that the device is Linux's software RoCE.
func (d *device) isRXE() bool { return d.attr.vendorID == rxeVendor }
