//go:build linux && (amd64 || arm64) && !noverbs

package verbs

import (
	"net"
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/mapped"
	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// connected is a queue pair of a provider with itself.
func connected(t *testing.T, p *Provider) (a, b *queuePair) {
	t.Helper()
	l, err := p.Listen(t.Context(), net.JoinHostPort(needDevice(t), "0"), rdma.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan *queuePair, 1)
	go func() {
		q, err := l.Accept()
		if err == nil {
			err = q.Establish(t.Context(), rdma.Params{IRD: 1, ORD: 1})
		}
		if err != nil {
			t.Error(err)
		}
		accepted <- q.(*queuePair)
	}()
	q, err := p.Dial(l.Addr().String(), rdma.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Establish(t.Context(), rdma.Params{IRD: 1, ORD: 1}); err != nil {
		t.Fatal(err)
	}
	return q.(*queuePair), <-accepted
}

// TestExposedAtEnd: regions that nobody has given back before the end leave
// nothing in the device.
func TestExposedAtEnd(t *testing.T) {
	p := &Provider{Memory: new(mapped.Memory)}
	needDevice(t)
	before := LockedMemory().Locked
	a, b := connected(t, p)
	var regions []rdma.Region
	for range 3 {
		block := p.Memory.Alloc(1 << 16)
		defer p.Memory.Free(block)
		r, err := a.Register(block, rdma.RemoteWrite)
		if err != nil {
			t.Fatal(err)
		}
		r.(*region).Settle()
		regions = append(regions, r)
	}
	a.Close()
	b.Close()
	for _, r := range regions {
		r.Deregister()
	}
	if after := LockedMemory().Locked; after != before {
		t.Errorf("%d bytes are locked, %d before", after, before)
	}
}

// TestNothingToWrite: what no device is asked for has no event, and wakes who
// polls all the same.
func TestNothingToWrite(t *testing.T) {
	needDevice(t)
	a, b := connected(t, new(Provider))
	defer a.Close()
	defer b.Close()
	got := make(chan rdma.Completion, 1)
	go func() {
		var dst [1]rdma.Completion
		a.Poll(dst[:])
		got <- dst[0]
	}()
	for waiting := false; !waiting; time.Sleep(time.Millisecond) {
		a.mu.Lock()
		waiting = a.waiting
		a.mu.Unlock()
	}
	if err := a.PostSend([]rdma.Work{{Op: rdma.OpWrite, ID: 7}}); err != nil {
		t.Fatal(err)
	}
	select {
	case c := <-got:
		if c.ID != 7 || c.Err != nil {
			t.Errorf("%+v", c)
		}
	case <-time.After(time.Second):
		t.Error("the completion of an empty write does not come")
	}
}
