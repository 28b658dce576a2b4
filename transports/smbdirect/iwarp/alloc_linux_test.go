// The race detector allocates, and so do package net's deadline errors, which
// sock_portable.go lives with.

//go:build !race && !iwarp_portable

package iwarp

import (
	"testing"
	"time"

	"github.com/smbgw/smbgw/transports/smbdirect/rdma"
)

// TestNoAllocation: sends, receives and registrations allocate nothing once
// they have been done before.
func TestNoAllocation(t *testing.T) {
	a, z := benchPair(t, &Provider{CloseTimeout: time.Millisecond})
	mem := make([]byte, 300000)
	body := make([]byte, 300000)
	bufs := [2][]byte{make([]byte, 100), make([]byte, 100)}
	send := []rdma.Work{{Op: rdma.OpSend, Head: body[:20], Body: body[:60]}}
	place := []rdma.Work{{}, {Op: rdma.OpSend, Body: body[:20], Invalidates: true}}
	var list [16]rdma.Completion
	wait := func(q *queuePair, want int) {
		for want > 0 {
			n, err := q.Poll(list[:])
			if err != nil {
				t.Fatal(err)
			}
			want -= n
		}
	}
	step := func() {
		z.PostReceive(1, bufs[0])
		a.PostReceive(2, bufs[1])
		r, err := a.Register(mem, rdma.RemoteWrite)
		if err != nil {
			t.Fatal(err)
		}
		a.PostSend(send)
		wait(a, 1)
		wait(z, 1)
		s := r.Segment()
		place[0] = rdma.Work{Op: rdma.OpWrite, Body: body, Remote: s}
		place[1].Invalidate = s.Token
		z.PostSend(place)
		wait(a, 1)
		wait(z, 2)
		r.Deregister()
	}
	for range 300 {
		step()
	}
	if n := testing.AllocsPerRun(200, step); n >= 1 {
		t.Errorf("%v allocations per round", n)
	}
}
